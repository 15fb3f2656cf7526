"""C7: a capacity cut and the collapse that outlives it, without a budget and with one."""

from typing import Final

from twin.experiment.selfcheck.check import Runs, kpi
from twin.experiment.selfcheck.row import Row, ShareOfRuns

LOADS: Final = (50, 80)
"""Calls a second at a server that serves 100."""
COLLAPSES: Final = {"retries": (0.9, True), "quota": (0.1, False), "ratio": (0.1, False)}
"""Design: the share of runs that collapse, and whether it is a least or a most."""
SHORT: Final = ("horizon=240s", "measures.windows.after={from: 200s, to: 235s}")


def checks(*, quick: bool) -> tuple[Runs, ...]:
    """Return one check for each load and each design."""
    return tuple(_check(load, design, quick=quick) for load in LOADS for design in COLLAPSES)


def _check(load: int, design: str, *, quick: bool) -> Runs:
    bound, at_least = COLLAPSES[design]
    words = "at least" if at_least else "at most"
    return Runs(
        scenario="metastable_grid",
        design=design,
        settings=(f"landscape.parties.users.open.rate={load}/s", *(SHORT if quick else ())),
        reps=3 if quick else 40,
        rows=(
            Row(
                name=f"C7 {load} % load, {design}: collapses, {words}",
                expected=bound,
                unit="share of runs",
                source="VALIDATION C7, RELIABILITY 3.6",
                rule=ShareOfRuns(at_least),
            ),
        ),
        reads=(kpi("collapsed"),),
    )
