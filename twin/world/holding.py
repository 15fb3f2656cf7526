"""How long the faults of a run may have held a figure on its way to a channel, or an order on its way from it.

Such faults strike the channel, its party, the connection between, the middleware or its store. Their extent widens the
time within which an oversold unit has an excuse (RELIABILITY 2.2, S-10).
"""

from collections.abc import Callable

from actors.troubled_process import RESTART
from twin.kernel.faults import Armed, Faults
from twin.model.instant import Elapsed
from twin.world.scenario import Scenario

Held = Callable[[int, Elapsed], Elapsed]
"""Called with a channel's number and a moment: how long something held its messages since then, in microseconds."""


def held_by(faults: Faults, scenario: Scenario, clock: Callable[[], Elapsed]) -> Held:
    """Return what says how long the records of a run held a channel's messages."""
    landscape = scenario.landscape
    process = [*landscape.of_kind("middleware"), *landscape.of_kind("store")]
    records = []
    for channel in scenario.channels:
        party = scenario.party_of(channel)
        links = [f"middleware/{party}", f"{party}/middleware"]
        records.append(faults.on(*dict.fromkeys([channel, party, *links, *process])))

    def held(channel: int, since: Elapsed) -> Elapsed:
        now = clock()
        return sum(_extent(armed, since, now) for armed in records[channel])

    return held


def _extent(armed: Armed, since: Elapsed, now: Elapsed) -> Elapsed:
    """Return how long a record that was on after `since` has been on in all; of a crash, how long the restart takes."""
    if armed.began is None:
        return 0
    if armed.fault.kind == "P1":
        down = int(armed.number("restart", RESTART))
        return down if armed.began + down >= since else 0
    over = now if armed.ended is None else armed.ended
    return over - armed.began if over >= since else 0
