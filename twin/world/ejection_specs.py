"""When a server of several is left out for a while, as a block of the party that they are."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from policies import presets
from policies.ejection import OutlierEjection
from twin.world.policy_block import PolicyBlock, written_out
from twin.world.values import Count, OneOf, PositiveDuration, Quantity, Share, sourced


class Outliers(PolicyBlock):
    """Envoy's outlier detection: failures in a row, and success rates that stand out."""

    makes: ClassVar[type] = OutlierEjection
    kind: Literal["outliers"]
    consecutive: Count = sourced(5, "Envoy")
    interval: PositiveDuration = sourced("10s", "Envoy")
    base: PositiveDuration = sourced("30s", "Envoy: times how often it was ejected")
    longest: PositiveDuration = sourced("300s", "Envoy")
    share_max: Share = sourced("10%", "Envoy: but one may always be out")
    hosts_min: Count = sourced(5, "Envoy: for success rates to be compared")
    calls_min: Count = sourced(100, "Envoy: of each of them in an interval")
    deviations: Annotated[float, Field(gt=0, allow_inf_nan=False)] = sourced(1.9, "Envoy")
    failing: Share = sourced("85%", "Envoy")
    failing_hosts_min: Quantity = sourced(0, "Envoy enforces it for nobody unless it is said; 0: never")
    failing_calls_min: Count = sourced(50, "Envoy")

    def ejection(self) -> OutlierEjection:
        """Return the rule."""
        made = self.made()
        assert isinstance(made, OutlierEjection)
        return made


Ejection = Annotated[Outliers, OneOf("ejection", presets=written_out(presets.EJECTION, (Outliers,)))]
