"""Claims about the retry, budget and breaker of a design at work in a whole world."""

import pytest

import scenarios
from twin.world.result import RunResult
from twin.world.run import run_once

LOSSY = ("horizon=4h", "landscape.links.middleware/erp={lost: 20%}")


def day(**slots: str) -> RunResult:
    """Run the first hours of the ordinary day on a lossy link to the ERP, with slots of the design in YAML."""
    settings = [*LOSSY, *(f"designs.standard.{slot}={value}" for slot, value in slots.items())]
    return run_once(scenarios.load("first_day", settings), "standard", 5, on_violation="report")


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


def test_a_budget_takes_retries_away(plain: RunResult) -> None:
    link = "attempts_per_call{link=middleware/erp}"
    poor = day(budget="{kind: ratio, deposit: 1%, capacity: 1, start: empty}")
    assert plain.kpis[link] > 1.1 > 1.02 > poor.kpis[link]


def test_a_breaker_that_opens_is_measured(plain: RunResult) -> None:
    careful = day(breaker="{kind: count, window: 10, minimum: 10, failures: 40%, open_for: 2m}")
    assert plain.kpis["breaker_open_s"] == 0
    assert careful.kpis["breaker_open_s"] > 120


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
