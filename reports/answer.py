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
        return f"{design}: {words(kpi, found.unit)}: {estimate_cell(found)}."
    return _best(comparison, kpi)


def words(kpi: str, unit: str) -> str:
    """Write the key of a measure as words, with its unit where the name does not say it.

    >>> words("oversold_units", "units"), words("api_latency_s.p95{link=middleware/erp}", "s")
    ('oversold units', 'api latency p95 of middleware/erp (s)')
    """
    name, _, labels = kpi.partition("{")
    name, _, statistic = name.partition(".")
    told = f"{name.removesuffix(f'_{unit}') if unit == 's' else name}".replace("_", " ")
    of = ", ".join(label.partition("=")[2] for label in labels.rstrip("}").split(",") if label)
    told = " ".join(part for part in (told, statistic, f"of {of}" if of else "") if part)
    return told if unit == "count" or told.endswith(unit) else f"{told} ({unit})"


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
    least = min(sign * mean for mean in means.values())
    best = [design for design, mean in means.items() if sign * mean == least]
    told = "; ".join(f"{design} {cell_of(mean, estimates[design].ci95)}" for design, mean in means.items())
    measure = words(kpi, estimates[best[0]].unit)
    if len(best) == len(comparison.designs):
        return f"All designs have the same {measure}: {told}."
    against = [comparison.difference(kpi, a, b) for a in best for b in comparison.designs if b not in best]
    decided = all(each.significant for each in against)
    verdict = "Decided against every other design" if decided else "Not decided against every other design yet"
    have = f"{', '.join(best[:-1])} and {best[-1]} have" if len(best) > 1 else f"{best[0]} has"
    return f"{have} the {'least' if sign > 0 else 'most'} {measure}: {told}. {verdict}."
