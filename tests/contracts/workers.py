"""Workers that share a store and take one step at a time, so that a test decides whose step is next."""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from tests.contracts.shells import Prepared, Shell
from twin.middleware.unit import Conflict, Outcome
from twin.model.instant import MINUTE, Now
from twin.model.message import Message

START = 1_700_000_000_000_000


class Done(NamedTuple):
    """A message, the moment of the run that was committed, and its outcome."""

    message: Message
    now: Now
    outcome: Outcome


class Worker:
    """Runs the next message of its queue in one step, commits it in another; after a conflict it runs it anew."""

    def __init__(self, shell: Shell, queue: deque[Message], moments: Iterator[Now]) -> None:
        self.shell = shell
        self.queue = queue
        self.moments = moments
        self.message: Message | None = None
        self.prepared: tuple[Prepared, Now] | None = None

    def step(self) -> Done | None:
        """Return what this step has committed, if it has."""
        if self.message is None:
            if not self.queue:
                return None
            self.message = self.queue.popleft()
        if self.prepared is None:
            now = next(self.moments)
            self.prepared = self.shell.prepare(self.message, now), now
            return None
        (prepared, now), self.prepared = self.prepared, None
        try:
            prepared.commit()
        except Conflict:
            return None
        message, self.message = self.message, None
        return Done(message, now, prepared.outcome)

    def busy(self) -> bool:
        """Tell whether a step would do anything."""
        return self.message is not None or bool(self.queue)


def work_off(shell: Shell, queues: Sequence[deque[Message]], turns: Sequence[int]) -> list[Done]:
    """Let a worker per queue step in the order of `turns`, then to the end; return the commits in their order."""
    moments = (Now(elapsed=tick * MINUTE, wall=START + tick * MINUTE) for tick in count(1))
    workers = [Worker(shell, queue, moments) for queue in queues]
    done = [step for turn in turns if (step := workers[turn % len(workers)].step())]
    for worker in workers:
        while worker.busy():
            if step := worker.step():
                done.append(step)
    return done
