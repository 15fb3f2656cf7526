"""The answer of a run or a comparison in one sentence, with its interval and whether it is decided."""

from collections.abc import Mapping, Sequence
from typing import Final

from reports.tables import cell_of, estimate_cell
from twin.experiment.comparison import Comparison

MORE_IS_BETTER: Final = (
    "fill_rate",
    "goodput_per_s",
    "orders_accepted",
    "orders_closed",
    "orders_shipped",
    "success_share",
    "throughput_per_s",
)
"""Measures of which one wants much; of every other one wants little."""


def answer(comparison: Comparison) -> str:
    """Say what the first reported measure is, and of several designs which one it is best in."""
    if not comparison.reported:
        return "The scenario reports no measure."
    kpi = comparison.reported[0]
    if len(comparison.designs) == 1:
        (design,) = comparison.designs
        found = comparison.estimates[design][kpi]
        if found.mean is None:
            return f"{design}: no run has a value of {kpi}."
        return f"{design}: {kpi} is {estimate_cell(found)} {found.unit}."
    return _best(comparison, kpi)


def claims(judged: Sequence[Mapping[str, object]]) -> str:
    """Say how many of the claims made before the runs hold; empty where none was made."""
    if not judged:
        return ""
    holds = sum(each["holds"] is True for each in judged)
    broken = [str(each["name"]) for each in judged if each["holds"] is False]
    rest = f"; refuted: {', '.join(broken)}" if broken else ""
    return f"{holds} of {len(judged)} claims made before the runs hold{rest}."


def _best(comparison: Comparison, kpi: str) -> str:
    sign = -1 if kpi.partition("{")[0] in MORE_IS_BETTER else 1
    estimates = {design: comparison.estimates[design][kpi] for design in comparison.designs}
    means = {design: each.mean for design, each in estimates.items() if each.mean is not None}
    if not means:
        return f"No run has a value of {kpi}."
    best = min(means, key=lambda design: sign * means[design])
    told = "; ".join(f"{design} {cell_of(mean, estimates[design].ci95)}" for design, mean in means.items())
    against = [comparison.difference(kpi, best, other) for other in comparison.designs if other != best]
    decided = all(each.significant for each in against)
    verdict = "Decided against every other design" if decided else "Not decided against every other design yet"
    return f"{best} has the {'least' if sign > 0 else 'most'} {kpi} ({estimates[best].unit}): {told}. {verdict}."
