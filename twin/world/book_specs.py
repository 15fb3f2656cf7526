"""The blocks about the ERP's stock book: how movements are posted to it, and how often the books are compared."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from policies.posting import Period, Posting
from policies.reconciliation import Reconciliation, Tolerance
from twin.errors import UsageError
from twin.world.values import (
    Block,
    Identifier,
    OneOf,
    PositiveDuration,
    Quantity,
    Share,
    WallStamp,
    instant_us,
    sourced,
)


class Closed(Block):
    """A stretch of time in which the ERP's period is closed; what happened in it is booked when it is over."""

    from_: WallStamp = Field(alias="from")
    to: WallStamp


class EachPosting(Block):
    """Every movement is a posting of its own, sent at once."""

    kind: Literal["each"]
    closed: tuple[Closed, ...] = sourced((), "rule: no period is closed unless it is said")


class SummedPosting(Block):
    """Movements of one type, item, site, reason and document are summed up over `every`."""

    kind: Literal["summed"]
    every: PositiveDuration = sourced("15m", "assumed: as often as ERPs take stock journals")
    closed: tuple[Closed, ...] = sourced((), "rule: no period is closed unless it is said")


PostingBlock = Annotated[EachPosting | SummedPosting, OneOf("posting")]


class ToleranceBlock(Block):
    """Differences up to the larger of both are corrected in the ERP; beyond it somebody must look."""

    units: Quantity = sourced(2, "DOMAIN V69 (assumed)")
    share: Share = sourced("0.5%", "DOMAIN V69 (assumed)")


class ReconciliationBlock(Block):
    """The books of warehouses and ERP are compared `every` so often, at a cut announced `ahead` of it."""

    every: PositiveDuration = sourced("1d", "assumed: once a day")
    ahead: PositiveDuration = sourced("15m", "assumed: longer than any party takes to hear of it")
    tolerance: ToleranceBlock = sourced({}, "the defaults of tolerance")
    blocked_after: PositiveDuration = sourced("1d", "assumed: a posting that is under way for a day is stuck")
    exact: tuple[Identifier, ...] = sourced((), "DOMAIN 13: items with serial or lot numbers have no tolerance")


def posting_of(block: EachPosting | SummedPosting, zone: str) -> Posting:
    """Return the policy of a posting block."""
    closed = tuple([Period(instant_us(each.from_, zone), instant_us(each.to, zone)) for each in block.closed])
    if isinstance(block, SummedPosting):
        return Posting(kind="summed", every_us=block.every, closed=closed)
    return Posting(closed=closed)


def reconciliation_of(block: ReconciliationBlock | None, sites: int, items: Mapping[str, int]) -> Reconciliation | None:
    """Return the policy of a reconciliation block; raises UsageError for an item that the scenario does not have."""
    if block is None:
        return None
    unknown = [sku for sku in block.exact if sku not in items]
    if unknown:
        raise UsageError(f"reconciliation.exact: no such item {unknown[0]!r} in this world")
    tolerance = Tolerance(block.tolerance.units, Fraction(str(block.tolerance.share)))
    return Reconciliation(
        tolerance=tolerance,
        sites=sites,
        every_us=block.every,
        ahead_us=block.ahead,
        blocked_after_us=block.blocked_after,
        exact=dict.fromkeys([items[sku] for sku in block.exact]),
    )
