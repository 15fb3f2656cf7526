"""What the hunt has found: the smallest mixture of each, which broke a promise before the mend and breaks none today.

A mixture here is what the shrinker left, word for word; what it showed stands beside it.
"""

from typing import NamedTuple

from twin.model.instant import HOUR, SECOND
from twin.search.swarm import Mixture


class Find(NamedTuple):
    """One find: the promise, what broke it, and the mixture."""

    invariant: str
    what: str
    mixture: Mixture


FINDS = (
    Find(
        "S-3",
        "a carrier had made a label and answered with an error, and the TMS asked the next carrier for another one",
        Mixture(
            seed=196,
            parts=("tms",),
            settings=(),
            faults=(
                {"name": "the_E4", "kind": "E4", "target": "carrier_a", "trigger": "{at: 9m}", "duration": "2m19s"},
            ),
            horizon=617 * SECOND,
            drain=0,
        ),
    ),
    Find(
        "S-7",
        "a message was carried out by one of its deliveries and became a dead letter by another, which was given up",
        Mixture(
            seed=58,
            parts=(),
            settings=("designs.standard.workers.count=6",),
            faults=(
                {"name": "the_D4", "kind": "D4", "target": "store", "trigger": "{at: 1m}", "duration": "90m"},
                {"name": "the_L5", "kind": "L5", "target": "middleware", "trigger": "{at: 14m}", "duration": "1s"},
                {"name": "the_D3", "kind": "D3", "target": "store", "trigger": "{at: 3m}", "duration": "90m"},
            ),
            horizon=5582 * SECOND,
            drain=0,
            orders_a_day=1000,
        ),
    ),
    Find(
        "L-1",
        "somebody parked an item that was redriven already, and its row went, though it was on its way again",
        Mixture(
            seed=276,
            parts=("edi",),
            settings=(
                "designs.standard.publication={kind: every_event}",
                "designs.standard.gives_up=[S-10]",
            ),
            faults=(
                {"name": "the_M5", "kind": "M5", "target": "middleware", "trigger": "{at: 31m}", "duration": "1s"},
                {"name": "the_D4", "kind": "D4", "target": "store", "trigger": "{at: 30m}", "duration": "1m45s"},
                {
                    "name": "the_W9",
                    "kind": "W9",
                    "target": "operators",
                    "trigger": "{at: 26m}",
                    "probability": "50%",
                    "duration": "10m30s",
                },
                {
                    "name": "the_E15",
                    "kind": "E15",
                    "target": "wms",
                    "trigger": "{at: 6m}",
                    "probability": "50%",
                    "duration": "45m",
                },
            ),
            drain=4 * HOUR,
            orders_a_day=500,
        ),
    ),
)
