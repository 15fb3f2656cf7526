"""Foreign identifiers: GTINs and their check digit, cross references to our items, and supersession.

An identifier is text and is never turned into a number, because leading zeros mean something. It is resolved once, at
intake, and what was found is pinned to the order; validity is half-open on the wall clock.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from twin.errors import UsageError
from twin.model.instant import Instant

_GTIN_LENGTHS = (8, 12, 13, 14)
_GTIN_DIGITS = 14


def gtin(text: str) -> str | Literal["GTIN_INVALID"]:
    """Return the 14 digits of a GTIN of 8, 12, 13 or 14: padded with zeros, which leaves the check digit right.

    >>> gtin("6291041500213"), gtin("6291041500214")
    ('06291041500213', 'GTIN_INVALID')
    """
    if len(text) not in _GTIN_LENGTHS or not (text.isascii() and text.isdigit()):
        return "GTIN_INVALID"
    padded = text.zfill(_GTIN_DIGITS)
    return padded if padded[-1] == check_digit(padded[:-1]) else "GTIN_INVALID"


def check_digit(digits: str) -> str:
    """Return the GS1 check digit for the digits before it: from the right they weigh 3, 1, 3, 1 and so on.

    >>> check_digit("629104150021")
    '3'
    """
    total = sum(int(digit) * (1 if at % 2 else 3) for at, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def pack_level(gtin14: str) -> int:
    """Return the indicator digit: 0 the piece, 1 to 8 another pack level, 9 a variable measure."""
    return int(gtin14[0])


def at_pack_level(gtin14: str, indicator: int) -> str:
    """Return the GTIN of the same item number at another pack level, with its own check digit.

    It is another key, for another unit of the item, not another spelling of the same one.

    >>> at_pack_level("06291041500213", 1)
    '16291041500210'
    """
    body = f"{indicator}{gtin14[1:-1]}"
    return body + check_digit(body)


class ForeignKey(NamedTuple):
    """Somebody's name for something: which kind of id, who issues it, and its normalised value."""

    id_type: str
    issuer: str
    value: str


def foreign_key(id_type: str, issuer: str, value: str, *, fold_case: bool = False) -> ForeignKey:
    """Return the key of a value as it came: NFC, outer white space removed, case folded only where the issuer says so.

    >>> foreign_key("sku", "shop", " 01234 ") == foreign_key("sku", "shop", "1234")
    False
    """
    normal = unicodedata.normalize("NFC", value).strip()
    return ForeignKey(id_type, issuer, unicodedata.normalize("NFC", normal.casefold()) if fold_case else normal)


class Target(NamedTuple):
    """What a foreign key stands for: an item of ours and one of its units."""

    item: int
    unit: str


class Reference(NamedTuple):
    """A key's target while `since <= now < until` (wall; None: without end)."""

    key: ForeignKey
    target: Target
    since: Instant = 0
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class CrossReference:
    """References by key, under the mapping version that an order pins."""

    version: int
    references: Mapping[ForeignKey, Sequence[Reference]] = field(default_factory=dict)

    def resolve(self, key: ForeignKey, now: Instant) -> Target | Literal["XREF_AMBIGUOUS", "REFERENCE_MISSING"]:
        """Return the one target that is live at `now`."""
        live = {
            reference.target: None
            for reference in self.references.get(key, ())
            if reference.since <= now and (reference.until is None or now < reference.until)
        }
        if not live:
            return "REFERENCE_MISSING"
        return next(iter(live)) if len(live) == 1 else "XREF_AMBIGUOUS"


def cross_reference(version: int, references: Iterable[Reference]) -> CrossReference:
    """Return the references grouped by their key."""
    grouped: dict[ForeignKey, list[Reference]] = {}
    for reference in references:
        grouped.setdefault(reference.key, []).append(reference)
    return CrossReference(version, grouped)


@dataclass(frozen=True, slots=True)
class Supersessions:
    """Which item replaces which from when (wall); raises UsageError where following them would never end."""

    successor: Mapping[int, tuple[int, Instant]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse cycles whatever their dates: one day all of them are in force."""
        ended: dict[int, None] = {}
        for start in self.successor:
            path: dict[int, None] = {}
            item = start
            while item in self.successor and item not in ended:
                if item in path:
                    chain = " -> ".join(map(str, [*path, item]))
                    raise UsageError(f"items replace each other in a circle: {chain}")
                path[item] = None
                item = self.successor[item][0]
            ended.update(path)

    def current(self, item: int, now: Instant) -> int:
        """Return the item that stands for `item` at `now`."""
        while (found := self.successor.get(item)) is not None and found[1] <= now:
            item = found[0]
        return item
