"""How a vendor repeats pushes that nobody acknowledged: stated in a scenario, or an entry of the profiles."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Final, Literal, Self

from pydantic import PrivateAttr, ValidationInfo, model_validator

from policies.redelivery import Redelivery, doubling
from twin.errors import UsageError
from twin.model.instant import SECOND, Elapsed
from twin.world.law_specs import Delay
from twin.world.partner_limits import Entry
from twin.world.values import Block, Count, OneOf, PositiveDuration, Quantity, Surroundings, rule, sourced

TIMEOUT: Final[Elapsed] = 10 * SECOND
"""How long a vendor waits for an acknowledgement where its page does not say: 10 s, assumed, as most that do."""
ENDED: Final = ("deleted", "deactivated", "disabled")
"""Words by which the profiles say that a push which is used up takes the subscription with it."""


class Renewed(Block):
    """What is said of every subscription: how long it takes until one that the vendor has ended is made anew."""

    renewed_after: Delay = sourced("1d", "assumed: somebody reads the vendor's mail the next day")


class StatedRepeats(Renewed):
    """A rule in figures: `waits` between attempts, the last one repeating, up to `tries` of them or for `age`.

    `then` says what a push that is used up does to its subscription; `failures` failed attempts in a row end it too.
    """

    kind: Literal["schedule"]
    waits: tuple[PositiveDuration, ...]
    tries: Count | None = sourced(None, "rule: bounded by age alone")
    age: PositiveDuration | None = sourced(None, "rule: bounded by tries alone")
    timeout: PositiveDuration = sourced("10s", "assumed: as most vendors that say so")
    then: Literal["drop", "unsubscribe"] = sourced("drop", "rule: the push is dropped, the subscription stays")
    failures: Quantity = sourced(0, "rule: no number of failures ends a subscription by itself")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        try:
            self.rule()
        except UsageError as error:
            raise rule(str(error), whole=True) from error
        return self

    def rule(self) -> Redelivery:
        """Return the rule."""
        return Redelivery(
            waits_us=self.waits,
            tries=self.tries or 0,
            age_us=self.age or 0,
            timeout_us=self.timeout,
            ends=self.then == "unsubscribe",
            failures=self.failures,
        )


class ProfileRepeats(Renewed):
    """The `webhook` of an entry of the profiles: `profile: {file: storefronts, system: Shopify, operation: ...}`."""

    profile: Entry
    _rule: Redelivery | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _look_up(self, info: ValidationInfo) -> Self:
        surroundings: Surroundings | None = info.context
        if surroundings is not None:
            entry = surroundings.published(self.profile.file, self.profile.system, self.profile.operation)
            if isinstance(entry, str):
                raise rule(entry, at="profile", whole=True)
            stated = entry.get("webhook")
            if not isinstance(stated, Mapping):
                raise rule("says nothing of pushes: state their rule with 'waits'", at="profile", whole=True)
            try:
                self._rule = published_rule(stated)
            except UsageError as error:
                raise rule(f"{error}; state the rule with 'waits'", at="profile", whole=True) from error
        return self

    def rule(self) -> Redelivery:
        """Return the rule as the vendor publishes it.

        Raises:
            UsageError: the scenario was read without the profiles at hand.
        """
        if self._rule is None:
            raise UsageError(f"the pushes of {self.profile.system} were read without profiles; use `scenarios.load`")
        return self._rule


Repeats = Annotated[StatedRepeats | ProfileRepeats, OneOf("repeats", marks=("profile",))]


def published_rule(stated: Mapping[str, object]) -> Redelivery:
    """Return the rule that a `webhook` of a profile states (its README names the fields).

    A vendor that publishes a number and a time has waits that double and fill it. One that counts failures in a row and
    publishes no time makes each push once.
    """
    end = str(stated.get("after_exhaustion", ""))
    retries, age = stated.get("retries"), _us(stated.get("max_age_s"))
    schedule = stated.get("schedule_s") or ()
    assert isinstance(schedule, list | tuple)
    waits = tuple([_us(each) for each in schedule])
    times = None if retries is None else int(str(retries))
    in_a_row = "consecutive" in end
    if not waits and times and age:
        waits = doubling(times, age)
    tries = 1 + times if times is not None and (waits or not times) else 1 if in_a_row else 0
    return Redelivery(
        waits_us=waits,
        tries=tries,
        age_us=age if tries == 0 else 0,
        timeout_us=_us(stated.get("timeout_s")) or TIMEOUT,
        ends=not in_a_row and any(word in end for word in ENDED),
        failures=times or 0 if in_a_row else 0,
    )


def _us(seconds: object) -> Elapsed:
    return 0 if seconds is None else round(Fraction(str(seconds)) * SECOND)
