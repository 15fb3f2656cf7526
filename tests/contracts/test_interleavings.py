"""Two workers on one store: whatever the order of their runs and commits, it is as if they had taken turns."""

import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.contracts import small_trade
from tests.contracts.shells import AT_HAND, SHELLS, Shell
from tests.contracts.small_trade import BOLTS, NUTS, received, shipped, submitted
from tests.contracts.workers import work_off
from twin.model.commands import CloseDue, HoldExpired
from twin.model.instant import Now
from twin.model.message import Message

OPENING = [received(1, BOLTS, 6), received(2, NUTS, 4)]
WORK: list[Message] = [
    received(10, BOLTS, 1),
    received(11, NUTS, 3),
    submitted(12, 5001, (BOLTS, 4), (NUTS, 1)),
    submitted(13, 5001, (BOLTS, 4), (NUTS, 1)),
    submitted(14, 5002, (NUTS, 4)),
    submitted(15, 5003, (BOLTS, 3)),
    shipped(16, 5001, 4, 1),
    shipped(17, 5002, 4),
    CloseDue(id=18, case=5001),
    CloseDue(id=19, case=5002),
    HoldExpired(id=20),
]


@contextmanager
def opened(kind: str) -> Iterator[Shell]:
    with tempfile.TemporaryDirectory() as folder:
        shell = SHELLS[kind](small_trade.procedures(), small_trade.rules(), Path(folder))
        for message in OPENING:
            shell.run(message, Now(elapsed=0, wall=0))
        yield shell
        shell.close()


@st.composite
def queues(draw: st.DrawFn) -> tuple[list[Message], list[Message]]:
    """Draw two workers' messages; some come to both, as a broker that missed an acknowledgement sends them again."""
    left = draw(st.lists(st.sampled_from(WORK), min_size=1, max_size=4))
    again = draw(st.lists(st.sampled_from(left), max_size=3))
    others = draw(st.lists(st.sampled_from(WORK), max_size=3))
    return left, draw(st.permutations(again + others))


TURNS = st.lists(st.integers(0, 1), max_size=30)


@pytest.mark.parametrize("kind", AT_HAND)
@settings(max_examples=100)
@example(queues=([HoldExpired(id=20)], [HoldExpired(id=20)]), turns=[0, 1, 0, 1])
@given(queues=queues(), turns=TURNS)
def test_any_interleaving_of_two_workers_equals_the_order_of_their_commits(
    kind: str, queues: tuple[list[Message], list[Message]], turns: list[int]
) -> None:
    equals_the_order_of_commits(kind, queues, turns)


@pytest.mark.postgres
@settings(max_examples=8)
@example(queues=([HoldExpired(id=20)], [HoldExpired(id=20)]), turns=[0, 1, 0, 1])
@given(queues=queues(), turns=TURNS)
def test_interleavings_of_two_workers_on_a_server_equal_the_order_of_their_commits(
    queues: tuple[list[Message], list[Message]], turns: list[int]
) -> None:
    equals_the_order_of_commits("postgres", queues, turns)


def equals_the_order_of_commits(kind: str, queues: tuple[list[Message], list[Message]], turns: list[int]) -> None:
    with opened(kind) as shell, opened("direct") as serial:
        done = work_off(shell, [deque(queue) for queue in queues], turns)
        assert len(done) == sum(map(len, queues))
        assert [serial.run(step.message, step.now) for step in done] == [step.outcome for step in done]
        assert shell.kept() == serial.kept()
