"""Who else acts in a world: the operators, the customer portal, who writes to customers, master data, and who looks
whether partners are there.
"""

from collections.abc import Callable
from functools import partial

from actors.calls import Client, Endpoint, Gate
from actors.notifications import Notifications
from actors.pim import Pim
from actors.portal import Portal
from actors.sales_blocks import SalesBlocks
from actors.troubled import TroubledEndpoint
from twin.middleware.master_data.feed import opened as opened_master
from twin.middleware.unit import MASTER
from twin.model.fallback import PAYMENTS, Kind, kind_of
from twin.model.instant import DAY
from twin.model.message import Event, Message
from twin.world import away, landscape
from twin.world.laws import LawSpec, compiled
from twin.world.limiter_specs import LearnedLimiter
from twin.world.opening import next_at
from twin.world.paying import paying_channels, provider_block
from twin.world.payment_specs import PaymentProvider
from twin.world.payments import interface_of, limit_of, open_to_calls, provider_of
from twin.world.seller_specs import Seller
from twin.world.wiring import LABELS_AGAIN, Wiring


def add_operators(wiring: Wiring) -> None:
    """Let people work the exception queues, where the landscape has some."""
    if wiring.team is None:
        return
    name, block, desk = wiring.team
    operators = wiring.troubles.operators(name)(
        wiring.ground,
        wiring.store,
        wiring.rules.exceptions,
        desk=desk,
        touch=wiring.ground.lag(f"{name}/touch", compiled(block.touch)),
        releases=wiring.ground.coin(f"{name}/releases", block.releases),
        tell=wiring.door(name),
    )
    wiring.troubles.pull(operators, name)
    wiring.middleware.people = operators.opened
    wiring.alarmed = operators.alarmed
    wiring.watch.operators_us = lambda: operators.worked_us + sum([each.worked_us for each in wiring.by_hand])


def client_of_customers(wiring: Wiring, name: str, endpoint: Endpoint, notifications: Notifications) -> Client:
    """Return the client that writes to customers; the portal, where there is one, has it write of parcels too."""
    if wiring.portal is not None:
        wiring.portal.tells = notifications.say
    return wiring.client(
        f"{name}/provider", name, name, endpoint,
        retry=LABELS_AGAIN, done=notifications.taken, parked=notifications.lost,
    )  # fmt: skip


def add_portal(wiring: Wiring) -> None:
    """Add the customer portal and the client of it, if there is one."""
    found = list(wiring.scenario.landscape.of_kind("customer_portal").items())
    if not found:
        return
    (name, block), *_ = found
    assert isinstance(block, landscape.CustomerPortal)
    portal = wiring.portal = Portal(wiring.ground)
    service = wiring.ground.lag(f"{name}/write", compiled(block.latency))
    endpoint = wiring.troubles.endpoint(Endpoint(wiring.ground, service=service, handle=portal.take), name)
    wiring.portal_clients.append(wiring.client(f"middleware/{name}", "middleware", name, endpoint))


def add_payments(wiring: Wiring) -> None:
    """Add the payment provider and the client of it, if there is one, and have the buyers of its channels pay there."""
    found = provider_block(wiring.scenario)
    if found is None:
        return
    name, block = found
    provider = wiring.further.payments = provider_of(wiring.ground, name, block, wiring.feed(name, name))
    limit = wiring.troubles.gate(limit_of(block), name)
    interface = wiring.troubles.endpoint(interface_of(provider, block, limit), name)
    address = open_to_calls(provider, interface)
    if block.checkout == "interface" and isinstance(interface, TroubledEndpoint):
        provider.reachable = partial(_answers, interface)
    door = wiring.doors.get(PAYMENTS)
    if door is not None and isinstance(wiring.design.limiter, LearnedLimiter):
        door.gate = Gate(limit_of(block))
    for number in paying_channels(wiring.scenario):
        wiring.channels[number].pays = provider.pay
        wiring.channels[number].can_pay = provider.reachable
    wiring.payment_clients.append(
        wiring.client(f"middleware/{name}", "middleware", name, address, timeout=block.timeout, pace=door)
    )


def _answers(interface: TroubledEndpoint) -> bool:
    return not interface.down


def watch_partners(wiring: Wiring) -> None:
    """Ask the partners that the design has a fallback for whether they are there."""
    wiring.middleware.doors.doors = wiring.doors
    wiring.watch.fallbacks.partners = {partner.number: partner.name for partner in wiring.partners}
    wiring.watch.fallbacks.exposed = {
        partner.number: wiring.windows[number].mean + partner.rule.after_us
        for partner in wiring.partners
        for kind, number in [kind_of(partner.number)]
        if kind is Kind.STOCK_INTERFACE
    }
    for partner in wiring.partners:
        if kind_of(partner.number)[0] is not Kind.ORDER_FEED:
            away.watch(wiring.ground, partner, wiring.door(f"presence/{partner.name}"), partial(_health, wiring))


def _health(
    wiring: Wiring,
    partner: away.Partner,
    done: Callable[[Event, Message | None], None],
    parked: Callable[[Event, str], None],
) -> Client:
    """Return a client that asks a partner whether it is there; what strikes the partner strikes the question."""
    block = wiring.parties[partner.party]
    service = wiring.ground.lag(f"{partner.name}/health", compiled(_latency(block)))
    endpoint = Endpoint(wiring.ground, service=service, handle=lambda _: None)
    return wiring.client(
        f"middleware/{partner.name}/health",
        "middleware",
        partner.party,
        wiring.troubles.endpoint(endpoint, partner.party, partner.name, partner.name.partition("/")[0]),
        timeout=landscape.CALL_TIMEOUT,
        retry=away.ONE_QUESTION,
        done=done,
        parked=parked,
        caller="middleware",
    )


def _latency(block: landscape.Party) -> LawSpec:
    """Return how long a partner takes over a question that costs it nothing: as long as over a plain call."""
    if isinstance(block, PaymentProvider):
        return block.latency
    if isinstance(block, landscape.Carrier):
        return block.label_latency
    if isinstance(block, Seller):
        return block.stock_api.latency
    assert isinstance(block, landscape.ErpCloud | landscape.Wms)
    return block.write_latency


def add_pim(wiring: Wiring) -> None:
    """Have the master data change, where somebody looks after it."""
    found = list(wiring.scenario.landscape.of_kind("pim").items())
    if not found:
        return
    ((name, block),) = found
    assert isinstance(block, landscape.Pim)
    rows = opened_master(wiring.rules, wiring.ground.now())
    wiring.store.rows[MASTER.number].update({row.item: row for row in rows})
    ground = wiring.ground
    pim = Pim(
        ground,
        name,
        wiring.feed(name, name),
        rows,
        between=ground.lag(f"{name}/between", compiled(block.between)),
        closed_for=ground.lag(f"{name}/closed_for", compiled(block.closed_for)),
        deletes=ground.coin(f"{name}/deletes", block.deletes),
        told=ground.coin(f"{name}/told", block.told),
        file_cut=ground.coin(f"{name}/cut_short", block.cut_short),
        file_kept=block.kept,
        cut_at=next_at(wiring.scenario, block.cut_at.us),
        delivered_after=block.delivered_after,
        launches=block.launches.count if block.launches is not None else 0,
        launched_every=block.launches.every if block.launches is not None else DAY,
    )
    wiring.troubles.clock(pim, name)
    blocks = block.erp_blocks
    if blocks is not None:
        erp, _ = wiring.party("erp_cloud")
        SalesBlocks(
            ground,
            erp,
            wiring.feed(erp, f"{erp}/items"),
            pim,
            between=ground.lag(f"{erp}/blocks", compiled(blocks.between)),
            lasts=ground.lag(f"{erp}/blocked", compiled(blocks.lasts)),
            heard_after=ground.lag(f"{erp}/heard", compiled(blocks.heard_after)),
        )
