"""Exact quantities: rationals in an item's units, rounded once and by name at each boundary, and their wire form.

Stored stock is whole quanta (int): the quantum of the item's base unit is the smallest amount kept. Conversions run on
exact fractions, `q_to = q_from * base_from / base_to`, and rounding happens once, at the end of a chain: FLOOR for what
is published or promised, CEIL for what is ordered from supply, HALF_UP for display and for the invoiced quantity of
measured goods, EXACT for customer orders, reservations, shipments and counts. A binary float never enters a quantity.

Unit codes are those of UN/CEFACT Recommendation 20, packages those of Recommendation 21 with an X in front. A package
has no size outside an item; physical units have fixed exact ones.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Literal

from twin.errors import WireError


class Rounding(Enum):
    """What happens to a quantity that is no multiple of the step."""

    FLOOR = "FLOOR"
    CEIL = "CEIL"
    HALF_UP = "HALF_UP"
    """To the nearest multiple, halves away from zero."""
    EXACT = "EXACT"
    """Refused."""


UnitRefusal = Literal["UOM_NOT_EXACT", "UOM_UNKNOWN"]
"""Why a quantity could not be had in a unit: no whole number of steps, or the item has no such unit."""


def steps(quantity: Fraction, step: Fraction, rounding: Rounding) -> int | Literal["UOM_NOT_EXACT"]:
    """Return how many steps `quantity` is, rounded as told.

    >>> steps(Fraction("4.5359237"), Fraction(1, 1000), Rounding.FLOOR)
    4535
    """
    ratio = quantity / step
    whole = ratio.numerator // ratio.denominator
    if ratio.denominator == 1:
        return whole
    match rounding:
        case Rounding.FLOOR:
            return whole
        case Rounding.CEIL:
            return whole + 1
        case Rounding.HALF_UP:
            rest = ratio - whole
            return whole + (rest > _HALF or (rest == _HALF and ratio > 0))
        case Rounding.EXACT:
            return "UOM_NOT_EXACT"


_HALF = Fraction(1, 2)

MASS_KGM: Mapping[str, Fraction] = {
    "KGM": Fraction(1),
    "GRM": Fraction(1, 1000),
    "LBR": Fraction(45_359_237, 100_000_000),
    "LTN": Fraction(45_359_237, 100_000_000) * 2240,
}
"""Kilograms in each unit of mass; the pound is exactly 0.45359237 kg, the long ton 2,240 pounds."""
VOLUME_LTR: Mapping[str, Fraction] = {"LTR": Fraction(1), "MLT": Fraction(1, 1000)}
"""Litres in each unit of volume."""
LENGTH_MTR: Mapping[str, Fraction] = {"MTR": Fraction(1), "CMT": Fraction(1, 100), "MMT": Fraction(1, 1000)}
"""Metres in each unit of length."""
PIECES_EA: Mapping[str, Fraction] = {"EA": Fraction(1), "C62": Fraction(1), "H87": Fraction(1), "DZN": Fraction(12)}
"""Pieces in each unit of count; EA, C62 and H87 are one piece."""

QUANTUM: Mapping[str, Fraction] = {
    "EA": Fraction(1),
    "KGM": Fraction(1, 1000),
    "LTR": Fraction(1, 1000),
    "MTR": Fraction(1, 100),
}
"""The smallest amount kept where an item sets none."""

X12_ALIASES: Mapping[str, str] = {"EA": "EA", "DZ": "DZN", "LB": "LBR", "KG": "KGM"}
"""X12 element 355 codes of physical units."""
X12_PACKAGES: Mapping[str, str] = {"CA": "XCS", "CT": "XCT", "BX": "XBX", "PL": "XPX"}
"""X12 element 355 codes of packages; which amount they hold is the item's to say."""


@dataclass(frozen=True, slots=True)
class ItemUnits:
    """The units of one item: its base unit, the quantum kept, and how much base each package holds.

    `packages` maps a code such as XBX to base units, exactly. Physical units of the base's own kind need no entry;
    `aliases` are a partner's words for codes of ours.
    """

    base: str = "EA"
    quantum: Fraction = Fraction(1)
    packages: Mapping[str, Fraction] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def per_unit(self, unit: str) -> Fraction | None:
        """Return the base units in one `unit`, None where the item has no such unit."""
        code = self.aliases.get(unit, unit)
        if code == self.base:
            return Fraction(1)
        package = self.packages.get(code)
        if package is not None:
            return package
        for table in (PIECES_EA, MASS_KGM, VOLUME_LTR, LENGTH_MTR):
            if code in table and self.base in table:
                return table[code] / table[self.base]
        return None

    def pack_of(self, word: str) -> str:
        """Return the item's package that a sender's word for one means: of that code, or the only one that there is."""
        code = X12_PACKAGES.get(word, word)
        if code not in self.packages and word in X12_PACKAGES and len(self.packages) == 1:
            return next(iter(self.packages))
        return code

    def convert(self, quantity: Fraction, source: str, target: str) -> Fraction | Literal["UOM_UNKNOWN"]:
        """Return `quantity` of one unit in another, exactly; rounding is the caller's, once, at the end."""
        per_source, per_target = self.per_unit(source), self.per_unit(target)
        if per_source is None or per_target is None:
            return "UOM_UNKNOWN"
        return quantity * per_source / per_target

    def quanta(self, quantity: Fraction, unit: str, rounding: Rounding = Rounding.EXACT) -> int | UnitRefusal:
        """Return `quantity` of `unit` in whole quanta of the base unit."""
        amount = self.convert(quantity, unit, self.base)
        if isinstance(amount, str):
            return amount
        return steps(amount, self.quantum, rounding)

    def amount(self, quanta: int, unit: str) -> Fraction | Literal["UOM_UNKNOWN"]:
        """Return quanta as an exact amount of `unit`."""
        per_unit = self.per_unit(unit)
        if per_unit is None:
            return "UOM_UNKNOWN"
        return quanta * self.quantum / per_unit

    def whole(self, quanta: int, unit: str, rounding: Rounding = Rounding.FLOOR) -> int | UnitRefusal:
        """Return how many whole `unit` are in (FLOOR) or needed for (CEIL) so many quanta."""
        amount = self.amount(quanta, unit)
        if isinstance(amount, str):
            return amount
        return steps(amount, Fraction(1), rounding)


_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_DECIMALS_MAX = 30
_TERM_MAX = 10**30
"""Largest numerator or denominator taken from the wire."""


def from_wire(value: object) -> Fraction:
    """Return the quantity that a JSON value stands for: an integer, a decimal string, or {"num": n, "den": d}.

    Raises WireError for anything else, above all for a number with a point: it has been through a binary float.

    >>> from_wire("0.1") + from_wire({"num": 1, "den": 5})
    Fraction(3, 10)
    """
    match value:
        case bool() | float():
            raise WireError(f"a quantity is an integer, a decimal string or num/den, never a float or truth: {value!r}")
        case int() if abs(value) < _TERM_MAX:
            return Fraction(value)
        case str() if _DECIMAL.fullmatch(value):
            return Fraction(value)
        case {"num": int(num), "den": int(den), **rest} if not rest and 0 < den < _TERM_MAX and abs(num) < _TERM_MAX:
            if not (isinstance(num, bool) or isinstance(den, bool)):
                return Fraction(num, den)
    raise WireError(f"not a quantity: {value!r}")


def to_wire(quantity: Fraction) -> str | dict[str, int]:
    """Return the decimal string of a quantity that has one of at most 30 decimals, else its fraction.

    Raises WireError for a quantity too long to be read back.

    >>> to_wire(Fraction(9071, 2000)), to_wire(Fraction(1, 12))
    ('4.5355', {'num': 1, 'den': 12})
    """
    if abs(quantity.numerator) >= _TERM_MAX or quantity.denominator >= _TERM_MAX:
        raise WireError(f"a quantity too long for the wire: {quantity}")
    digits = _decimals(quantity.denominator)
    if digits is None or digits > _DECIMALS_MAX:
        return {"num": quantity.numerator, "den": quantity.denominator}
    scaled = abs(quantity.numerator) * 10**digits // quantity.denominator
    sign = "-" if quantity < 0 else ""
    if digits == 0:
        return f"{sign}{scaled}"
    return f"{sign}{scaled // 10**digits}.{scaled % 10**digits:0{digits}d}"


def _decimals(denominator: int) -> int | None:
    """Return how many decimals 1/denominator needs, None when no number of them is enough."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator //= 2
        twos += 1
    while denominator % 5 == 0:
        denominator //= 5
        fives += 1
    return max(twos, fives) if denominator == 1 else None
