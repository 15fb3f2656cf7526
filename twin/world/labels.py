"""How parcels get their labels while a carrier is away: whose calls wait, and where numbers are reserved."""

from collections.abc import Callable

from actors.calls import Address, Client
from actors.presence import Door
from actors.reserve import Reserve
from actors.wms import Warehouse
from policies.carrier_fallback import CarrierAway
from twin.model.fallback import carrier
from twin.model.message import Event, Message
from twin.world.wiring import LABELS_AGAIN, Wiring


def held_at_dock(wiring: Wiring, place: int) -> Door | None:
    """Return the door of the calls to a carrier, where they wait while it is away; None: another one is asked."""
    rule = _rule(wiring)
    return None if rule is None or rule.use == "alternate_carrier" else wiring.doors.get(carrier(place))


def asked_instead(wiring: Wiring) -> CarrierAway | None:
    """Return by which rule other carriers are asked in the place of one that is away; None: none is."""
    rule = _rule(wiring)
    return rule if rule is not None and rule.use == "alternate_carrier" else None


def hears_of_carrier(wiring: Wiring, place: int, turn: Callable[[bool], None]) -> None:
    """Have somebody hear whether a carrier is away."""
    wiring.turns.setdefault(carrier(place), []).append(turn)


def take_numbers(wiring: Wiring, warehouse: Warehouse, name: str, interface: Address) -> None:
    """Give a warehouse the numbers that the design reserves with its only carrier, if it does."""
    rule = _rule(wiring)
    if rule is None or rule.use != "reserved_numbers":
        return
    registers = wiring.client(
        f"{warehouse.name}/{name}/numbers",
        "wms",
        name,
        interface,
        retry=LABELS_AGAIN,
        done=_registered,
        parked=wiring.ground.probe.parked,
        caller=warehouse.name,
        pace=wiring.doors.get(carrier(0)),
    )
    usual = warehouse.carrier
    assert isinstance(usual, Client)
    reserve = warehouse.carrier = Reserve(usual, registers, rule.numbers, warehouse.labelled)
    wiring.reserves.append(reserve)
    hears_of_carrier(wiring, 0, reserve.turn)
    wiring.watch.fallbacks.reserved = lambda: sum(each.used for each in wiring.reserves)


def _rule(wiring: Wiring) -> CarrierAway | None:
    return wiring.rules.fallbacks.carriers if wiring.rules.fallbacks is not None else None


def _registered(event: Event, answer: Message | None) -> None:
    """The carrier knows of a parcel that left under a number of its own."""
