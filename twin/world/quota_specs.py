"""The block about quotas: which channels have a protected share of every item's pool, and for how long."""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Final

from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from policies.quotas import QuotaRule, Quotas
from twin.world.values import Block, Flag, Identifier, PositiveDuration, rule, sourced

_PORTION: Final = 'must be whole units such as 40, a share such as 20%, or parts such as "3/4"'


def _portion(value: object) -> int | Fraction:
    """Read a quota: an int is units, a Fraction a part of the supply at grant time."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise rule("must not be negative")
        return value
    text = value.strip() if isinstance(value, str) else ""
    if found := re.fullmatch(r"(\d+(?:\.\d+)?) ?%", text):
        part = Fraction(found[1]) / 100
    elif found := re.fullmatch(r"(\d+)/([1-9]\d*)", text):
        part = Fraction(int(found[1]), int(found[2]))
    else:
        raise rule(_PORTION)
    if part > 1:
        raise rule("must not be more than the whole")
    return part


Portion = Annotated[
    int | Fraction,
    PlainValidator(_portion),
    PlainSerializer(lambda part: part if isinstance(part, int) else f"{part.numerator}/{part.denominator}"),
    WithJsonSchema({"type": ["integer", "string"]}),
]


class QuotasBlock(Block):
    """Quotas of every item, granted anew every `lasts`; what nobody used by then returns.

    A portion is in units of an item, or a part of what can be claimed when it is granted, floored. A `firm` quota also
    bounds what orders of the other channels are promised. `only_own` are channels told of nothing but their own quota.
    """

    channels: Mapping[Identifier, Portion] = Field(min_length=1)
    lasts: PositiveDuration = sourced("1d", "assumed: divided anew once a day")
    firm: Flag = sourced(True, "DOMAIN 19: others' quotas bound a promise unless they are said to be soft")
    only_own: tuple[Identifier, ...] = sourced((), "DOMAIN 4: what no quota protects is shared by all")


def quotas_of(block: QuotasBlock | None, channels: list[str]) -> Quotas | None:
    """Return the policy of a quotas block, by channel index."""
    if block is None:
        return None
    rules = [
        QuotaRule(channels.index(name), part) if isinstance(part, int) else QuotaRule(channels.index(name), share=part)
        for name, part in block.channels.items()
    ]
    return Quotas(tuple(rules), block.lasts)
