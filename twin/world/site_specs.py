"""What a warehouse block says of its sites: people and shifts, waves, transfers between sites, and what comes back."""

from typing import Final, Self

from pydantic import Field, model_validator

from twin.model.instant import MINUTE, Elapsed
from twin.world.law_specs import Delay
from twin.world.values import Block, Count, Duration, PositiveDuration, Quantity, Share, WallTime, rule, sourced

WAVE_EVERY: Final[Elapsed] = 30 * MINUTE


class Shift(Block):
    """The working hours of a floor, every day, as local wall times."""

    from_: WallTime = Field(alias="from")
    to: WallTime

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.from_ == self.to:
            raise rule(
                "a shift must not begin and end at the same time; for a whole day write 00:00 to 24:00", whole=True
            )
        return self


class Site(Block):
    """One warehouse: the people on its floor, and when they work; a shift may run over midnight."""

    people: Count
    shift: Shift = sourced(
        {"from": "06:00", "to": "22:00"}, "landscape.yaml, size: two shifts of 8 h; their hours are assumed"
    )


class Returns(Block):
    """How long returned goods wait until somebody looks at them, and how many of them can be sold again."""

    inspect: Delay = sourced({"archetype": "dock_to_stock"}, "assumed: as long as received goods, 4 to 8 h")
    sellable: Share = sourced("80%", "assumed: no public figure; most returns of unused goods are resold")
    to_vendor: Share = sourced("5%", "assumed: what neither sells nor is damaged goes back to its vendor")

    @model_validator(mode="after")
    def _at_most_all(self) -> Self:
        if self.sellable + self.to_vendor > 1:
            raise rule("sellable and to_vendor must not exceed 100 % together", at="to_vendor", whole=True)
        return self


class Waves(Block):
    """Requests to ship go to the floor in waves: one `every` so often or `at` set times, and one as soon as it is full.

    What came less than `cut_off` before a wave that was due waits for the next one. What a wave has taken is not given
    back: what is cancelled then ships all the same.
    """

    every: PositiveDuration | None = sourced(
        None, "wms.yaml, wave release: a wave each half hour, where no times are said (assumed)"
    )
    at: tuple[WallTime, ...] = sourced((), "rule: waves go every so often unless times are said")
    size: Count | None = sourced(None, "rule: no number of requests makes a wave by itself")
    cut_off: Duration = sourced("0s", "rule: a wave takes whatever is there when it is due")
    plans: Delay = sourced({"archetype": "erp_job"}, "wms.yaml, wave release: planned by a batch job (assumed)")

    @model_validator(mode="after")
    def _one_clock(self) -> Self:
        if self.at and self.every is not None:
            raise rule("takes every or at, not both", at="at", whole=True)
        if not self.at and self.cut_off >= self.apart:
            raise rule("must be shorter than the time between two waves", at="cut_off")
        return self

    @property
    def apart(self) -> Elapsed:
        """How long from one wave to the next, where they have no set times."""
        return self.every or WAVE_EVERY


class Holds(Block):
    """Every so often units of an item at a site are put on hold, a `share` of what lies there, and looked at later.

    Of what was looked at, `good` are sold again; the rest is damaged, and stays.
    """

    between: Delay = sourced({"law": "exponential", "mean": "4h"}, "assumed: a few a day; a recall is rarer and larger")
    lasts: Delay = sourced({"law": "lognormal", "p50": "6h", "p95": "2d"}, "assumed: until somebody has looked")
    share: Share = sourced("50%", "assumed: a batch, which is about half of what lies there")
    good: Share = sourced("80%", "assumed: most of it is good after all")


class Transfers(Block):
    """Once a day a planner moves half of what a site has unasked to a site that has at most `at_most` of the item left.

    Goods on the road are at no site; `transit` is the way, and they are put away as any delivery (`dock_to_stock`). A
    share of the transfers arrives `short`, by `short_by` of their units: for good.
    """

    at: WallTime = sourced("21:00", "assumed: trucks go between the sites in the evening")
    at_most: Quantity = sourced(0, "assumed: only what is sold out at a site is sent there")
    at_least: Count = sourced(2, "assumed: nobody loads a truck for one piece")
    transit: Delay = sourced({"law": "lognormal", "p50": "10h", "p95": "16h"}, "assumed: a night on the road")
    short: Share = sourced("1%", "assumed: no figure was found; a wrong count or a box left behind")
    short_by: Share = sourced("10%", "assumed: what is missing of a short transfer; never all of it")
