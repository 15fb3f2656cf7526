"""Several limits at the same time (`AllOf`)."""

from dataclasses import dataclass
from typing import Literal

from policies.throttle.admission import NEVER, Admission, Held, State, Throttle


@dataclass(frozen=True, slots=True)
class AllOf:
    """Several limits that hold at the same time: a call passes when each admits it, and else uses up none of them.

    The state is that of each in turn, its length before it.
    """

    throttles: tuple[Throttle, ...]
    kind: Literal["all_of"] = "all_of"

    def initial(self) -> State:
        """Return the states of all before the first call."""
        return _joined([throttle.initial() for throttle in self.throttles])

    def admit(self, state: State, now: int, cost: int = 1) -> Admission:
        """Ask all; the wait is the longest one."""
        answers = [throttle.admit(own, now, cost) for throttle, own in zip(self.throttles, _parted(state), strict=True)]
        refusals = [answer.retry_after for answer in answers if not answer.admitted]
        if refusals:
            return Admission(state, False, NEVER if NEVER in refusals else max(refusals))
        return Admission(_joined([answer.state for answer in answers]), True)

    def release(self, state: State, cost: int = 1) -> State:
        """Give a call back to those of them that count calls in flight."""
        return _joined(
            [
                throttle.release(own, cost) if isinstance(throttle, Held) else own
                for throttle, own in zip(self.throttles, _parted(state), strict=True)
            ]
        )


def _joined(states: list[State]) -> State:
    return tuple([number for state in states for number in (len(state), *state)])


def _parted(state: State) -> list[State]:
    found = []
    start = 0
    while start < len(state):
        end = start + 1 + state[start]
        found.append(state[start + 1 : end])
        start = end
    return found
