"""A model of Polly's breaker: it keeps every outcome and looks at all of them at each question (POLICIES 1)."""

from hypothesis import given
from hypothesis import strategies as st

from policies.breaker import Ask, Over, Phase, PollyBreaker, Result
from twin.model.instant import SECOND

RULE = PollyBreaker(failures=0.5, minimum=3, sampling=10 * SECOND, open_for=5 * SECOND)


class Naive:
    """The docstring of the breaker without counters; a sub-window begins with the first event after the one before."""

    def __init__(self) -> None:
        self.phase, self.until = Phase.CLOSED, 0
        self.windows: list[tuple[int, list[bool]]] = []

    def count(self, now: int, failed: bool) -> None:
        if not self.windows or now - self.windows[-1][0] >= SECOND or now - self.windows[-1][0] >= 10 * SECOND:
            self.windows.append((now, []))
        self.windows[-1][1].append(failed)

    def ask(self, now: int) -> bool:
        if self.phase is Phase.OPEN and now >= self.until:
            self.phase = Phase.HALF_OPEN
            return True
        return self.phase is Phase.CLOSED

    def over(self, now: int, failed: bool) -> None:
        if self.phase is Phase.HALF_OPEN:
            self.phase, self.until = (Phase.OPEN, now + 5 * SECOND) if failed else (Phase.CLOSED, 0)
            self.windows = self.windows if failed else []
        elif self.phase is Phase.OPEN:
            if failed:
                self.count(now, failed)
        else:
            self.count(now, failed)
            seen = [each for begun, inside in self.windows if now - begun < 10 * SECOND for each in inside]
            if failed and len(seen) >= 3 and sum(seen) / len(seen) >= 0.5:
                self.phase, self.until = Phase.OPEN, now + 5 * SECOND


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 0, SECOND // 4, SECOND, 2 * SECOND, 6 * SECOND]), st.sampled_from("asfc")),
        max_size=150,
    )
)
def test_it_is_its_history_looked_at_anew(steps: list[tuple[int, str]]):
    """Letters: a asks; s, f and c end a call: well, with a failure, or cancelled, which is no handled failure."""
    model, state, now = Naive(), RULE.initial(), 0
    for gap, what in steps:
        now += gap
        if what == "a":
            state, ruling = RULE.step(state, Ask(now))
            assert ruling.allowed == model.ask(now)
        else:
            result = {"s": Result.OK, "f": Result.FAILED, "c": Result.CANCELLED}[what]
            state, _ = RULE.step(state, Over(now, state.epoch, result))
            model.over(now, what == "f")
        assert state.phase is model.phase
        if state.phase is Phase.OPEN:
            assert state.until == model.until
