"""Several limits at the same time (`AllOf`)."""

from dataclasses import dataclass
from typing import Literal

from policies.throttle.admission import NEVER, Admission, State, Throttle


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
        answers = []
        start = 0
        for throttle in self.throttles:
            end = start + 1 + state[start]
            answers.append(throttle.admit(state[start + 1 : end], now, cost))
            start = end
        refusals = [answer.retry_after for answer in answers if not answer.admitted]
        if refusals:
            return Admission(state, False, NEVER if NEVER in refusals else max(refusals))
        return Admission(_joined([answer.state for answer in answers]), True)


def _joined(states: list[State]) -> State:
    return tuple([number for state in states for number in (len(state), *state)])
