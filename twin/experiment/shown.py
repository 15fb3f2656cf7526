"""How findings show themselves in a notebook: the reported measures by design, the verdicts, and what went wrong."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from twin.experiment.comparison import Comparison, Estimate, number, unit_of
from twin.experiment.vain import vain

if TYPE_CHECKING:
    from twin.experiment.results import Findings


def findings_html(findings: "Findings") -> str:
    """Write the comparison, then the verdicts, then what stopped, what was broken and whether runs are missing."""
    runs = findings.comparison.runs
    verdicts = [
        (verdict.claim.name, verdict.claim.sentence, verdict.word)
        for verdict in (*findings.expectations, *findings.slo)
    ]
    broken = sum(run.broken for run in runs)
    notes = [
        f"{run.design}, seed {run.seed}: stopped on a broken invariant." for run in runs if run.stopped is not None
    ]
    notes += [f"{each.sentence[0].upper()}{each.sentence[1:]}." for each in vain(runs)]
    notes += [f"Broken invariants: {broken:,}."] if broken else []
    notes += ["Interrupted: later replications are missing."] if findings.interrupted else []
    return "".join(
        (
            _measures(findings.comparison),
            html_table(("name", "claim", "verdict"), verdicts) if verdicts else "",
            *(f"<p>{escape(note)}</p>" for note in notes),
        )
    )


def _measures(comparison: Comparison) -> str:
    """Write one row for each reported measure and one column for each design."""
    rows = [
        (kpi, unit_of(comparison.runs, kpi), *(_estimate(kpis.get(kpi)) for kpis in comparison.estimates.values()))
        for kpi in comparison.reported
    ]
    return html_table(("measure", "unit", *comparison.designs), rows)


def _estimate(estimate: Estimate | None) -> str:
    """Write a mean, or the median of a time that may not end, with its 95 % interval; a dash for no value."""
    if estimate is None or estimate.mean is None:
        return "-"
    if estimate.ci95 is None:
        return number(estimate.mean)
    low, high = estimate.ci95
    return f"{number(estimate.mean)} ({number(low)} .. {number(high)})"


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of texts."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
