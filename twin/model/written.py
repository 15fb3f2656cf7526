"""An order as its sender wrote it: his own identifiers and units, and what intake made of them."""

import msgspec


class WrittenLine(msgspec.Struct, frozen=True, gc=False):
    """One line in the sender's words: `value` is an identifier of the kind `id_type`, `quantity` a decimal string.

    `unit` is a unit or package code; empty: the one that the identifier stands for. `price` is in minor units for one
    base unit.
    """

    id_type: str
    value: str
    quantity: str
    unit: str = ""
    price: int = 0


class KitLines(msgspec.Struct, frozen=True, gc=False):
    """A kit that stands in an order as the lines of its components.

    `quantity` kits are the lines `line`, `line` + 1, ...; each kit takes `each` of them, in quanta.
    """

    item: int
    quantity: int
    line: int
    each: tuple[int, ...]


class Wording(msgspec.Struct, frozen=True, gc=False):
    """What an order said and what it was taken to mean, under which version of the cross references."""

    lines: tuple[WrittenLine, ...] = ()
    kits: tuple[KitLines, ...] = ()
    mapping: int = 0
