"""What a report rests on: verdicts on promises and claims, what it would cost, assumptions, versions, how to repeat."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import scenarios
from reports.sections import clock
from reports.tables import Table, cell_of
from twin.experiment.comparison import Comparison, number
from twin.experiment.manifest import Manifest
from twin.experiment.optimize import Search
from twin.experiment.reading import Folder
from twin.experiment.results import environment
from twin.experiment.statistics import Interval, t_interval
from twin.world import blank_run
from twin.world.checks.catalogue import CATALOGUE
from twin.world.run import LIMITS, QUIET

if TYPE_CHECKING:
    from twin.world.costs import Costs
    from twin.world.scenario import Scenario

VIOLATIONS_SHOWN_MAX: Final = 20
COSTS_NOTE: Final = "Prices times measures, means over replications; every price is a setting (costs: in the scenario)."


def costs(prices: "Costs", kpis: Mapping[str, Sequence[Mapping[str, float | None]]]) -> Table:
    """Show what failures cost by design: each priced measure, and all together; `kpis` are those of its runs."""
    rows = []
    parts = {design: [prices.parts(run) for run in runs] for design, runs in kpis.items()}
    for measure in dict.fromkeys(name for each in parts.values() for run in each for name in run):
        cells = [t_interval([run.get(measure, 0.0) for run in each]) for each in parts.values()]
        if any(cell is not None and cell.mean for cell in cells):
            rows.append((measure, *(_amount(cell) for cell in cells)))
    totals = [t_interval([prices.total(run) for run in runs]) for runs in kpis.values()]
    rows.append(("together", *(_amount(total) for total in totals)))
    return Table(title=f"cost of failure, {prices.currency}", heads=("for", *kpis), rows=tuple(rows))


def invariants(scenario: "Scenario", comparison: Comparison) -> Table:
    """Show for each invariant what it says and how often it was broken, by design; broken ones first."""
    names = [key for key in comparison.estimates[comparison.designs[0]] if key.startswith("violations{")]
    rows: list[tuple[str, ...]] = []
    broken: list[tuple[str, ...]] = []
    for key in names:
        cells = []
        name = key[len("violations{invariant=") : -1]
        for design in comparison.designs:
            total = sum(value for value in comparison.values(design, key) if value is not None)
            given_up = name in scenario.designs[design].gives_up
            cells.append("holds" if not total else f"broken {number(total)} times{', given up' if given_up else ''}")
        says = CATALOGUE[name].text if name in CATALOGUE else ""
        (rows if set(cells) == {"holds"} else broken).append((name, says, *cells))
    heads = ("invariant", "says", *comparison.designs)
    return Table(title="invariants over all replications", heads=heads, rows=(*broken, *rows))


def violations(comparison: Comparison) -> Table:
    """Show the first broken promises: where, when, about what, and the messages that led there."""
    found = [(run, each) for run in comparison.runs for each in (*run.violations, *run.declared)]
    rows = []
    for run, each in found[:VIOLATIONS_SHOWN_MAX]:
        chain = each.get("chain")
        led = " > ".join(map(str, chain)) if isinstance(chain, list | tuple) else ""
        at = each.get("at_us")
        when = clock(at) if isinstance(at, int) else ""
        rows.append((run.design, str(run.seed), str(each.get("invariant")), when, str(each.get("key")), led))
    total = sum(run.broken + run.given_up for run in comparison.runs)
    title = f"the first {len(rows)} of {total:,} broken invariants"
    heads = ("design", "seed", "invariant", "at", "about", "messages that led there")
    return Table(title=title, heads=heads, rows=tuple(rows))


def claims(folder: Folder) -> Table:
    """Show the claims made before the runs, service levels included, each with its verdict."""
    rows = []
    for each in (*folder.document["expectations"], *folder.document["slo"]):
        word = {True: "holds", False: "violated", None: "undecided"}[each["holds"]]
        found = "no value" if each["value"] is None else cell_of(each["value"], each["ci95"])
        rows.append((word, each["name"], f"{each['is']} {each['unit']}", found))
    return Table(title="claims made before the runs", heads=("verdict", "claim", "is", "found"), rows=tuple(rows))


def assumptions(scenario: "Scenario") -> Table:
    """Show the settings that rest on an assumption, each with its value and source."""
    return Table(
        title="settings that rest on an assumption",
        heads=("setting", "value", "source"),
        rows=tuple(scenarios.assumptions(scenario)),
    )


def versions(manifest: Manifest) -> Table:
    """Show seeds, digests and versions."""
    seeds = f"{manifest.seed} to {manifest.seed + manifest.reps - 1}" if manifest.reps > 1 else str(manifest.seed)
    rows = [("scenario, SHA-256", manifest.sha256), ("seeds", seeds), ("digest of the results", manifest.digest)]
    return Table(title="seeds and versions", heads=("what", "value"), rows=(*rows, *manifest.versions.items()))


def command(manifest: Manifest) -> str:
    """Write the command that makes the same runs."""
    words = ["twin", manifest.verb, manifest.name if _is_shipped(manifest) else manifest.file]
    if manifest.verb == "run":
        words += ["--design", manifest.designs[0]]
    else:
        words += ["--designs", ",".join(manifest.designs)]
    for each in manifest.vary:
        words += ["--vary", each]
    if manifest.verb == "sweep" and manifest.layout != "grid":
        words += ["--layout", manifest.layout, "--points", str(manifest.count)]
    words += ["--seed", str(manifest.seed), "--reps", str(manifest.reps)]
    for each in manifest.overrides:
        words += ["--set", each]
    return shlex.join([*words, "--small"] if manifest.small else words)


def search_command(search: Search) -> str:
    """Write the command that makes the same search."""
    scenario = search.scenario
    shipped = scenario.name in scenarios.names() and Path(scenario.source).stem == scenario.name
    words = ["twin", "optimize", scenario.name if shipped else scenario.source, "--design", search.design]
    for each in search.told:
        words += ["--vary", each]
    for objective in search.objectives:
        words += ["--objective", f"{objective.kpi}:{objective.goal}"]
    for constraint in search.constraints:
        words += ["--constraint", f"{constraint.kpi}{constraint.sign}{constraint.bound:g}"]
    words += ["--trials", str(search.trials), "--seed", str(search.seed), "--reps", str(search.reps)]
    for setting in scenario.overrides:
        words += ["--set", setting]
    return shlex.join([*words, "--small"] if scenario.is_small else words)


def limits(scenario: "Scenario") -> tuple[str, ...]:
    """Return what the model leaves out of a scenario, as every run's results say it."""
    if scenario.is_blank:
        return blank_run.LIMITS
    return LIMITS if scenario.faults else (*LIMITS, QUIET)


def here(*rows: tuple[str, str]) -> Table:
    """Show what made a page that has no manifest: rows of its own, then the versions that are installed."""
    known = environment()
    installed = known["dependencies"]
    assert isinstance(installed, dict)
    found = [("python", str(known["python"])), ("distribution-twin", str(known["version"]))]
    found += [(name, str(version)) for name, version in installed.items()]
    return Table(title="seeds and versions", heads=("what", "value"), rows=(*rows, *found))


def scenario_of(manifest: Manifest, allow_code: tuple[str, ...] = ()) -> "Scenario":
    """Load the scenario that a folder was made from, as its manifest has it.

    Raises:
        ScenarioError: it does not hold together any more, or names code that is not allowed.
    """
    chosen = manifest.name if _is_shipped(manifest) else manifest.file
    return scenarios.load(chosen, manifest.overrides, manifest.small, text=manifest.text, allow_code=allow_code)


def _is_shipped(manifest: Manifest) -> bool:
    return manifest.name in scenarios.names() and Path(manifest.file).stem == manifest.name


def _amount(interval: Interval | None) -> str:
    return "no value" if interval is None else cell_of(interval.mean, interval.bounds)
