"""Which layers of identity intake asks, the outer ones first (`Identity`).

Transport knows a message by its id, request knows what a sender asked for by the sender's key, business knows a
document by partner, type, number and revision. Each catches repeats that the layer outside it cannot see: a redelivery
has the message's id, a sender's retry a new id and the same key, the same document read over another way neither. A
design that stops short of business takes such a repeat for a new order; one that asks no layer takes every delivery for
one.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from policies.dedup import Idempotency

Layer = Literal["none", "transport", "request", "business"]
LAYERS: Final[tuple[Layer, ...]] = ("none", "transport", "request", "business")
"""From no layer to all three; each kind asks its own layer and those before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The layers of one design, and the rule for requests under a key."""

    kind: Layer = "business"
    idempotency: Idempotency = field(default_factory=Idempotency)

    def asks(self, layer: Layer) -> bool:
        """Tell whether intake asks this layer.

        >>> [Identity(kind="request").asks(layer) for layer in LAYERS]
        [True, True, True, False]
        """
        return LAYERS.index(layer) <= LAYERS.index(self.kind)
