"""From a scenario's items and channels to what its senders' words mean, and to how their senders write."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from actors.writing import Named
from policies.catalogue import GS1, Catalogue
from policies.kits import Kits, Part
from twin.errors import UsageError
from twin.model.identifiers import (
    Reference,
    Supersessions,
    Target,
    at_pack_level,
    check_digit,
    cross_reference,
    foreign_key,
    gtin,
)
from twin.model.quantity import QUANTUM, X12_ALIASES, X12_PACKAGES, ItemUnits
from twin.world.scenario import Scenario
from twin.world.values import instant_us

MAPPING_VERSION: Final = 1
"""The references of a scenario are one version; each order pins the one it was read under."""
_BODY: Final = 12
"""Digits of a GTIN-13 before its check digit."""
_X12: Final = {ours: theirs for theirs, ours in (*X12_ALIASES.items(), *X12_PACKAGES.items())}
_LEVELS: Final = 8
"""Package levels that indicator digits can name."""


def kits_of(scenario: Scenario, items: Mapping[str, int]) -> Kits:
    """Return the kits of a scenario by item number; raises UsageError for an item that it does not have."""
    known = _Known(items)
    return Kits(
        {
            known.number(kit, "kits"): tuple([Part(known.number(sku, "kits"), each) for sku, each in parts.items()])
            for kit, parts in scenario.items.kits.items()
        }
    )


def catalogue_of(scenario: Scenario, items: Mapping[str, int]) -> Catalogue | None:
    """Return what the channels' words mean; None where all speak of our items in quanta, and there are no kits."""
    kits = kits_of(scenario, items)
    if not kits.parts and not any(channel.writes for channel in scenario.channels.values()):
        return None
    known = _Known(items)
    units = units_of(scenario, items)
    references = [
        Reference(foreign_key(named.id_type, _issuer(named, name), named.value), Target(item, named.stands_for))
        for name, channel in scenario.channels.items()
        if channel.writes is not None
        for item in range(len(items))
        for named in _names(scenario, name, item, items, units[item])
    ]
    replaced = {
        known.number(sku, "replaced"): (
            known.number(block.by, "replaced"),
            instant_us(block.from_, scenario.start.zone),
        )
        for sku, block in scenario.items.replaced.items()
    }
    return Catalogue(
        references=cross_reference(MAPPING_VERSION, dict.fromkeys(references)),
        issuers=tuple(scenario.channels),
        in_x12=dict.fromkeys([n for n, name in enumerate(scenario.channels) if _writes_x12(scenario, name)]),
        units=units,
        replaced=Supersessions(replaced),
        kits=kits,
    )


def stands_for(catalogue: Catalogue | None) -> dict[int, tuple[Part, ...]]:
    """Return what is asked of the stock of other items where an item is sold: a kit's parts, or what replaces it."""
    if catalogue is None:
        return {}
    replaced = {item: (Part(by, 1),) for item, (by, _) in catalogue.replaced.successor.items()}
    return {**replaced, **catalogue.kits.parts}


def units_of(scenario: Scenario, items: Mapping[str, int]) -> dict[int, ItemUnits]:
    """Return the units of every item; raises UsageError for an item that the scenario does not have."""
    packs, bases, known = scenario.items.packs, scenario.items.bases, _Known(items)
    for sku in (*packs, *bases):
        if sku != "other":
            known.number(sku, "packs")
    found = {}
    for sku, number in items.items():
        base = bases.get(sku, "EA")
        packages = dict(packs.get(sku, packs.get("other", {})))
        found[number] = ItemUnits(base=base, quantum=QUANTUM[base], packages=packages)
    return found


def sell_units_of(scenario: Scenario, channel: str, items: Mapping[str, int]) -> dict[int, int]:
    """Return how many quanta of each item make one unit of what the channel sells, where it is not one.

    Raises UsageError for a unit that is not whole quanta of an item.
    """
    unit = scenario.channels[channel].sells_in
    found: dict[int, int] = {}
    if unit is None:
        return found
    for number, each in units_of(scenario, items).items():
        quanta = each.quanta(Fraction(1), unit)
        if quanta == "UOM_NOT_EXACT":
            sku = next(sku for sku, place in items.items() if place == number)
            raise UsageError(f"channels.{channel}.sells_in: {unit} is no whole number of quanta of {sku}")
        if isinstance(quanta, int) and quanta > 1:
            found[number] = quanta
    return found


def names_of(scenario: Scenario, channel: str, items: Mapping[str, int]) -> list[Named]:
    """Return how a channel writes each item, by item number."""
    units = units_of(scenario, items)
    sells_in = scenario.channels[channel].sells_in
    found = []
    for item in range(len(items)):
        names = _names(scenario, channel, item, items, units[item])
        found.append(next((named for named in names if named.stands_for == sells_in), names[0]))
    code = _X12.get(sells_in or "", sells_in or "") if _writes_x12(scenario, channel) else sells_in or ""
    return [
        named if named.stands_for == sells_in or not _has(units[item], sells_in) else named.in_unit(code)
        for item, named in enumerate(found)
    ]


def _writes_x12(scenario: Scenario, channel: str) -> bool:
    """Tell whether a channel's orders come as EDI documents, whose units are those of X12."""
    return scenario.landscape.parties[scenario.party_of(channel)].kind == "edi_gateway"


def _names(scenario: Scenario, channel: str, item: int, items: Mapping[str, int], units: ItemUnits) -> list[Named]:
    """Return every name of an item on a channel: of its base unit first, then of each package that has its own."""
    writes = scenario.channels[channel].writes
    assert writes is not None
    sku = tuple(items)[item]
    if writes.by == "gtin":
        piece = gtin_of(scenario, item)
        packages = list(units.packages)[:_LEVELS]
        levels = [(units.base, piece), *((code, at_pack_level(piece, n)) for n, code in enumerate(packages, 1))]
        return [Named("gtin", value, code, units.quantum) for code, value in levels]
    value = sku
    if writes.by == "alias":
        theirs = {ours: name for name, ours in scenario.items.aliases.get(channel, {}).items()}
        value = theirs.get(sku, sku)
    return [Named(writes.by, value, units.base, units.quantum)]


def gtin_of(scenario: Scenario, item: int) -> str:
    """Return the GTIN-14 of an item's base unit; raises UsageError without a company prefix, or if it is too short."""
    prefix = scenario.items.gtin_prefix
    if prefix is None:
        raise UsageError("a channel that writes GTINs needs items.gtin_prefix")
    serial = str(item + 1).zfill(_BODY - len(prefix))
    if len(prefix) + len(serial) > _BODY:
        raise UsageError(f"items.gtin_prefix: {prefix} leaves no room for item {item + 1}")
    return gtin(prefix + serial + check_digit(prefix + serial))


def _issuer(named: Named, channel: str) -> str:
    return GS1 if named.id_type == "gtin" else channel


def _has(units: ItemUnits, unit: str | None) -> bool:
    return unit is not None and units.per_unit(unit) is not None


class _Known:
    """The items of a world by name."""

    def __init__(self, items: Mapping[str, int]) -> None:
        self.items = items

    def number(self, sku: str, key: str) -> int:
        """Return an item's number; raises UsageError when there is no such item."""
        if sku not in self.items:
            raise UsageError(f"items.{key}: no such item {sku!r} in this world")
        return self.items[sku]
