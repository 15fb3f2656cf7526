"""How a channel writes its orders: each line by its own name of the item, in the unit in which it sells it."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

from twin.model.commands import OrderedLine
from twin.model.quantity import to_wire
from twin.model.written import WrittenLine


class Named(NamedTuple):
    """A channel's name of an item: it `stands_for` one unit of it; `quantum` is the least of the item's base unit.

    `unit` is the unit that the channel writes beside it, where that is another one.
    """

    id_type: str
    value: str
    stands_for: str
    quantum: Fraction = Fraction(1)
    unit: str = ""

    def in_unit(self, unit: str) -> "Named":
        """Return the name as it stands beside a unit."""
        return self._replace(unit=unit)


class Writer:
    """Writes the lines of one channel's orders; `wrong` tells by order and line whether something is wrong with one."""

    def __init__(
        self, names: Sequence[Named], packs: dict[int, int], wrong: Callable[[int, int], bool] | None = None
    ) -> None:
        self.names = names
        self.packs = packs
        """Quanta in one unit of what the channel sells, by item; none: it sells single quanta."""
        self.wrong = wrong

    def write(self, order: int, lines: Sequence[OrderedLine]) -> tuple[WrittenLine, ...]:
        """Return the lines of an order, given in quanta, as the channel writes them."""
        return tuple([self._line(order, place, line) for place, line in enumerate(lines)])

    def _line(self, order: int, place: int, line: OrderedLine) -> WrittenLine:
        named = self.names[line.item]
        pack = self.packs.get(line.item)
        amount = to_wire(line.quantity * named.quantum) if pack is None else str(line.quantity // pack)
        assert isinstance(amount, str), "quanta are decimal fractions of a base unit"
        value = named.value
        if self.wrong is not None and self.wrong(order, place):
            if order & 1:
                amount = f"{amount}3" if "." in amount else f"{amount}.3"
            else:
                value = value[:-1] + str((int(value[-1]) + 1) % 10) if named.id_type == "gtin" else f"{value}-X"
        return WrittenLine(named.id_type, value, amount, named.unit, line.price)
