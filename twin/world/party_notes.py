"""What each kind of party leaves out, and where its figures come from: for whoever reads a result.

What a kind models is the first sentence of its block. The sources are counted from the descriptions of its settings, so
that they cannot fall behind.
"""

from collections.abc import Iterator
from typing import Final, get_args

from twin.world.landscape import Party
from twin.world.values import Block, later_key

LEAVES_OUT: Final = {
    "erp_cloud": "credit, prices and tax of its own; reads; sessions and users beside ours",
    "wms": "slotting, travel between bins; who loads a truck, and transfers that a person orders; people who are ill",
    "storefront": "carts; prices that change; vendors that judge a destination by its share of failures",
    "marketplace": "the quota for reading single orders; fees; listing and delisting",
    "edi_gateway": "wire formats; several documents in one interchange; partners' own rules of content; disputes",
    "b2b_portal": "log-ins and contracts; prices other than those of the channel's terms",
    "crm": "the sales reps themselves and quotes; approvals beyond a hold that people decide about",
    "subscription": "plans, payments and renewals: a run hands over what its buyers ordered",
    "carrier": "rates and tenders; pick-up times; depots",
    "supplier": "price and minimum quantities; ASN messages that differ from what arrives",
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
    "use": "whatever its author leaves out",
}
"""By kind; kinds that are not named leave out nothing that their settings name."""


def party_rows() -> Iterator[dict[str, str | int]]:
    """Yield what `twin list parties` shows of each kind: what it models, what it leaves out, and its sources."""
    union, *_ = get_args(Party)
    for block in get_args(union):
        text = (block.__doc__ or "").partition("\n")[0]
        sources = list(_sources(block))
        for kind in kinds_of(block):
            yield {
                "name": kind,
                "text": text,
                "leaves_out": LEAVES_OUT.get(kind, ""),
                "published": sum("published" in each for _, each in sources),
                "derived": sum("derived" in each or "third party" in each for _, each in sources),
                "assumed": sum("assumed" in each for _, each in sources),
                "sources": "; ".join(f"{path}: {source}" for path, source in sources),
            }


def kinds_of(block: type[Block]) -> tuple[str, ...]:
    """Return the kinds that a block of a party stands for; a party of the user is named by `use`."""
    field = block.model_fields.get("kind")
    return ("use",) if field is None else get_args(field.annotation)


def _sources(block: type[Block], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of each setting and where its default comes from, those of blocks inside included."""
    for name, info in block.model_fields.items():
        if later_key(info):
            continue
        path = f"{above}{info.alias or name}"
        if info.description:
            yield path, info.description
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, Block):
            yield from _sources(inner, f"{path}.")
