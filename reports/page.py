"""The report: one self-contained page in the order in which a director reads, then the technical half.

It is made from a run folder alone, so it can be made again at any time. Nothing on the page is fetched: styles, script,
figures and the explorer's data are inside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup
from matplotlib.figure import Figure

import scenarios
from reports import compare, explorer, sections, tables, timeline, topology
from reports.document import image
from reports.tables import Table
from twin.experiment.comparison import Comparison, number
from twin.experiment.reading import Folder
from twin.experiment.statistics import Interval, t_interval
from twin.experiment.trace import Record, Trace, record_of
from twin.model.instant import SECOND

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

PARTS: Final = (
    ("answer", "Answer"),
    ("breaks", "What breaks first"),
    ("affected", "Who is affected"),
    ("costs", "Costs"),
    ("time", "Over time"),
    ("technical", "Technical"),
    ("verdicts", "Verdicts"),
    ("explorer", "Trace explorer"),
    ("basis", "Basis"),
)
TECHNICAL: Final = (
    (
        "throughput and failures",
        ("throughput_per_s", "failed_transformations", "dlq_length", "illegal_transitions", "conflicts"),
    ),
    ("refusals and breakers", ("throttled_calls", "breaker_open_s")),
    ("queues", ("queue_length",)),
    ("inventory in step", ("drift_units", "ghost_stock_units", "availability_age_s", "lineage_gaps")),
    ("orders", ("capture_latency_s", "order_cycle_s", "order_age_s", "milestone_lag_s")),
    ("people", ("order_fallout", "manual_touches", "operator_hours", "floor_use")),
)
"""Tables of the technical half: a title, and the measures in it, each with its labels and statistics."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure on the page, and its file beside it."""

    name: str
    figure: Figure
    caption: str

    @property
    def svg(self) -> Markup:
        """The figure as it stands in the page: labelled for screen readers, without the head of a file."""
        text = image(self.figure, "svg").decode()
        body = text[text.index("<svg") :]
        return Markup(body.replace("<svg", f'<svg role="img" aria-label="{Markup.escape(self.caption)}"', 1))


@dataclass(frozen=True, slots=True)
class Page:
    """A report, and what belongs beside it: its figures, and its tables as rows of text."""

    html: str
    pictures: tuple[Picture, ...]
    tables: Mapping[str, Table]


def page(folder: Folder) -> Page:
    """Make the report of a run or a comparison.

    Raises:
        UsageError: the folder has no recorded events.
        ScenarioError: the scenario in its manifest does not hold together any more.
    """
    manifest, comparison = folder.manifest, folder.comparison
    scenario = scenario_of(folder)
    records = [record_of(manifest, design) for design in manifest.designs]
    span = int(comparison.runs[0].sim_s * SECOND)
    windows = _windows(scenario, span)
    first = [Picture("compare", compare.figure(comparison), compare.CAPTION)] if len(comparison.designs) > 1 else []
    lines = [
        Picture(f"time-{r.design}", timeline.figure(r, manifest.name, manifest.seed, span, windows), _over_time(r))
        for r in records
    ]
    maps = [
        Picture(f"parties-{r.design}", topology.figure(r, manifest.name, manifest.seed), _between(r))
        for r in records[:1]
    ]
    held = [(explorer.choose(record, len(records)), record) for record in records]
    data = explorer.packed([(chosen, record.traces(list(chosen.why))) for chosen, record in held])
    costs = _costs(scenario, comparison)
    shown = {
        "measures": tables.measures(comparison),
        "costs": costs,
        "invariants": _invariants(scenario, comparison),
        "claims": _claims(folder),
        "ageing": sections.ageing(records),
        "assumptions": _assumptions(scenario),
        "all-measures": tables.measures(comparison, everything=True),
    }
    technical = [_kpis(comparison, title, names) for title, names in TECHNICAL]
    html = _template("report.html.j2").render(
        title=f"{manifest.name}: {' against '.join(comparison.designs)}"
        if len(comparison.designs) > 1
        else manifest.name,
        parts=PARTS,
        css=Markup(_file("page.css")),
        script=Markup(_file("explorer.js")),
        question=scenario.question,
        answer=answer(comparison),
        first_figures=first,
        measures=shown["measures"],
        decisions=[line.strip() for line in tables.decisions(comparison.differences)[1:]],
        breaks=[(r.design, sections.breaks(r)) for r in records],
        affected=[(r.design, sections.affected(r), sections.warehouses(r)) for r in records],
        affected_note="Orders carry no customer in this model, so harm is counted by order, channel and warehouse.",
        costs=costs,
        costs_note="Prices times measures, means over replications; every price is a setting (costs: in the scenario).",
        timelines=lines,
        topologies=maps,
        technical=[table for table in (_interfaces(comparison), *technical, shown["ageing"]) if table.rows],
        invariants=shown["invariants"],
        claims=shown["claims"],
        explorer_notes=[_held(chosen, record) for chosen, record in held],
        limits=folder.document["limits"],
        command=_command(folder),
        versions=_versions(folder),
        assumptions=shown["assumptions"],
        footer=f"Made by distribution-twin {metadata.version('distribution-twin')} from {manifest.digest}",
        data=data,
    )
    return Page(html, (*first, *lines, *maps), shown)


def answer(comparison: Comparison) -> str:
    """Say the answer in one sentence with its interval: the first reported measure, and who has least of it."""
    if not comparison.reported:
        return "The scenario reports no measure."
    kpi = comparison.reported[0]
    if len(comparison.designs) == 1:
        (design,) = comparison.designs
        found = comparison.estimates[design][kpi]
        if found.mean is None:
            return f"{design}: no run has a value of {kpi}."
        return f"{design}: {kpi} is {tables.cell_of(found.mean, found.ci95)} {found.unit}."
    means = {design: comparison.estimates[design][kpi] for design in comparison.designs}
    known = {design: each for design, each in means.items() if each.mean is not None}
    best = min(known, key=lambda design: known[design].mean or 0.0, default=None)
    if best is None:
        return f"No run has a value of {kpi}."
    told = "; ".join(
        f"{design} {tables.cell_of(each.mean, each.ci95)}" for design, each in known.items() if each.mean is not None
    )
    against = [comparison.difference(kpi, best, other) for other in comparison.designs if other != best]
    decided = all(each.significant for each in against)
    verdict = "decided against every other design" if decided else "not decided against every other design yet"
    return f"{best} has the least {kpi} ({next(iter(known.values())).unit}): {told}. {verdict.capitalize()}."


def path_page(trace: Trace) -> str:
    """Make a page with the path of one order alone."""
    chosen = explorer.Chosen({trace.id: ("asked for",)}, {}, 1)
    return _template("path.html.j2").render(
        title=f"{trace.name} under {trace.design}",
        css=Markup(_file("page.css")),
        script=Markup(_file("explorer.js")),
        data=explorer.packed([(chosen, [trace])]),
    )


def scenario_of(folder: Folder) -> "Scenario":
    """Load the scenario that a folder was made from, as its manifest has it."""
    manifest = folder.manifest
    shipped = manifest.name in scenarios.names() and Path(manifest.file).stem == manifest.name
    return scenarios.load(
        manifest.name if shipped else manifest.file, manifest.overrides, manifest.small, text=manifest.text
    )


def _windows(scenario: "Scenario", span: int) -> list[timeline.Window]:
    """Return when faults were on, as far as the scenario says it in time."""
    found = []
    for fault in scenario.faults:
        at = getattr(fault.trigger, "at", None)
        if isinstance(at, int):
            length = getattr(fault, "duration", None)
            found.append(timeline.Window(fault.name, at, min(span, at + length) if isinstance(length, int) else span))
    return found


def _over_time(record: Record) -> str:
    return f"{record.design}: orders, calls that did not succeed and oversold orders per hour, first replication."


def _between(record: Record) -> str:
    return f"{record.design}: how many messages the parties sent to each other, attempts included."


def _costs(scenario: "Scenario", comparison: Comparison) -> Table:
    prices = scenario.costs
    rows = []
    parts = {design: [prices.parts(run.kpis) for run in comparison.of(design)] for design in comparison.designs}
    for measure in dict.fromkeys(name for each in parts.values() for run in each for name in run):
        cells = [t_interval([run.get(measure, 0.0) for run in parts[design]]) for design in comparison.designs]
        if any(cell is not None and cell.mean for cell in cells):
            rows.append((measure, *(_amount(cell) for cell in cells)))
    totals = [t_interval([prices.total(run.kpis) for run in comparison.of(design)]) for design in comparison.designs]
    rows.append(("together", *(_amount(total) for total in totals)))
    return Table(title=f"cost of failure, {prices.currency}", heads=("for", *comparison.designs), rows=tuple(rows))


def _amount(interval: Interval | None) -> str:
    return "no value" if interval is None else tables.cell_of(interval.mean, interval.bounds)


def _interfaces(comparison: Comparison) -> Table:
    """Show each link by design: how long an attempt took, and how many attempts a call needed."""
    rows = []
    measures = [f"api_latency_s.{name}" for name in ("p50", "p95", "p99")] + ["attempts_per_call"]
    links = [
        key[key.index("{") :] for key in comparison.estimates[comparison.designs[0]] if key.startswith(measures[0])
    ]
    for link in links:
        for design in comparison.designs:
            found = [comparison.estimates[design].get(f"{measure}{link}") for measure in measures]
            rows.append((link[len("{link=") : -1], design, *(tables.estimate_cell(each) for each in found)))
    heads = ("interface", "design", "latency p50, s", "p95, s", "p99, s", "attempts per call")
    return Table(title="interfaces and retry amplification", heads=heads, rows=tuple(rows))


def _kpis(comparison: Comparison, title: str, names: Sequence[str]) -> Table:
    """Show measures of the technical half, those of a name with all their labels and statistics."""
    keys = [
        key
        for name in names
        for key in comparison.estimates[comparison.designs[0]]
        if key == name or (key.startswith((name + "{", name + ".")) and not key.split("{")[0].endswith(".n"))
    ]
    rows = []
    for key in keys:
        found = [comparison.estimates[design].get(key) for design in comparison.designs]
        unit = next((each.unit for each in found if each is not None), "")
        if any(each is not None and each.mean is not None for each in found):
            rows.append((key, unit, *(tables.estimate_cell(each) for each in found)))
    return Table(title=title, heads=("measure", "unit", *comparison.designs), rows=tuple(rows))


def _invariants(scenario: "Scenario", comparison: Comparison) -> Table:
    """Show for each invariant how often it was broken, by design."""
    names = [key for key in comparison.estimates[comparison.designs[0]] if key.startswith("violations{")]
    rows = []
    for key in names:
        cells = []
        for design in comparison.designs:
            total = sum(value for value in comparison.values(design, key) if value is not None)
            given_up = key[len("violations{invariant=") : -1] in scenario.designs[design].gives_up
            cells.append("holds" if not total else f"broken {number(total)} times{', given up' if given_up else ''}")
        rows.append((key[len("violations{invariant=") : -1], *cells))
    return Table(title="invariants over all replications", heads=("invariant", *comparison.designs), rows=tuple(rows))


def _claims(folder: Folder) -> Table:
    rows = []
    for each in (*folder.document["expectations"], *folder.document["slo"]):
        word = {True: "holds", False: "violated", None: "undecided"}[each["holds"]]
        found = "no value" if each["value"] is None else tables.cell_of(each["value"], each["ci95"])
        rows.append((word, each["name"], f"{each['is']} {each['unit']}", found))
    return Table(title="claims made before the runs", heads=("verdict", "claim", "is", "found"), rows=tuple(rows))


def _assumptions(scenario: "Scenario") -> Table:
    return Table(
        title="settings that rest on an assumption",
        heads=("setting", "value", "source"),
        rows=tuple(scenarios.assumptions(scenario)),
    )


def _held(chosen: explorer.Chosen, record: Record) -> str:
    counts = ", ".join(f"{number(count)} {name}" for name, count in chosen.counts.items() if count)
    return (
        f"{record.design}: {number(len(chosen.why))} of {number(chosen.placed)} orders of the first replication; "
        f"{counts or 'none in trouble'}; beside them the slowest and some drawn by their number."
    )


def _command(folder: Folder) -> str:
    manifest = folder.manifest
    changes = "".join(f" --set '{each}'" for each in manifest.overrides)
    design = (
        f" --design {manifest.designs[0]}" if manifest.verb == "run" else f" --designs {','.join(manifest.designs)}"
    )
    small = " --small" if manifest.small else ""
    return f"twin {manifest.verb} {manifest.name}{design} --seed {manifest.seed} --reps {manifest.reps}{small}{changes}"


def _versions(folder: Folder) -> Table:
    manifest = folder.manifest
    seeds = f"{manifest.seed} to {manifest.seed + manifest.reps - 1}" if manifest.reps > 1 else str(manifest.seed)
    rows = [
        ("scenario, SHA-256", manifest.sha256),
        ("seeds", seeds),
        ("digest of the events", manifest.digest),
        *manifest.versions.items(),
    ]
    return Table(title="seeds and versions", heads=("what", "value"), rows=tuple(rows))


def _template(name: str) -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_file(name))


def _file(name: str) -> str:
    return resources.files("reports").joinpath("templates", name).read_text(encoding="utf-8")
