"""What a sender's words mean (`Catalogue.read`): items by his identifiers, quanta by his units, kits by their parts.

Theory of operation. A line's identifier is normalised and resolved at the wall time of intake, never as a number; a
GTIN is padded and its check digit tried first. An item that has been replaced stands for its successor. The quantity is
exact in the item's base unit or refused. A kit becomes the lines of its components. Everything that is wrong with an
order's lines is found before any of it is refused: what the sender must correct in `errors`, what may still arrive in
`missing` (DOMAIN 7).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from policies.kits import Kits
from twin.errors import WireError
from twin.model.commands import OrderedLine
from twin.model.identifiers import CrossReference, Supersessions, Target, foreign_key, gtin
from twin.model.instant import Instant
from twin.model.quantity import X12_ALIASES, ItemUnits, from_wire
from twin.model.written import KitLines, Wording, WrittenLine

GS1 = "GS1"
"""Who issues GTINs."""
_PIECES = ItemUnits()


class Fault(NamedTuple):
    """What is wrong with a line: an exception code, and the line in words."""

    code: str
    detail: str


class Reading(NamedTuple):
    """The lines in our items and quanta, and what they were; or why there are none."""

    lines: tuple[OrderedLine, ...]
    wording: Wording | None = None
    errors: tuple[Fault, ...] = ()
    missing: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """References by their keys, units by item (none: pieces), what replaces what, and kits.

    `issuers` names who issues the identifiers of each channel, by channel index; `folds` are issuers to whom upper and
    lower case are one. The channels in `in_x12` write units as X12 element 355 does (DZ, LB, CA).
    """

    references: CrossReference = field(default_factory=lambda: CrossReference(1))
    issuers: Sequence[str] = ()
    folds: Sequence[str] = ()
    in_x12: Mapping[int, None] = field(default_factory=dict)
    units: Mapping[int, ItemUnits] = field(default_factory=dict)
    replaced: Supersessions = field(default_factory=Supersessions)
    kits: Kits = field(default_factory=Kits)

    def read(
        self, lines: tuple[OrderedLine, ...], written: tuple[WrittenLine, ...], channel: int, at: Instant
    ) -> Reading:
        """Return what an order of the channel means at the wall time `at`: its written lines, or those it came with."""
        errors: list[Fault] = []
        missing: list[Fault] = []
        meant: list[OrderedLine] = list(lines)
        for number, line in enumerate(written, 1):
            found = self._line(line, channel, at)
            if isinstance(found, OrderedLine):
                meant.append(found)
            else:
                said = f"line {number}: {line.id_type} {line.value!r}, {line.quantity} {line.unit}"
                fault = Fault(found, said.rstrip())
                (missing if found == "REFERENCE_MISSING" else errors).append(fault)
        if errors or missing:
            return Reading((), None, tuple(errors), tuple(missing))
        kits = self.kits.parts
        if not written and not any(line.item in kits for line in meant):
            return Reading(lines)
        taken, places = self._apart(meant)
        return Reading(taken, Wording(written, places, self.references.version))

    def _line(self, line: WrittenLine, channel: int, at: Instant) -> OrderedLine | str:
        """Return the line in our words, or the code of what is wrong with it."""
        value, issuer = line.value, self.issuers[channel]
        if line.id_type == "gtin":
            value, issuer = gtin(value.strip()), GS1
            if value == "GTIN_INVALID":
                return "GTIN_INVALID"
        target = self.references.resolve(foreign_key(line.id_type, issuer, value, fold_case=issuer in self.folds), at)
        if not isinstance(target, Target):
            return target
        item = self.replaced.current(target.item, at)
        try:
            amount = from_wire(line.quantity)
        except WireError:
            return "UNFIT"
        units, word = self.units.get(item, _PIECES), line.unit or target.unit
        if line.unit and channel in self.in_x12:
            word = units.pack_of(X12_ALIASES.get(word, word))
        quanta = units.quanta(amount, word)
        if not isinstance(quanta, int):
            return quanta
        return OrderedLine(item, quanta, line.price) if quanta > 0 else "UNFIT"

    def _apart(self, meant: Sequence[OrderedLine]) -> tuple[tuple[OrderedLine, ...], tuple[KitLines, ...]]:
        """Return the lines with each kit as its components, of which the first that it holds once bears its price."""
        lines: list[OrderedLine] = []
        places: list[KitLines] = []
        for line in meant:
            parts = self.kits.parts.get(line.item)
            if parts is None:
                lines.append(line)
                continue
            each = tuple([part.quantity for part in parts])
            places.append(KitLines(line.item, line.quantity, len(lines) + 1, each))
            priced = each.index(1) if 1 in each else -1
            lines += [
                OrderedLine(part.item, part.quantity * line.quantity, line.price if place == priced else 0)
                for place, part in enumerate(parts)
            ]
        return tuple(lines), tuple(places)
