"""C2: retry budgets against a server that fails a share of all calls (mbrooker/simulator_example, retry_sim)."""

import math
from typing import Final

from twin.experiment.selfcheck.check import Runs, kpi
from twin.experiment.selfcheck.row import Exact, Mean, Row, Rule

PUBLISHED: Final = {
    0.05: {"budget": (0.99988, 1.0527), "breaker": (0.98733, 1.0381)},
    0.20: {"budget": (0.90555, 1.1349), "breaker": (0.80066, 1.0034)},
    0.50: {"budget": (0.56948, 1.1414), "breaker": (0.50339, 1.0000)},
}
"""Share of failures, design: success and load multiplier of one published run of about 10,000 calls."""
CALLS: Final = 10_000
"""Calls of one run: 100 clients, 10 a second each, for 10 s."""
ATTEMPTS: Final = 4
LAYERS: Final = 3
LAYER_ATTEMPTS: Final = 3


def checks(*, quick: bool) -> tuple[Runs, ...]:
    """Return the four designs at each share of failures, and the layers that multiply."""
    found, reps = [], 3 if quick else 20
    for failing, published in PUBLISHED.items():
        found.append(_check(reps, failing, "none", 1 - failing, 1.0, *_closed(failing, 1)))
        success, load = 1 - failing**ATTEMPTS, (1 - failing**ATTEMPTS) / (1 - failing)
        found.append(_check(reps, failing, "retries", success, load, *_closed(failing, ATTEMPTS)))
        for design, (success, load) in published.items():
            found.append(_check(reps, failing, design, success, load, Mean(single=True), Mean(single=True)))
    return (*found, _layers())


def _check(
    reps: int, failing: float, design: str, success: float, load: float, of_success: Rule, of_load: Rule
) -> Runs:
    name = f"C2 {failing:.0%} fail, {design}"
    return Runs(
        scenario="retry_budget",
        design=design,
        settings=(f"landscape.parties.server.errors={failing}",),
        reps=reps,
        rows=(
            Row(name=f"{name}: success", expected=success, unit="share", source="VALIDATION C2", rule=of_success),
            Row(name=f"{name}: load", expected=load, unit="ratio", source="VALIDATION C2", rule=of_load),
        ),
        reads=(kpi("success_share"), kpi("attempts_per_call")),
    )


def _closed(failing: float, attempts: int) -> tuple[Rule, Rule]:
    """Return the rules of success and attempts of a call that is tried so often, with their theoretical errors."""
    success = 1 - failing**attempts
    chances = [failing ** (n - 1) * (1 - failing) for n in range(1, attempts)] + [failing ** (attempts - 1)]
    mean = sum(n * chance for n, chance in enumerate(chances, start=1))
    square = sum(n * n * chance for n, chance in enumerate(chances, start=1))
    calls = 0.96 * CALLS  # their number is drawn too: this is four standard deviations below its mean
    return (
        Mean(error_of_one=math.sqrt(success * (1 - success) / calls)),
        Mean(error_of_one=math.sqrt(max(square - mean * mean, 0.0) / calls)),
    )


def _layers() -> Runs:
    name = f"C2 {LAYERS} layers of {LAYER_ATTEMPTS} attempts at a dead server: attempts"
    return Runs(
        scenario="nested_retries",
        design="layered",
        settings=(f"designs.layered.retry.attempts={LAYER_ATTEMPTS}",),
        reps=2,
        rows=(Row(name=name, expected=LAYER_ATTEMPTS**LAYERS, unit="ratio", source="VALIDATION C2", rule=Exact()),),
        reads=(kpi("attempts_per_request{link=middle/database}"),),
    )
