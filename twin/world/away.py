"""Fallbacks in a simulated world: a watcher for each partner that has one, and the doors that they shut."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from actors.calls import Client
from actors.ground import Ground
from actors.presence import Door, Watcher
from policies.fallback import Fallbacks
from policies.retry import Retry
from policies.silence import Silence
from twin.model.fallback import ERP, PAYMENTS, Kind, carrier, documents, kind_of, order_feed, stock_interface, warehouse
from twin.model.message import Event, Message

ONE_QUESTION = Retry(kind="none", attempts=1)
"""A question that is not answered is not repeated: the next one follows soon."""


class Partner(NamedTuple):
    """A partner that is watched: its number, its party's name, its own, and when it counts as away."""

    number: int
    party: str
    name: str
    rule: Silence


def partners_of(
    fallbacks: Fallbacks | None,
    *,
    erp: str,
    wms: str,
    sites: Sequence[str],
    channels: Mapping[str, str],
    bank: str | None,
    carriers: Sequence[str],
) -> list[Partner]:
    """Return the partners that a design has fallbacks for; `channels` are the parties by channel."""
    there = [(ERP, erp, erp)]
    there += [(warehouse(site), wms, f"{wms}/{name}") for site, name in enumerate(sites)]
    for number, (name, party) in enumerate(channels.items()):
        there += [(stock_interface(number), party, f"{name}/stock"), (order_feed(number), party, f"{name}/orders")]
        there.append((documents(number), party, f"{name}/documents"))
    if bank is not None:
        there.append((PAYMENTS, bank, bank))
    there += [(carrier(place), name, name) for place, name in enumerate(carriers)]
    found = []
    for number, party, name in there:
        fallback = fallbacks.of(number) if fallbacks is not None else None
        if fallback is not None:
            found.append(Partner(number, party, name, fallback.silence))
    return found


def doors_to(partners: list[Partner]) -> dict[int, Door]:
    """Return a door for each partner that is called, by its number."""
    return {partner.number: Door() for partner in partners if kind_of(partner.number)[0] is not Kind.ORDER_FEED}


Connect = Callable[[Partner, Callable[[Event, Message | None], None], Callable[[Event, str], None]], Client]
"""Returns a client that asks a partner whether it is there, given who hears of answers and of their lack."""


def watch(ground: Ground, partner: Partner, tell: Callable[[Message], None], connect: Connect) -> None:
    """Begin to watch a partner; `tell` takes what is concluded to the middleware."""
    watcher = Watcher(ground, f"presence/{partner.name}", partner.number, partner.rule, tell)
    client = connect(partner, lambda _, __: watcher.heard(), lambda _, __: watcher.missed())
    watcher.watch(client.submit)


def listen(ground: Ground, partner: Partner, tell: Callable[[Message], None]) -> Callable[[], None]:
    """Begin to listen for what a partner sends; return what must be called whenever something comes."""
    watcher = Watcher(ground, f"presence/{partner.name}", partner.number, partner.rule, tell)
    watcher.listen()
    return watcher.heard
