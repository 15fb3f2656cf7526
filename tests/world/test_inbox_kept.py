"""The simulated inbox knows a message for as long as the design says, and not for ever."""

import twin
from twin.kernel.recorder import Recorder
from twin.middleware.unit import INBOX
from twin.model.instant import MINUTE
from twin.world.build import build


def test_a_row_is_kept_for_one_to_two_retentions() -> None:
    kept = 10 * MINUTE
    scenario = twin.load("first_day", ["designs.standard.sequencing.inbox_kept=10m", "landscape.size.skus=50"])
    world = build(scenario, "standard", 1, Recorder(), stops=True)
    store = world.store
    seen: dict[int, int] = {}
    for minute in range(1, 60):
        now = minute * MINUTE
        world.timeline.run(until=now)
        there = {*store.rows[INBOX.number], *store.inbox_earlier}
        for message in there:
            seen.setdefault(message, now)
        young = {message for message, since in seen.items() if now - since < kept - MINUTE}
        assert young <= there
        assert all(now - seen[message] <= 2 * kept for message in there)
    assert len(seen) > 100
