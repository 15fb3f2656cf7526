"""What each kind of party leaves out, and where its figures come from: for whoever reads a result.

What a kind models is the first sentence of its block. The sources are counted from the descriptions of its settings, so
that they cannot fall behind.
"""

from collections.abc import Iterable, Iterator
from typing import Final, get_args

from twin.world.landscape import Party
from twin.world.sources import WEAKEST_FIRST, basis_of, settings_of
from twin.world.values import Block

LEAVES_OUT: Final = {
    "erp_cloud": "credit, prices and tax of its own; reads; sessions and users beside ours",
    "wms": "slotting, ways between bins, counts by a calendar; who loads a truck, transfers people order; sick leave",
    "storefront": "carts; prices that change; vendors that judge a destination by its share of failures",
    "marketplace": "the quota for reading single orders; fees; listing and delisting",
    "edi_gateway": "wire formats; outgoing documents that share an interchange; partners' rules of content; disputes",
    "b2b_portal": "log-ins and contracts; prices other than those of the channel's terms",
    "crm": "the sales reps themselves and quotes; approvals beyond a hold that people decide about",
    "subscription": "plans, payments and renewals: a run hands over what its buyers ordered",
    "carrier": "rates and tenders; pick-up times; depots",
    "supplier": "price and minimum quantities; an ASN that differs from what arrives, but for a fault (B10)",
    "payment_provider": "cards that are declined at checkout (no order comes of it); disputes, fees, pay-outs",
    "pim": "texts, pictures and prices: of an item it says that it is there and may be sold",
    "erp_legacy": "files that nobody can read; tables that users lock; database extracts beside the stock file",
    "tms": "loads of many parcels, truck tenders (204 and 990), prices; what strikes it are its carriers' faults alone",
    "bi": "forecasts and what people decide from them; what its readers cost each other",
    "notifications": "texts, addresses and opt-outs; messages that bounce",
    "gateway": "tokens, scopes and versions: a caller is known and may do what he does; calls that go out",
    "broker": "topics and partitions: one queue for all; a dead-letter queue of its own (the middleware's is used)",
    "returns_desk": "what it finds is drawn as the WMS block says; skill",
    "customer_portal": "customers who look: it is written to, and read by nobody",
    "operators": "skill and tiredness: every item takes a drawn time",
    "middleware": "memory and its limits; threads inside a transaction",
    "store": "locks; replicas",
    "clients": "what a request is about, beyond an operation and a key; users who leave and come back another day",
    "server": "memory, threads and locks: a call holds a worker and nothing else; the time a process takes to start",
    "use": "whatever its author leaves out",
}
"""By kind, each of them."""


def party_rows() -> Iterator[dict[str, str | int]]:
    """Yield what `twin list parties` shows of each kind: what it models, what it leaves out, and its sources."""
    for kind, block in party_blocks().items():
        sources = {each.path: each.source for each in settings_of(block) if each.source and not each.above}
        yield {
            "name": kind,
            "text": models(block),
            "leaves_out": LEAVES_OUT[kind],
            **counted(sources.values()),
            "sources": "; ".join(f"{path}: {source}" for path, source in sources.items()),
        }


def counted(sources: Iterable[str]) -> dict[str, int]:
    """Return how many sources stand how well, under the names that a table shows; what is a rule is not counted."""
    found = [basis_of(source) for source in sources]
    return {basis.replace(" ", "_"): found.count(basis) for basis in reversed(WEAKEST_FIRST)}


def models(block: type[Block]) -> str:
    """Return the first sentence of a block: what the party does."""
    return (block.__doc__ or "").partition("\n")[0]


def party_blocks() -> dict[str, type[Block]]:
    """Return the block of each kind of party, in the order in which they are listed."""
    union, *_ = get_args(Party)
    return {kind: block for block in get_args(union) for kind in kinds_of(block)}


def kinds_of(block: type[Block]) -> tuple[str, ...]:
    """Return the kinds that a block of a party stands for; a party of the user is named by `use`."""
    field = block.model_fields.get("kind")
    return ("use",) if field is None else get_args(field.annotation)
