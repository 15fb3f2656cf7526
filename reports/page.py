"""The report: one self-contained page in the order in which a director reads, then the technical half.

It is made from a run folder alone, so it can be made again at any time. Nothing on the page is fetched: styles, script,
figures and the explorer's data are inside. A sweep and a search have a page of their own (`reports.study`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from reports import basis, explorer, sections, tables, technical
from reports.answer import answer, claims
from reports.pictures import Picture, pictures
from reports.tables import Table
from twin.experiment.comparison import number
from twin.experiment.manifest import read_manifest
from twin.experiment.reading import read_folder
from twin.experiment.study import reported
from twin.experiment.trace import Record, Trace, record_of
from twin.experiment.vain import vain

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
WITH_ORDERS: Final = ("affected", "costs", "time", "explorer")
"""Parts that a world of clients and servers alone has nothing for."""


@dataclass(frozen=True, slots=True)
class Page:
    """A report, and what belongs beside it: its figures, and its tables as rows of text."""

    html: str
    pictures: tuple[Picture, ...]
    tables: Mapping[str, Table]


def page(path: Path, scenario: "Scenario") -> Page:
    """Make the report of the folder of a run or a comparison of this scenario.

    Raises:
        UsageError: it has no recorded events, or is the folder of something else.
        HistoryError: something in it cannot be read.
    """
    manifest = read_manifest(path)
    folder = read_folder(path, reported(scenario))
    comparison = folder.comparison
    records = [record_of(manifest, design) for design in manifest.designs]
    drawn = pictures(scenario, comparison, records)
    held = [(explorer.choose(record, len(records)), record) for record in records]
    judged = (*folder.document["expectations"], *folder.document["slo"])
    shown = {
        "measures": tables.measures(comparison),
        "costs": basis.costs(
            scenario.costs, {design: [run.kpis for run in comparison.of(design)] for design in comparison.designs}
        ),
        "invariants": basis.invariants(scenario, comparison),
        "violations": basis.violations(comparison),
        "claims": basis.claims(folder),
        "ageing": sections.ageing(records),
        "assumptions": basis.assumptions(scenario),
        "versions": basis.versions(manifest),
        "all-measures": tables.measures(comparison, everything=True),
    }
    breaks = {record.design: sections.breaks(record) for record in records}
    affected = {
        "affected": technical.measures(
            comparison.estimates, "whom failures reached, all replications", technical.AFFECTED
        ),
        "affected-channels": tables.stacked({record.design: sections.affected(record) for record in records}),
        "affected-warehouses": tables.stacked({record.design: sections.warehouses(record) for record in records}),
    }
    inside = technical.tables(comparison)
    html = template("report.html.j2").render(
        title=f"{manifest.name}: {' against '.join(comparison.designs)}",
        parts=[part for part in PARTS if not (scenario.is_blank and part[0] in WITH_ORDERS)],
        has_orders=not scenario.is_blank,
        css=Markup(text_of("page.css")),
        script=Markup(text_of("explorer.js")),
        question=scenario.question,
        answer=answer(comparison),
        claims_told=claims(judged),
        in_vain=[each.sentence for each in vain(comparison.runs)],
        pictures=drawn,
        shown=shown,
        decisions=[line.strip() for line in tables.decisions(comparison.differences)],
        breaks=breaks,
        affected=affected,
        affected_note=technical.AFFECTED_NOTE,
        costs_note=basis.COSTS_NOTE,
        technical=[*inside.values(), *([shown["ageing"]] if shown["ageing"].rows else [])],
        explorer_notes=[_held(chosen, record) for chosen, record in held],
        limits=folder.document["limits"],
        command=basis.command(manifest),
        footer=f"Made by distribution-twin {metadata.version('distribution-twin')} from {manifest.digest}",
        data=explorer.packed([(chosen, record.traces(list(chosen.why))) for chosen, record in held]),
    )
    files = {**shown, **inside, **affected} | {f"breaks-{design}": table for design, table in breaks.items()}
    return Page(html, tuple(drawn), {name: table for name, table in files.items() if table.rows})


def path_page(trace: Trace) -> str:
    """Make a page with the path of one order alone."""
    chosen = explorer.Chosen({trace.id: ("asked for",)}, {}, 1)
    return template("path.html.j2").render(
        title=f"{trace.name} under {trace.design}",
        css=Markup(text_of("page.css")),
        script=Markup(text_of("explorer.js")),
        data=explorer.packed([(chosen, [trace])]),
    )


def template(name: str) -> Template:
    """Return a template of this room."""
    environment = Environment(
        loader=FunctionLoader(text_of), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["coded"] = coded
    return environment.get_template(name)


def coded(text: str) -> Markup:
    """Write a sentence of ours for a page: what stands between backticks is code.

    >>> str(coded("a <b> says `scans`"))
    'a &lt;b&gt; says <code>scans</code>'
    """
    parts = [Markup.escape(part) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts)
    )


def text_of(name: str) -> str:
    """Return a file of the templates as it stands."""
    return resources.files("reports").joinpath("templates", name).read_text(encoding="utf-8")


def _held(chosen: explorer.Chosen, record: Record) -> str:
    counts = ", ".join(f"{number(count)} {name}" for name, count in chosen.counts.items() if count)
    return (
        f"{record.design}: {number(len(chosen.why))} of {number(chosen.placed)} orders of the first replication; "
        f"{counts or 'none in trouble'}; beside them the slowest and some drawn by their number."
    )
