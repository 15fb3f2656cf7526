"""What kills systems is warned of with its numbers, by `check` and in no scenario that does not have it."""

from pathlib import Path

import pytest

import scenarios
from twin.cli import main
from twin.errors import Problem
from twin.world.run import run_once

INTENDED = {"nested_retries": ["designs.layered.retry"]}
"""Shipped scenarios that ask for a danger, and of what they are warned."""


def warned(name: str, *settings: str) -> list[Problem]:
    problems = scenarios.check(name, settings)
    assert {problem.level for problem in problems} <= {"warning"}
    return problems


@pytest.mark.parametrize("name", scenarios.names())
def test_a_shipped_scenario_has_no_danger_but_the_one_that_it_asks_for(name: str) -> None:
    assert [problem.path for problem in warned(name)] == INTENDED.get(name, [])


@pytest.mark.parametrize(
    ("name", "safe", "dangerous", "path", "numbers"),
    [
        (
            "web_latency",  # users wait 1m for the app
            "landscape.parties.app.calls[0].timeout=1m",
            "landscape.parties.app.calls[0].timeout=61s",
            "landscape.parties.app.calls[0].timeout",
            ("1m1s for disk", "users has gone after 1m:"),
        ),
        (
            "web_latency",  # each attempt is waited for 1m, and there is one
            "landscape.parties.users.calls[0].deadline=1m",
            "landscape.parties.users.calls[0].deadline=59s",
            "landscape.parties.users.calls[0].timeout",
            ("1m against 59s",),
        ),
        (
            "metastable_grid",  # three attempts of 1s, waits of 100ms and 200ms
            "designs.quota.deadline=3300ms",
            "designs.quota.deadline=3299ms",
            "designs.quota.retry",
            ("3 attempts of 1s on users/server", "up to 300ms need 3s300ms", "deadline 3s299ms"),
        ),
        (
            "metastable_grid",
            "designs.none.hedge={kind: after, after: 999ms}",
            "designs.none.hedge={kind: after, after: 1s}",
            "designs.none.hedge",
            ("a copy goes out after 1s", "given up after 1s or less (users/server)"),
        ),
        (
            "metastable_grid",  # the last of four attempts begins 3 x 1s + 700ms after the first
            "landscape.parties.server.idempotency={kind: keys, retention: 3700ms}",
            "landscape.parties.server.idempotency={kind: keys, retention: 3699ms}",
            "landscape.parties.server.idempotency",
            ("server forgets a key after 3s699ms", "design retries on users/server", "may go on for 3s700ms"),
        ),
        (
            "first_day",  # the last of four attempts begins 3 x 15m + 700ms after the first
            "landscape.parties.erp.idempotency={kind: keys, retention: 45m700ms}",
            "landscape.parties.erp.idempotency={kind: keys, retention: 45m699ms}",
            "landscape.parties.erp.idempotency",
            ("erp forgets a key after 45m699ms", "may go on for 45m700ms"),
        ),
        (
            "metastable_grid",
            "designs.none.deadline=1s",
            "designs.none.deadline=999ms",
            "designs.none.deadline",
            ("1s on users/server against 999ms",),
        ),
        (
            "first_day",  # the ERP is waited for 15m
            "designs.standard.deadline=61m",  # four attempts and their waits fit
            "designs.standard.deadline=14m",
            "designs.standard.deadline",
            ("15m on middleware/erp against 14m",),
        ),
        (
            "metastable_grid",
            "designs.none.breaker={kind: polly, open_for: 1s}",
            "designs.none.breaker={kind: polly, open_for: 900ms}",
            "designs.none.breaker.open_for",
            ("waits 900ms", "1s on users/server"),
        ),
        (
            "first_day",
            "designs.standard.breaker={kind: count, open_for: 15m}",
            "designs.standard.breaker={kind: count}",
            "designs.standard.breaker",
            ("waits 1m ", "15m on middleware/erp"),
        ),
        (
            "web_latency",  # two layers, none of which retries
            "designs.plain.retry={kind: fixed, attempts: 2, base: 1s}",
            "designs.plain.retry={kind: fixed, attempts: 3, base: 1s}",
            "designs.plain.retry",
            ("3 attempts at each of 2 layers are up to 9", "users > app > disk", "A_max 4"),
        ),
        (
            "first_day",  # a storefront's order is read again after 15m, at the next scan 15m later at most
            "designs.standard.sequencing.inbox_kept=31m",
            "designs.standard.sequencing.inbox_kept=30m",
            "designs.standard.sequencing",
            ("30m against 15m of storefront and 15m to the next scan",),
        ),
        (
            "peak_season",  # a file is sent again 5 times, each a day after the last; the mailbox is read every 15m
            "designs.*.sequencing.inbox_kept=5d16m",
            "designs.standard.sequencing.inbox_kept=5d15m",
            "designs.standard.sequencing",
            ("5d15m against 5d of edi and 15m to the next poll",),
        ),
        (
            "first_day",  # marketplace A is polled every 2m
            "channels.marketplace_a.promise={acknowledge: 2m}",
            "channels.marketplace_a.promise={acknowledge: 1m}",
            "channels.marketplace_a.intake",
            ("every 2m", "within 1m (channels.marketplace_a.promise.acknowledge)"),
        ),
        (
            "peak_season",  # the mailbox is read every 15m
            "channels.edi.promise={acknowledge: 15m}",
            "channels.edi.promise={acknowledge: 10m}",
            "landscape.parties.edi.poll_every",
            ("every 15m", "within 10m (channels.edi.promise.acknowledge)"),
        ),
    ],
)
def test_a_danger_is_warned_of_with_its_numbers_and_its_limit_is_not(
    name: str, safe: str, dangerous: str, path: str, numbers: tuple[str, ...]
) -> None:
    assert warned(name, safe) == []
    (found,) = warned(name, dangerous)
    assert found.path.startswith(path)
    assert [number for number in numbers if number not in found.message] == []


def test_more_attempts_are_allowed_once_they_are_declared() -> None:
    assert warned("nested_retries", "checks.A_max=27") == []
    (found,) = warned("nested_retries", "checks.A_max=26")
    assert "up to 27 for one call (users > front > middle > database)" in found.message


def test_a_layer_that_does_not_retry_does_not_multiply() -> None:
    """Of three layers one makes its call once: three attempts at each of the others are nine, measured and bounded."""
    off = "landscape.parties.front.calls[0].retries=false"
    assert warned("nested_retries", off, "checks.A_max=9") == []
    (found,) = warned("nested_retries", off, "checks.A_max=8")
    assert "3 attempts at each of 2 layers are up to 9" in found.message
    run = run_once(scenarios.load("nested_retries", [off]), "layered", 1).kpis
    link = "{link=middle/database}"
    assert run[f"attempts_per_request{link}"] == run[f"attempts_bound{link}"] == 9


def test_copies_of_a_hedge_multiply_too() -> None:
    """Two attempts at each of three layers are 8; with a copy of each of them they are 64."""
    hedged = "designs.layered.hedge={kind: after, after: 50ms}"
    two = ("designs.layered.retry.attempts=2", "checks.A_max=8")
    assert warned("nested_retries", *two) == []
    (found,) = warned("nested_retries", *two, hedged)
    assert "4 attempts at each of 3 layers are up to 64" in found.message


def test_one_layer_may_try_as_often_as_it_likes() -> None:
    assert warned("metastable_grid", "designs.retries.retry.attempts=40") == []


def test_strict_makes_a_danger_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["check", "nested_retries"]
    assert (main(words), main([*words, "--strict"])) == (0, 3)
    assert capsys.readouterr().out.count("checks.A_max 4") == 2


@pytest.mark.parametrize(
    ("kind", "trigger", "key"), [("N1", "{nth: 3}", "nth"), ("P1", "{point: after_commit, nth: 3}", "point")]
)
def test_compare_refuses_a_fault_at_the_nth_message_and_run_takes_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str, trigger: str, key: str
) -> None:
    """Aim: SCENARIO 3. Designs send different messages, so the n-th is another one in each."""
    target = "middleware/erp" if kind == "N1" else "middleware"
    fault = f"faults=[{{name: odd, kind: {kind}, target: {target}, trigger: {trigger}}}]"
    words = (
        "first_day",
        "--small",
        "--set",
        fault,
        "--set",
        "horizon=10m",
        "--reps",
        "1",
        "--out",
        str(tmp_path / "out"),
    )
    assert main(["compare", *words]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert f"compare refuses fault 'odd' with its trigger '{key}'" in said.err
    assert main(["run", *words, "--no-history"]) == 0
