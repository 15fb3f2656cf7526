"""The limit of a called party: stated in a scenario, or taken from an entry of the profiles (`profile:`)."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Final, Literal, Self

from pydantic import Field, PrivateAttr, ValidationInfo, model_validator

from policies.throttle import Algorithm, Held, PublishedLimit, Throttle
from twin.errors import UsageError
from twin.model.instant import SECOND
from twin.world.values import (
    Block,
    Count,
    Identifier,
    OneOf,
    PositiveDuration,
    RatePerTime,
    Share,
    Surroundings,
    rule,
    sourced,
)


class Limit(Block):
    """Any limit of a called party; `when_full` says whether a call beyond it is refused or waits for it in order."""

    @property
    def waits(self) -> bool:
        """True where a call beyond the limit waits instead of being refused."""
        raise NotImplementedError

    def published(self) -> PublishedLimit:
        """Return the limit as the party publishes it."""
        raise NotImplementedError

    def throttle(self) -> Throttle:
        """Return what keeps it."""
        return self.published().throttle()


class StatedLimit(Limit):
    """One of the algorithms of the profiles, with its figures."""

    algorithm: Algorithm
    rate: RatePerTime | None = sourced(None, "rule: buckets and load_based have one")
    burst: Count | None = sourced(None, "rule: windows and quotas have one; a bucket without it holds one unit")
    window: PositiveDuration | None = sourced(None, "rule: windows, quotas and intervals have one")
    concurrency: Count | None = sourced(None, "rule: calls in flight; beside another algorithm both hold")
    busy: Annotated[Share, Field(gt=0)] = sourced("100%", "rule: load_based refuses from this share of its rate on")
    when_full: Literal["reject", "queue"] = sourced("reject", "rule: who comes beyond it is told so at once")
    also: tuple["StatedLimit", ...] = sourced((), "rule: no further limit holds at the same time")

    @model_validator(mode="after")
    def _keepable(self) -> Self:
        try:
            self.throttle()
        except UsageError as error:
            raise rule(str(error), at="algorithm", whole=True) from error
        return self

    @property
    def waits(self) -> bool:
        """True where a call beyond the limit waits instead of being refused."""
        return self.when_full == "queue"

    def published(self) -> PublishedLimit:
        """Return the limit as the party publishes it."""
        return PublishedLimit(
            algorithm=self.algorithm,
            rate_per_s=None if self.rate is None else self.rate.exact,
            burst=self.burst,
            window_us=self.window,
            concurrency=self.concurrency,
            busy=self.busy,
            also=tuple([each.published() for each in self.also]),
        )


def refusing(limit: "PartnerLimit | None") -> None:
    """Check that a limit is one over time, and refuses who is beyond it, where nothing else can be kept.

    Raises:
        PydanticCustomError: it is another one.
    """
    if limit is not None and isinstance(limit.throttle(), Held):
        raise rule("must be a limit over time; calls in flight have a setting of their own", at="limit", whole=True)
    if limit is not None and limit.waits:
        raise rule("must refuse (when_full: reject); nobody waits for a place here", at="limit")


class Entry(Block):
    """One entry of a profile: the file, and the pair of system and operation that is unique in it."""

    file: Identifier
    system: Identifier
    operation: Identifier


class ProfileLimit(Limit):
    """The `rate_limit` of an entry of the profiles, with all limits that hold at the same time."""

    profile: Entry
    _limit: PublishedLimit | None = PrivateAttr(None)
    _waits: bool = PrivateAttr(False)

    @model_validator(mode="after")
    def _look_up(self, info: ValidationInfo) -> Self:
        surroundings: Surroundings | None = info.context
        if surroundings is not None:
            entry = surroundings.published(self.profile.file, self.profile.system, self.profile.operation)
            if isinstance(entry, str):
                raise rule(entry, at="profile", whole=True)
            stated = entry.get("rate_limit")
            if not isinstance(stated, Mapping):
                raise rule("has no rate_limit: nothing is published", at="profile")
            try:
                self._limit = published_limit(stated)
                self._limit.throttle()
            except UsageError as error:
                raise rule(f"{error}; state it with 'algorithm'", at="profile", whole=True) from error
            self._waits = stated.get("when_full") == "queue"
        return self

    @property
    def waits(self) -> bool:
        """True where a call beyond the limit waits instead of being refused."""
        return self._waits

    def published(self) -> PublishedLimit:
        """Return the limit as the party publishes it.

        Raises:
            UsageError: the scenario was read without the profiles at hand.
        """
        if self._limit is None:
            raise UsageError(f"the limit of {self.profile.system} was read without profiles; use `scenarios.load`")
        return self._limit


ALGORITHMS: Final[Mapping[str, str]] = {
    "token_bucket": "`burst` calls at once, then `rate`.",
    "leaky_bucket": "The same arithmetic seen from the other side: it holds `burst` and drains at `rate`.",
    "cost_bucket": "A bucket of points; calls may cost different amounts.",
    "fixed_window": "`burst` calls in each `window`, the counter cleared at its edge.",
    "sliding_window": "`burst` calls in any period of `window`.",
    "quota": "A fixed window of an hour or a day.",
    "interval": "At least `window` between two calls.",
    "concurrency": "`concurrency` calls in flight.",
    "load_based": "Refuses from the share `busy` of `rate` on, measured over `window`.",
}
"""What each algorithm of the profiles does."""

PartnerLimit = Annotated[StatedLimit | ProfileLimit, OneOf("limit", key="algorithm", marks=("profile",))]


def published_limit(stated: Mapping[str, object]) -> PublishedLimit:
    """Return the limit that a `rate_limit` of a profile states (its README names the fields)."""
    algorithm, further = stated["algorithm"], stated.get("also") or ()
    assert isinstance(further, list | tuple)
    rate, burst, window, concurrency = (stated.get(key) for key in ("rate_per_s", "burst", "window_s", "concurrency"))
    return PublishedLimit(
        algorithm=algorithm,  # type: ignore[arg-type]  # the README of the profiles lists them, a test reads them all
        rate_per_s=None if rate is None else Fraction(str(rate)),
        burst=None if burst is None else int(str(burst)),
        window_us=None if window is None else round(Fraction(str(window)) * SECOND),
        concurrency=None if concurrency is None else int(str(concurrency)),
        also=tuple([published_limit(each) for each in further]),
    )
