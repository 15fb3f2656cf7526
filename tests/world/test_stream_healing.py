"""In a run, a stock stream with lost facts asks the warehouse for a snapshot and heals."""

import scenarios
from twin.kernel.recorder import Recorder
from twin.middleware.inventory.movements import stream_key
from twin.middleware.unit import ITEMS, STREAMS
from twin.model.commands import SupplyAnnounced
from twin.model.instant import MINUTE
from twin.world.build import build

QUIET = (
    "landscape.size.skus=20",
    "horizon=2h",
    "demand.orders_per_day=1",
    "stock.rule={kind: none}",
    "stock.opening=10",
)
LOSSY = "landscape.links.middleware/wms={lost: 60%, latency: 20ms}"


def test_lost_facts_are_made_up_for_by_a_snapshot() -> None:
    """Forty receipts of one item, half a minute apart, over a link that loses most of what it carries, both ways."""
    scenario = scenarios.load("first_day", [*QUIET, LOSSY])
    world = build(scenario, "standard", 3, Recorder(), stops=True)
    east, item = world.warehouses[0], 5
    opened = world.store.get(ITEMS, item).positions[0].sellable
    for n in range(1, 41):
        supply = SupplyAnnounced(id=10_000 + n, order=10_000 + n, item=item, site=0, quantity=n, due=0)
        world.timeline.call_at(n * MINUTE // 2, east._put_away, supply)
    world.timeline.run(until=scenario.horizon)
    assert world.watch.count["sequence_violations"] > 0, "gaps lasted longer than they are waited for"
    assert world.watch.calls[f"middleware/{east.name}"] > 0, "nothing but a question for a snapshot goes there"
    state = world.store.get(STREAMS, stream_key(item, 0))
    assert (state.last, state.net, state.held) == (40, sum(range(1, 41)), ())
    assert world.store.get(ITEMS, item).positions[0].sellable == opened + sum(range(1, 41))
