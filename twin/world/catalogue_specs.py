"""The keys about how items are named, packed and put together, and how a channel writes its orders."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from twin.errors import WireError
from twin.model.quantity import from_wire, to_wire
from twin.world.values import Block, Count, Identifier, Share, WallStamp, rule, sourced


def _content(value: object) -> Fraction:
    if isinstance(value, Fraction):
        return value
    try:
        content = from_wire(value)
    except WireError:
        content = Fraction(0)
    if content <= 0:
        raise rule('must be a whole number above 0, or an exact one in quotes, such as "0.1"')
    return content


Content = Annotated[
    Fraction,
    PlainValidator(_content),
    PlainSerializer(lambda content: int(content) if content.denominator == 1 else to_wire(content)),
    WithJsonSchema({"type": ["integer", "string"]}),
]


def _prefix(value: object) -> str:
    if isinstance(value, str) and value.isascii() and value.isdigit() and 4 <= len(value) <= 9:
        return value
    raise rule('must be the 4 to 9 digits of a company prefix, in quotes, such as "6291041"')


Packs = Mapping[Identifier, Mapping[Identifier, Content]]
"""Base units in each package, by item; `other` stands for the items that are not named."""
Bases = Mapping[Identifier, Literal["EA", "KGM", "LTR", "MTR"]]
"""The base unit of an item, where it is not the piece; its stock is kept in whole quanta of it (DOMAIN 1)."""


class CatchWeight(Block):
    """Items by catch weight: pieces are sold, and each weighs its own. `nominal` is what one weighs, more or less.

    A piece may be lighter or heavier by at most the share `spread`. Weights are in kilograms, exact to the gram.
    """

    nominal: Annotated[Mapping[Identifier, Content], Field(min_length=1)]
    spread: Share = sourced("10%", "assumed: pieces that are cut or grown, not cast")


Kits = Mapping[Identifier, Annotated[Mapping[Identifier, Count], Field(min_length=1)]]
"""How much of each component is in a kit, in quanta."""
Aliases = Mapping[Identifier, Mapping[Identifier, Identifier]]
"""What a channel calls our items: its name for each, by channel."""
Prefix = Annotated[str, PlainValidator(_prefix), WithJsonSchema({"type": "string", "pattern": "^[0-9]{4,9}$"})]
"""A GS1 company prefix: every item has a GTIN under it, and each of its packages one of its own."""


class Replacement(Block):
    """An item that another one stands for from a wall time on, in orders that name it."""

    by: Identifier
    from_: WallStamp = Field(alias="from")


class Writing(Block):
    """How a channel names items in its orders, and the share of its lines in which something is wrong.

    Of the wrong lines one half names what nobody knows or a wrong check digit, the other a quantity that is not whole.
    """

    by: Literal["sku", "gtin", "alias"] = sourced("sku", "rule: by our own item codes")
    wrong: Share = sourced("0%", "rule: nobody makes mistakes unless it is said")
