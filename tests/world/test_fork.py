"""Between two entries of the timeline a world is data alone: a copy of its process goes on as it would have."""

import os

import pytest

import scenarios
from twin.kernel.recorder import Recorder
from twin.model.instant import HOUR
from twin.world.build import build


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot copy a process (fork)")
def test_a_forked_world_has_the_future_of_its_original():
    scenario = scenarios.load("first_day").with_("horizon", "1d")
    recorder = Recorder()
    world = build(scenario, "standard", 1, recorder, stops=False)
    world.timeline.run(until=2 * HOUR)
    told, tell = os.pipe()
    if os.fork() == 0:
        try:
            world.timeline.run(until=4 * HOUR)
            os.write(tell, recorder.digest().encode())
        finally:
            os._exit(0)
    os.close(tell)
    with os.fdopen(told) as end:
        forked = end.read()
    os.wait()
    at_the_fork = recorder.digest()
    world.timeline.run(until=4 * HOUR)
    assert forked == recorder.digest() != at_the_fork
