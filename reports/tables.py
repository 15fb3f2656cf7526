"""Tables of a result as plain text cells: measures by design, what is decided, what was claimed, and one small picture.

Nothing here knows a terminal: whoever shows a table chooses its borders.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from twin.experiment.comparison import Comparison, Difference, Estimate, number
from twin.experiment.expectations import Verdict
from twin.world.result import RunResult

BAR_CELLS: Final = 40
"""The length of the longest bar of the picture, in characters."""
STAGES: Final = ("orders_placed", "orders_accepted", "orders_shipped", "orders_closed")
"""What an order goes through, from its placing to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as text: a title, the heads of its columns, and rows as long as the heads."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def stacked(tables: Mapping[str, Table]) -> Table:
    """Return the tables of several designs, of one shape, as one with the design in front; of one design, its own."""
    first = next(iter(tables.values()))
    if len(tables) == 1:
        return first
    rows = tuple((design, *row) for design, table in tables.items() for row in table.rows)
    return Table(title=first.title, heads=("design", *first.heads), rows=rows)


def measures(comparison: Comparison, *, everything: bool = False) -> Table:
    """Show the reported measures (or every one) by design: mean, and the 95 % interval in brackets."""
    kpis = comparison.reported
    if everything or not kpis:
        kpis = tuple(dict.fromkeys(kpi for estimates in comparison.estimates.values() for kpi in estimates))
    rows = []
    for kpi in kpis:
        estimates = [comparison.estimates[design].get(kpi) for design in comparison.designs]
        unit = next((estimate.unit for estimate in estimates if estimate is not None), "")
        rows.append((kpi, unit, *(estimate_cell(estimate) for estimate in estimates)))
    reps = len(comparison.rounds)
    title = "one run, so no intervals" if reps == 1 else f"mean (95 % interval) of {reps} runs"
    return Table(title=title, heads=("measure", "unit", *comparison.designs), rows=tuple(rows))


def decisions(differences: Sequence[Difference], most: int | None = None) -> tuple[str, ...]:
    """Say for each difference whether more runs would change the decision; nothing without differences.

    Measures by label, and those that a design has no value of, are left out; pairs that do not differ share a line.
    `most` lines are written, and how many more there are.
    """
    plain = [each for each in differences if "{" not in each.kpi] or list(differences)
    known = [each for each in plain if each.mean is not None]
    told = [f"  {each.kpi}: {each.sentence}" for each in known if not each.is_none]
    if not known:
        return ()
    if all(each.significant is None for each in known):
        return ("One run cannot tell the designs from chance; at least one more is needed.",)
    kept = told if most is None or len(told) <= most + 1 else told[:most]
    more = [f"  and {len(told) - len(kept)} more, all in kpis.json (differences)"] if len(kept) < len(told) else []
    return ("Would more runs change the decision?", *kept, *more, *_same(known))


def _same(known: Sequence[Difference]) -> tuple[str, ...]:
    """Say in one line which measures were the same in every run, of all pairs of designs or of some."""
    pairs: dict[str, list[bool]] = {}
    for each in known:
        pairs.setdefault(each.kpi, []).append(each.is_none)
    same = [
        kpi if all(found) else f"{kpi} ({sum(found)} of {len(found)} pairs)"
        for kpi, found in pairs.items()
        if any(found)
    ]
    return (f"  The same in every run so far: {', '.join(same)}.",) if same else ()


def verdicts(judged: Sequence[Verdict]) -> Table:
    """Show what was claimed and whether the runs bear it out."""
    return Table(
        title="claims",
        heads=("verdict", "name", "claim", "found", "more runs"),
        rows=tuple(
            (verdict.word, verdict.claim.name, verdict.claim.sentence, _found(verdict), _more(verdict))
            for verdict in judged
        ),
    )


def violations(runs: Sequence[RunResult]) -> Table:
    """Show broken invariants by design: how often (each run tells only the first of them), and whether given up."""
    counts: dict[tuple[str, str, str], int] = {}
    for run in runs:
        for broken, word in ((run.violations, "broken"), (run.declared, "given up")):
            listed = Counter(str(violation.get("invariant", "?")) for violation in broken)
            for invariant, told in listed.items():
                key = (run.design, invariant, word)
                times = run.kpis.get(f"violations{{invariant={invariant}}}")
                counts[key] = counts.get(key, 0) + int(times or told)
    return Table(
        title="invariants",
        heads=("design", "invariant", "", "times"),
        rows=tuple((*key, number(count)) for key, count in counts.items()),
    )


def picture(comparison: Comparison) -> tuple[str, ...]:
    """Draw a few bars; nothing when there is nothing to see.

    Several designs: the first reported measure, one bar for each. One design: how far its orders came.
    """
    if len(comparison.designs) == 1:
        estimates = comparison.estimates[comparison.designs[0]]
        stages = {stage: estimates[stage].mean for stage in STAGES if stage in estimates}
        return _bars("orders", {stage.removeprefix("orders_"): mean for stage, mean in stages.items()})
    if not comparison.reported:
        return ()
    kpi = comparison.reported[0]
    return _bars(kpi, {design: comparison.estimates[design][kpi].mean for design in comparison.designs})


def _bars(title: str, means: Mapping[str, float | None]) -> tuple[str, ...]:
    longest = max((mean for mean in means.values() if mean is not None), default=0.0)
    if longest <= 0:
        return ()
    wide = max(map(len, means))
    return (title, *(f"{name:>{wide}} {_bar(mean, longest)}" for name, mean in means.items()))


def _bar(mean: float | None, longest: float) -> str:
    if mean is None:
        return "no value"
    cells = max(0.0, mean / longest * BAR_CELLS)
    bar = "█" * int(cells) + ("▌" if cells % 1 >= 0.5 else "")
    return f"{bar or '▏'} {number(mean)}"


def cell_of(mean: float, ci95: tuple[float, float] | None) -> str:
    """Write a mean, and its 95 % interval in brackets."""
    return f"{number(mean)}{_interval(ci95)}"


def estimate_cell(estimate: Estimate | None) -> str:
    """Write an estimate, or that there is none."""
    if estimate is None or estimate.mean is None:
        return "no value"
    return cell_of(estimate.mean, estimate.ci95)


def _interval(ci95: tuple[float, float] | None) -> str:
    return "" if ci95 is None else f" ({number(ci95[0])} .. {number(ci95[1])})"


def _found(verdict: Verdict) -> str:
    if verdict.value is None:
        return "no value"
    law = "" if verdict.expected is None else f", expected {number(verdict.expected)}"
    short = f", {verdict.n} of {verdict.claim.seeds} seeds" if verdict.is_short else ""
    return f"{number(verdict.value)}{_interval(verdict.ci95)}{law}{short}"


def _more(verdict: Verdict) -> str:
    if verdict.holds is not None:
        return ""
    if verdict.n < 2:
        return "at least 1"
    return "out of reach" if verdict.more_runs is None else f"about {number(verdict.more_runs)}"
