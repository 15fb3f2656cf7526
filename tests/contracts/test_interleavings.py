"""Two workers on one store: whatever the order of their runs and commits, it is as if they had taken turns."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts import small_trade
from tests.contracts.shells import SHELLS, Prepared, Shell
from tests.contracts.small_trade import BOLTS, NUTS, received, shipped, submitted
from twin.middleware.unit import Conflict, Outcome
from twin.model.commands import CloseDue, HoldExpired
from twin.model.instant import Now
from twin.model.message import Message

START = 1_700_000_000_000_000
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
            shell.run(message, Now(elapsed=0, wall=START))
        yield shell
        shell.close()


class Worker:
    """Takes one step at a time: runs the next message, or commits what it ran and starts over after a conflict."""

    def __init__(self, shell: Shell, messages: list[Message], moments: Iterator[Now]) -> None:
        self.shell = shell
        self.messages = list(messages)
        self.moments = moments
        self.prepared: tuple[Prepared, Now] | None = None

    def step(self) -> tuple[Message, Now, Outcome] | None:
        """Return what was committed, and the moment of its run, if this step committed something."""
        if self.prepared is None:
            if self.messages:
                now = next(self.moments)
                self.prepared = self.shell.prepare(self.messages[0], now), now
            return None
        (prepared, now), self.prepared = self.prepared, None
        try:
            prepared.commit()
        except Conflict:
            return None
        return self.messages.pop(0), now, prepared.outcome


@st.composite
def queues(draw: st.DrawFn) -> tuple[list[Message], list[Message]]:
    """Draw two workers' messages; some come to both, as a broker that missed an acknowledgement sends them again."""
    left = draw(st.lists(st.sampled_from(WORK), min_size=1, max_size=4))
    again = draw(st.lists(st.sampled_from(left), max_size=3))
    others = draw(st.lists(st.sampled_from(WORK), max_size=3))
    return left, draw(st.permutations(again + others))


@pytest.mark.parametrize("kind", SHELLS)
@settings(max_examples=100)
@given(queues=queues(), turns=st.lists(st.booleans(), max_size=30))
def test_any_interleaving_of_two_workers_equals_the_order_of_their_commits(
    kind: str, queues: tuple[list[Message], list[Message]], turns: list[bool]
) -> None:
    left, right = queues
    with opened(kind) as shell, opened("direct") as serial:
        moments = (Now(elapsed=tick, wall=START + tick) for tick in count(1))
        workers = Worker(shell, left, moments), Worker(shell, right, moments)
        committed = [done for turn in turns if (done := workers[turn].step())]
        for worker in workers:
            while worker.messages:
                if done := worker.step():
                    committed.append(done)
        assert len(committed) == len(left) + len(right)
        assert [serial.run(message, now) for message, now, _ in committed] == [outcome for *_, outcome in committed]
        assert shell.kept() == serial.kept()
