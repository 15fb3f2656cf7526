"""Which orders go on unpaid while the payment provider is away; their money is authorised in order when it is back.

An order that nobody has paid waits with its hold, as ever (`hold`), or goes on if it is worth little (`accept_small`):
what a lost order costs is more then than what an unpaid one may. Source: DOMAIN 22.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from policies.silence import Silence

UNPAID: Final = "waits for its payment"
"""The reason of an order that is held until its payment is there."""
SMALL: Final = "small enough to go on unpaid"
"""The reason of an order that goes on without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAway:
    """What becomes of unpaid orders of these `channels`, by number; `order_value` in minor units, tax included."""

    channels: tuple[int, ...]
    silence: Silence = field(default_factory=Silence)
    use: Literal["hold", "accept_small"] = "hold"
    order_value: int = 0

    def decide(self, value: int) -> str:
        """Return what becomes of an unpaid order of this value: `SMALL`, it goes on, or `UNPAID`, it waits."""
        return SMALL if self.use == "accept_small" and value <= self.order_value else UNPAID
