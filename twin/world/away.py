"""Fallbacks in a simulated world: a watcher for each partner that has one, and the doors that they shut."""

from collections.abc import Callable
from typing import NamedTuple

from actors.calls import Client
from actors.ground import Ground
from actors.presence import Door, Watcher
from policies.fallback import Fallbacks, Silence
from policies.retry import Retry
from twin.model.fallback import ERP, warehouse
from twin.model.message import Event, Message

ONE_QUESTION = Retry(kind="none", attempts=1)
"""A question that is not answered is not repeated: the next one follows soon."""


class Partner(NamedTuple):
    """A partner that is watched: its number, its party's name, its own, and when it counts as away."""

    number: int
    party: str
    name: str
    rule: Silence


def partners_of(fallbacks: Fallbacks | None, erp: str, wms: str, sites: list[str]) -> list[Partner]:
    """Return the partners that a design has fallbacks for."""
    found: list[Partner] = []
    if fallbacks is not None and fallbacks.erp is not None:
        found.append(Partner(ERP, erp, erp, fallbacks.erp.silence))
    if fallbacks is not None and fallbacks.wms is not None:
        rule = fallbacks.wms.silence
        found += [Partner(warehouse(site), wms, f"{wms}/{name}", rule) for site, name in enumerate(sites)]
    return found


def doors_to(partners: list[Partner]) -> dict[int, Door]:
    """Return a door for each partner, by its number."""
    return {partner.number: Door() for partner in partners}


Connect = Callable[[Partner, Callable[[Event, Message | None], None], Callable[[Event, str], None]], Client]
"""Returns a client that asks a partner whether it is there, given who hears of answers and of their lack."""


def watch(ground: Ground, partner: Partner, tell: Callable[[Message], None], connect: Connect) -> None:
    """Begin to watch a partner; `tell` takes what is concluded to the middleware."""
    watcher = Watcher(ground, f"presence/{partner.name}", partner.number, partner.rule, tell)
    client = connect(partner, lambda _, __: watcher.heard(), lambda _, __: watcher.missed())
    watcher.watch(client.submit)
