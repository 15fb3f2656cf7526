"""The page of a sweep or a search: the question, what was found, figures and tables, and what it rests on."""

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from reports import basis, front, harm, recovery, sweep
from reports.answer import MORE_IS_BETTER, words
from reports.page import Page, template, text_of
from reports.pictures import Picture
from reports.tables import Table, cell_of
from twin.experiment.comparison import keys_of
from twin.experiment.manifest import read_manifest
from twin.experiment.optimize import Found
from twin.experiment.study import reported
from twin.experiment.sweep import TABLE
from twin.experiment.sweep_table import SweepTable, read_table
from twin.world.measure_names import unit_of

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

FIGURE_KPIS_MAX: Final = 2
"""So many measures share a figure: more would not fit a screen."""


def sweep_page(path: Path, scenario: "Scenario") -> Page:
    """Make the report of the folder of a sweep of this scenario.

    Raises:
        UsageError: it is none.
        HistoryError: its manifest cannot be read.
    """
    manifest = read_manifest(path)
    table = read_table(manifest.folder / TABLE)
    kpis = sweep_kpis(table, scenario)
    tables = {"means": sweep.means(table, kpis)}
    if table.layout == "sobol":
        tables["indices"] = sweep.indices(table, kpis)
    tables |= {"versions": basis.versions(manifest), "assumptions": basis.assumptions(scenario)}
    drawn = sweep_pictures(table, scenario)
    told = basis.command(manifest)
    parts = harm.of_sweep(table, scenario)
    html = _html(scenario, f"{manifest.name}: a sweep", best_point(table, kpis), parts, drawn, tables, told)
    return Page(html, tuple(drawn), tables | harm.files(parts))


def sweep_kpis(table: SweepTable, scenario: "Scenario") -> tuple[str, ...]:
    """Return the keys of the measures that the scenario reports, as far as the runs have them."""
    return tuple(dict.fromkeys(key for name in reported(scenario) for key in keys_of(name, table.measures)))


def sweep_pictures(table: SweepTable, scenario: "Scenario") -> list[Picture]:
    """Draw a sweep: its recovery surface if it has one, then the measures that the scenario reports."""
    return [*_recovered(table), *_drawn(table, sweep_kpis(table, scenario))]


def search_page(found: Found) -> Page:
    """Make the report of a search, while it is at hand: its folder does not keep every trial's intervals."""
    scenario = found.search.scenario
    search = found.search
    seeds = ("seeds", f"{search.seed} to {search.seed + search.reps - 1}")
    made = basis.here(("scenario, SHA-256", scenario.sha256), seeds)
    tables = {"front": front.table(found), "versions": made, "assumptions": basis.assumptions(scenario)}
    caption = f"Every setting tried by its objectives; the front with 95 % intervals. {found.sentence}"
    drawn = [Picture("front", front.figure(found), caption, "figures")]
    told = basis.search_command(search)
    parts = harm.of_search(found)
    html = _html(scenario, f"{scenario.name}: a search", found.sentence, parts, drawn, tables, told)
    return Page(html, tuple(drawn), tables | harm.files(parts))


def best_point(table: SweepTable, kpis: Sequence[str]) -> str:
    """Say in one sentence where the first reported measure is best, with its interval."""
    if not kpis:
        return "The scenario reports no measure that the runs have."
    kpi = kpis[0]
    sign = -1 if kpi.partition("{")[0] in MORE_IS_BETTER else 1
    known = [(each, each.interval) for each in table.summary(kpi) if each.interval is not None]
    if not known:
        return f"No run has a value of {kpi}."
    best, interval = min(known, key=lambda pair: sign * pair[1].mean)
    ties = sum(each.mean == interval.mean for _, each in known) - 1
    also = f", and at {ties} other point{'s' if ties > 1 else ''}" if ties else ""
    least = "least" if sign > 0 else "most"
    measure, where = words(kpi, unit_of(kpi)), harm.where(table, best)
    return f"{best.design} has the {least} {measure} at {where}{also}: {cell_of(interval.mean, interval.bounds)}."


def _drawn(table: SweepTable, kpis: Sequence[str]) -> list[Picture]:
    """Draw the reported measures, few to a figure; a heat map shows one design, so each design has its own."""
    each_alone = table.layout == "sobol" or (table.layout == "grid" and len(table.axes) == 2)
    parts = [_of(table, design) for design in table.designs] if each_alone else [table]
    made = []
    for part in parts:
        for n in range(0, len(kpis), FIGURE_KPIS_MAX):
            shown = kpis[n : n + FIGURE_KPIS_MAX]
            figure = sweep.figure(part, shown)
            if figure is not None:
                name = "-".join(("sweep", *(part.designs if each_alone else ()), str(n // FIGURE_KPIS_MAX + 1)))
                caption = f"{', '.join(shown)} over {', '.join(table.axes)}, {', '.join(part.designs)}."
                made.append(Picture(name, figure, caption, "figures"))
    return made


def _recovered(table: SweepTable) -> list[Picture]:
    """Draw the recovery surface of a sweep that has one."""
    figure = recovery.figure(table)
    told = f"How often a world collapses and how long it takes to recover, over {' and '.join(table.axes)}, by design."
    return [] if figure is None else [Picture("recovery", figure, told, "figures")]


def _of(table: SweepTable, design: str) -> SweepTable:
    rows = [row for row in table.rows if row["design"] == design]
    return SweepTable(table.scenario, table.parameters, table.layout, rows)


def _html(
    scenario: "Scenario",
    title: str,
    answer: str,
    parts: Sequence[harm.Part],
    drawn: Sequence[Picture],
    tables: Mapping[str, Table],
    command: str,
) -> str:
    return template("study.html.j2").render(
        title=title,
        css=Markup(text_of("page.css")),
        question=scenario.question,
        answer=answer,
        parts=parts,
        pictures=drawn,
        tables={name: each for name, each in tables.items() if name not in ("versions", "assumptions")},
        versions=tables["versions"],
        assumptions=tables["assumptions"],
        command=command,
        limits=basis.limits(scenario),
        footer=f"Made by distribution-twin {metadata.version('distribution-twin')}",
    )
