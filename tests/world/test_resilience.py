"""Claims about the retry, budget and breaker of a design at work in a whole world."""

from collections import deque
from pathlib import Path

import pytest

import scenarios
from actors.careful import CarefulClient
from twin.experiment.trace import Record
from twin.kernel.recorder import Recorder
from twin.model.events import MilestoneReached
from twin.model.instant import HOUR, SECOND
from twin.world.build import build
from twin.world.result import RunResult
from twin.world.run import run_once

LOSSY = ("horizon=4h", "landscape.links.middleware/erp={lost: 20%}")


def day(out: Path | None = None, **slots: str) -> RunResult:
    """Run the first hours of the ordinary day on a lossy link to the ERP, with slots of the design in YAML."""
    settings = [*LOSSY, *(f"designs.standard.{slot}={value}" for slot, value in slots.items())]
    return run_once(scenarios.load("first_day", settings), "standard", 5, out=out, on_violation="report")


@pytest.fixture(scope="module")
def plain() -> RunResult:
    return day()


def test_policies_that_never_refuse_change_no_byte(plain: RunResult) -> None:
    """The careful client makes the same attempts at the same times by the same draws as the plain one."""
    careful = day(
        breaker="{kind: count, window: 1000, minimum: 1000, failures: 100%}",
        budget="{kind: quota, capacity: 1000000}",
    )
    assert careful.kpis["attempts_per_call{link=middleware/erp}"] > 1.1
    assert careful.digest == plain.digest
    assert careful.kpis == plain.kpis


def test_what_was_done_and_never_answered_is_an_unknown_outcome() -> None:
    """The ERP does what it is asked and its answers are lost: nobody may call that a failure (DOMAIN 12)."""
    deaf = scenarios.load("first_day", ("horizon=2h", "landscape.links.middleware/erp={lost: 60%}"))
    (told,) = [note for note in run_once(deaf, "standard", 3, on_violation="report").notes if "exceptions" in note]
    assert "DELIVERY_TIMEOUT" in told and "DELIVERY_FAILED" not in told


def test_a_budget_takes_retries_away(plain: RunResult) -> None:
    link = "attempts_per_call{link=middleware/erp}"
    poor = day(budget="{kind: ratio, deposit: 1%, capacity: 1, start: empty}")
    assert plain.kpis[link] > 1.1 > 1.02 > poor.kpis[link]


def test_a_breaker_that_opens_is_measured_and_recorded(plain: RunResult, tmp_path: Path) -> None:
    """What the breaker's moves in the log add up to is the measure; one that is open at the end counts up to there."""
    careful = day(tmp_path, breaker="{kind: count, window: 10, minimum: 10, failures: 40%, open_for: 2m}")
    measured = careful.kpis["breaker_open_s"]
    assert plain.kpis["breaker_open_s"] == 0
    assert measured is not None and measured > 120
    moves = Record(tmp_path / "events.parquet", "standard").rows(
        "SELECT at_us, kind FROM events WHERE kind LIKE 'breaker.%' ORDER BY file_row_number"
    )
    times = [int(str(at)) for at, _ in moves] + [int(careful.sim_s * SECOND)] * (len(moves) % 2)
    assert [kind for _, kind in moves[:2]] == ["breaker.opened", "breaker.closed"]
    assert sum(b - a for a, b in zip(times[::2], times[1::2], strict=True)) / SECOND == pytest.approx(measured)


def test_a_preset_is_its_own_block_with_the_keys_beside_it_changed() -> None:
    settings = ["designs.standard.breaker={preset: resilience4j-2, probes: 4}"]
    scenario = scenarios.load("first_day", settings)
    block = scenario.designs["standard"].breaker
    assert (block.kind, block.probes, block.boundary, block.half_open_at_most) == ("count", 4, "exclusive", 0)


def test_a_preset_that_is_none_and_a_kind_that_it_is_not_are_refused() -> None:
    with pytest.raises(Exception, match="no such retry preset 'aws'"):
        scenarios.load("first_day", ["designs.standard.retry={preset: aws}"])
    with pytest.raises(Exception, match="preset 'resilience4j-2' is of kind 'count'"):
        scenarios.load("first_day", ["designs.standard.breaker={preset: resilience4j-2, kind: time}"])


def test_a_process_that_dies_forgets_every_partner_it_calls() -> None:
    """Each interface that the process calls, the customer portal's too: its waiting events and its policies' state."""
    settings = (
        "horizon=2h",
        'start.at="2026-03-03T10:00"',
        "designs.standard.breaker={kind: count, window: 10, minimum: 10, failures: 50%}",
        "faults=[{name: dies, kind: P1, target: middleware, trigger: {at: 1h}}]",
    )
    scenario = scenarios.load("parcels", settings)
    world = build(scenario, "standard", 5, Recorder(), stops=True)
    world.timeline.run(until=HOUR - 1)
    (portal,) = [client for client in world.clients if client.name == "middleware/portal"]
    event = MilestoneReached(id=77, channel=0, audience="portal", tracking=1, word="IN_TRANSIT", at=0)
    portal.backlog.append(event)
    world.timeline.run(until=HOUR + 1)
    ages = {client.name: client.standing.age for client in world.clients if isinstance(client, CarefulClient)}
    assert len(ages) >= 8 and set(ages.values()) == {1}
    assert portal.backlog == deque() and portal.dropped == 1
