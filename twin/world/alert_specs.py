"""The alerts slot of a design: rules on measures, how long each must hold, and whose they are."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from policies.alerting import Threshold
from twin.world.values import Block, Duration, Identifier, Number, PositiveDuration, rule, sourced
from twin.world.watchable import refusal


class Alert(Block):
    """One rule: `measure` is beyond a bound at every look for as long as `for`; looks are a minute apart.

    A count is what was counted within the span `over`, a distribution its statistic over that span's samples.
    """

    name: Identifier
    measure: Annotated[str, Field(min_length=1)]
    above: Number | None = sourced(None, "rule: a rule states above, below or both")
    below: Number | None = sourced(None, "rule: a rule states above, below or both")
    for_: Duration = sourced("0s", "rule: the first look beyond the bound raises it", alias="for")
    over: PositiveDuration = sourced("5m", "assumed: five minutes, as monitoring commonly aggregates")
    owner: Annotated[str, Field(min_length=1)] = sourced("platform", "policies.exceptions: who answers for partners")

    @model_validator(mode="after")
    def _can_be_watched(self) -> Self:
        if told := refusal(self.measure):
            raise rule(f"{self.measure!r} {told}", at="measure", whole=True)
        if self.above is None and self.below is None:
            raise rule("states above, below or both", at="above", whole=True)
        return self

    def threshold(self) -> Threshold:
        """Return the rule that judges."""
        return Threshold(above=self.above, below=self.below, for_us=self.for_)


def repeated(alerts: Sequence[Alert]) -> str | None:
    """Return a name that two alerts have, if there is one."""
    names = [alert.name for alert in alerts]
    return next((name for number, name in enumerate(names) if name in names[:number]), None)
