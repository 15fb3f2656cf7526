"""A basket whose lines are kept for a while: no order yet, and perhaps never one."""

import msgspec

from twin.model.instant import Elapsed
from twin.model.order import OrderClaim


class Basket(msgspec.Struct, frozen=True, gc=False):
    """What is kept for an order that may come under this case, until `until` (elapsed)."""

    channel: int
    claims: tuple[OrderClaim, ...]
    until: Elapsed

    def extended(self, until: Elapsed) -> "Basket":
        """Return the basket as kept until then, or until later if that was agreed."""
        return Basket(self.channel, self.claims, max(self.until, until))
