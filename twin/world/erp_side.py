"""The ERP of a world and what the middleware calls it by: the cloud one behind its limits, or the legacy one."""

from actors.calls import Address, Endpoint, Gate
from actors.erp import Erp
from actors.order_keys import OrderKeys
from actors.refusing import Refusing
from actors.troubled import TroubledEndpoint
from twin.model.fallback import ERP
from twin.world import landscape
from twin.world.further_parties import ErpLegacy
from twin.world.key_specs import contract_of
from twin.world.laws import compiled
from twin.world.legacy import legacy_erp
from twin.world.limiter_specs import LearnedLimiter
from twin.world.opening import local_midnight
from twin.world.partner_limits import PartnerLimit
from twin.world.wiring import Wiring


def erp_of(wiring: Wiring, totals: dict[int, int]) -> Erp:
    """Return the ERP that has so many units of each item booked; the middleware's client of it is kept."""
    name, block = wiring.financial()
    if isinstance(block, ErpLegacy):
        return _legacy(wiring, name, block, totals)
    assert isinstance(block, landscape.ErpCloud)
    erp = Erp(
        wiring.ground,
        booked=dict(totals),
        job=wiring.ground.lag("erp/job", compiled(block.extract_latency)),
        facts=wiring.feed(name, "erp"),
        rules=dict(wiring.opening.rules),
        buy=wiring.buy,
        unique=block.idempotency is None,
    )
    limit = block.limit
    plain = Endpoint(
        wiring.ground,
        service=wiring.ground.lag("erp/write", compiled(block.write_latency)),
        handle=erp.take,
        concurrency=block.concurrency,
        gate=None if limit is None else wiring.troubles.gate(limit.throttle(), name),
        queue_max=block.queue if block.when_full == "queue" else 0,
        keys=None if block.idempotency is None else OrderKeys(wiring.ground, contract_of(block.idempotency)),
    )
    endpoint = wiring.erp_interface = wiring.troubles.endpoint(plain, name)
    if isinstance(endpoint, TroubledEndpoint):
        endpoint.put_off = erp.put_off
    wiring.troubles.ledger(erp, endpoint, name)
    address: Address = endpoint
    if block.refuses_postings:
        address = Refusing(endpoint, wiring.ground.coin("erp/refuses", block.refuses_postings))
    learned = isinstance(wiring.design.limiter, LearnedLimiter)
    wiring.erp_client = wiring.client(
        "middleware/erp",
        "middleware",
        name,
        address,
        timeout=block.timeout,
        concurrency=block.concurrency if learned else 4 * block.concurrency,
        pace=wiring.doors.get(ERP) or (_learned(limit) if learned else None),
    )
    return erp


def _legacy(wiring: Wiring, name: str, block: ErpLegacy, totals: dict[int, int]) -> Erp:
    erp, drop, wiring.further.stock_files = legacy_erp(
        wiring.ground,
        name,
        block,
        midnight=local_midnight(wiring.scenario),
        booked=dict(totals),
        facts=wiring.feed(name, "erp"),
        rules=dict(wiring.opening.rules),
        buy=wiring.buy,
    )
    endpoint = wiring.troubles.endpoint(drop, name)
    wiring.erp_client = wiring.client("middleware/erp", "middleware", name, endpoint, timeout=block.timeout)
    return erp


def _learned(limit: PartnerLimit | None) -> Gate | None:
    """Return what a caller that knows a limit keeps of it."""
    rates = None if limit is None else limit.published().rates()
    return None if rates is None else Gate(rates)
