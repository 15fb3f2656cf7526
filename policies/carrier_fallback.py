"""Where parcels get their labels while a carrier's interface is away.

`hold_at_dock`: nowhere; they wait, and nothing is asked in vain. `reserved_numbers`: from numbers that the carrier gave
beforehand, so many at each site; it hears of the parcels when it is back. `alternate_carrier`: from another carrier,
unless the first one may have printed a label already. A package is the key of its label, so none has two. Source:
DOMAIN 22.
"""

from dataclasses import dataclass, field
from typing import Literal

from policies.silence import Silence
from twin.model.instant import MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierAway:
    """What becomes of parcels while their carrier is away; `others` are the carriers asked instead, by number."""

    silence: Silence = field(default_factory=lambda: Silence(after_us=5 * MINUTE))
    use: Literal["hold_at_dock", "reserved_numbers", "alternate_carrier"] = "hold_at_dock"
    numbers: int = 0
    others: tuple[int, ...] = ()

    def instead(self, carrier: int, away: frozenset[int]) -> bool:
        """Tell whether a carrier is asked in the place of another one, when those of these numbers are `away`."""
        return self.use == "alternate_carrier" and carrier in self.others and carrier not in away
