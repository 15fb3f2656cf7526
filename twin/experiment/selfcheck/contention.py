"""C1: back-off under contention, against the published simulator (aws-samples/aws-arch-backoff-simulator)."""

from typing import Final

from twin.experiment.selfcheck.check import Runs, kpi
from twin.experiment.selfcheck.row import Mean, Row
from twin.experiment.statistics import normal_quantile
from twin.world.result import RunResult

REFERENCE: Final = {
    10: {
        "none": ((381, 6), (51.0, 0.8)),
        "exponential": ((3555, 253), (51.2, 0.8)),
        "equal": ((712, 36), (42.0, 0.5)),
        "full": ((461, 21), (38.8, 0.4)),
        "decorrelated": ((426, 14), (37.6, 0.4)),
    },
    50: {
        "none": ((1136, 9), (688.5, 3.3)),
        "exponential": ((36339, 650), (624.6, 6.1)),
        "equal": ((4299, 96), (347.5, 1.1)),
        "full": ((2915, 112), (333.3, 0.9)),
        "decorrelated": ((2219, 95), (374.9, 2.6)),
    },
    100: {
        "none": ((2033, 8), (2424.2, 6.4)),
        "exponential": ((63698, 711), (1863.0, 11.5)),
        "equal": ((6512, 124), (811.8, 1.5)),
        "full": ((4832, 110), (794.9, 1.3)),
        "decorrelated": ((4575, 121), (999.6, 5.5)),
    },
}
"""Writers, back-off: time in ms and writes, each with the half-width of its 95 % interval over 100 trials."""


def checks(*, quick: bool) -> tuple[Runs, ...]:
    """Return one check for each number of writers and each back-off."""
    return tuple(
        _check(writers, design, 6 if quick else 100) for writers, designs in REFERENCE.items() for design in designs
    )


def _check(writers: int, design: str, reps: int) -> Runs:
    time, writes = REFERENCE[writers][design]
    row = f"C1 {writers} writers, {design}"
    return Runs(
        scenario="backoff_contention",
        design=design,
        settings=(f"landscape.parties.writers.count={writers}",),
        reps=reps,
        rows=(_row(f"{row}: time", *time, "ms"), _row(f"{row}: writes", *writes, "count")),
        reads=(_last_answer_ms, _writes),
    )


def _row(name: str, expected: float, half_width: float, unit: str) -> Row:
    error = half_width / normal_quantile(0.975)
    return Row(name=name, expected=expected, unit=unit, source="VALIDATION C1", rule=Mean(reference=error))


def _last_answer_ms(run: RunResult) -> float | None:
    last = kpi("latency_s.max")(run)
    return None if last is None else 1_000 * last


def _writes(run: RunResult) -> float | None:
    tries, writers = run.kpis["tries_per_request"], run.kpis["requests"]
    return None if tries is None or writers is None else tries * writers
