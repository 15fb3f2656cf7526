"""The middleware's own procedures leave the same day behind in every shell, whatever dies or comes twice."""

import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts import real_day
from tests.contracts.real_day import Given
from tests.contracts.shells import AT_HAND, KINDS, SHELLS, Shell
from tests.contracts.workers import work_off
from twin.middleware.dispatch import Procedures
from twin.middleware.procedures import standard


@pytest.fixture(scope="module")
def procedures() -> Procedures:
    return standard()


@pytest.fixture(scope="module")
def script() -> list[Given]:
    return real_day.script()


@contextmanager
def opened(kind: str, procedures: Procedures) -> Iterator[Shell]:
    with tempfile.TemporaryDirectory() as folder:
        shell = SHELLS[kind](procedures, real_day.rules(), Path(folder))
        shell.fill(real_day.stock_items)
        yield shell
        shell.close()


@pytest.fixture(params=KINDS)
def shell(request: pytest.FixtureRequest, procedures: Procedures) -> Iterator[Shell]:
    with opened(request.param, procedures) as shell:
        yield shell


@pytest.fixture
def reference(procedures: Procedures) -> Iterator[Shell]:
    with opened("direct", procedures) as shell:
        yield shell


def test_the_day_meets_every_message_that_partners_and_timers_bring(script: list[Given]) -> None:
    """Without this, shells that were asked nothing would be equal as well."""
    kinds = {type(message).__name__ for message, _ in script}
    assert kinds == {
        "CancelOrder",
        "CloseDue",
        "ErpConfirmed",
        "EvaluatePublication",
        "HoldExpired",
        "HoldReleased",
        "OrderInvoiced",
        "PartnerBack",
        "PartnerSilent",
        "PublicationAnswered",
        "RecheckDue",
        "ReleaseCancelled",
        "ShipmentConfirmed",
        "SiteReviewDue",
        "StockAdjusted",
        "StockCounted",
        "StockReceived",
        "StreamGapDue",
        "SubmitOrder",
        "SupplyAnnounced",
        "SupplyGranted",
    }


def test_the_day_leaves_the_same_outcomes_rows_outbox_and_timers_in_every_shell(
    shell: Shell, reference: Shell, script: list[Given]
) -> None:
    for message, now in script:
        assert shell.run(message, now) is reference.run(message, now), message
    assert shell.kept() == reference.kept()


@pytest.mark.parametrize(
    "shell", [*AT_HAND, pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])], indirect=True
)
def test_a_crash_before_any_call_of_any_message_leaves_nothing_and_the_next_delivery_everything(
    shell: Shell, reference: Shell, script: list[Given]
) -> None:
    once = [given for number, given in enumerate(script) if given not in script[:number]]
    for message, now in once:
        before = shell.kept()
        calls = 1
        while shell.die(message, now, calls):
            assert shell.kept() == before, f"{message} died before call {calls}"
            calls += 1
        reference.run(message, now)
        assert shell.kept() == reference.kept(), message


def test_a_message_that_comes_again_changes_nothing(shell: Shell, script: list[Given]) -> None:
    for message, now in script:
        outcome = shell.run(message, now)
        if message.id in shell.kept().rows["inbox"]:
            after = shell.kept()
            assert shell.run(message, now) is outcome
            assert shell.kept() == after


TURNS = st.lists(st.integers(0, 2), max_size=150)


@pytest.mark.parametrize("kind", AT_HAND)
@settings(max_examples=25)
@given(turns=TURNS)
def test_three_workers_on_one_queue_leave_what_the_order_of_their_commits_leaves(
    kind: str, procedures: Procedures, script: list[Given], turns: list[int]
) -> None:
    leave_what_the_order_of_commits_leaves(kind, procedures, script, turns)


@pytest.mark.postgres
@settings(max_examples=2)
@given(turns=TURNS)
def test_three_workers_on_a_server_leave_what_the_order_of_their_commits_leaves(
    procedures: Procedures, script: list[Given], turns: list[int]
) -> None:
    leave_what_the_order_of_commits_leaves("postgres", procedures, script, turns)


def leave_what_the_order_of_commits_leaves(
    kind: str, procedures: Procedures, script: list[Given], turns: list[int]
) -> None:
    with opened(kind, procedures) as shell, opened("direct", procedures) as serial:
        queue = deque(message for message, _ in script)
        done = work_off(shell, [queue, queue, queue], turns)
        assert len(done) == len(script)
        assert [serial.run(step.message, step.now) for step in done] == [step.outcome for step in done]
        assert shell.kept() == serial.kept()
