"""What breaks first, who is affected and what it costs, where there are measures alone and no recorded events.

So the page of a sweep, a search or a replay has the first half of the report too: of a sweep by point and design, of a
search for the setting as shipped and as chosen, of a replay by version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from reports import basis, sweep, technical
from reports.answer import words
from reports.tables import Table, cell_of
from twin.experiment.comparison import Comparison, Estimate, keys_of
from twin.experiment.optimize import Found
from twin.experiment.statistics import Interval
from twin.experiment.sweep_table import Summary, SweepTable
from twin.world.measure_names import unit_of

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

TROUBLES: Final = (
    *("oversold_orders", "late_orders", "ack_deadline_missed", "lost_orders", "duplicate_erp_orders"),
    *("duplicate_shipments", "invariant_violations", "violations_declared", "collapsed", "success_share"),
    *("rejected_share", "shed_share", "throttled_calls", "breaker_open_s", "fallback_s", "shorted_units"),
    *("orders_rejected", "dlq_length.max", "order_fallout"),
)
"""Measures of what may break: each is 0 where nothing did; the share of successes is 1."""
OF_REQUESTS: Final = "success_share"
"""Trouble in a world of clients and servers alone: elsewhere it counts orders that are still under way at the end."""
NOTHING: Final = "Nothing went wrong in any run, by any measure of it."
NO_EVENTS: Final = "No events were kept, so what came first within a run is not known; the report of a run tells it."
AS_SHIPPED: Final = "as shipped"
AS_CHOSEN: Final = "as chosen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One section of a page: its anchor, its heading, what is said in it, its tables, and a note below those."""

    anchor: str
    name: str
    lines: tuple[str, ...]
    tables: tuple[Table, ...]
    note: str


class Trouble(NamedTuple):
    """One measure of trouble under one design of a sweep: where it first shows, where most, and at how many points."""

    design: str
    kpi: str
    place: int
    first: Summary
    most: Summary
    points: int


def breaks(lines: Sequence[str], *tables: Table, note: str = NO_EVENTS) -> Part:
    """Return the section on what breaks first."""
    return _part("breaks", "What breaks first", lines, tables, note)


def affected(lines: Sequence[str], *tables: Table, note: str = technical.AFFECTED_NOTE) -> Part:
    """Return the section on who is affected."""
    return _part("affected", "Who is affected", lines, tables, note)


def costs(lines: Sequence[str], *tables: Table) -> Part:
    """Return the section on what failures cost."""
    return _part("costs", "What each design costs", lines, tables, basis.COSTS_NOTE)


def of_sweep(table: SweepTable, scenario: "Scenario") -> list[Part]:
    """Return the sections of a sweep; a world of clients and servers alone reaches nobody and has no prices."""
    found = troubles(table)
    first = breaks(_firsts(table, found), _first_of_each(table, found))
    if scenario.is_blank:
        return [first]
    reached = [key for key in technical.AFFECTED if key in table.measures]
    shown = [key for key in reached if any(table.values(key))]
    people = [_by_point(table, shown, "whom failures reached")] if shown else []
    money = _by_point(table, ["cost_of_failure"], f"cost of failure, {scenario.costs.currency}")
    return [first, affected(_left_out(table, [key for key in reached if key not in shown]), *people), costs([], money)]


def of_search(found: Found) -> list[Part]:
    """Return the sections of a search: the setting as shipped beside the one that was chosen, if one was."""
    scenario = found.search.scenario
    sides = {AS_SHIPPED: found.shipped} | ({} if found.best is found.shipped else {AS_CHOSEN: found.best})
    runs = [[replace(run, design=name) for run in trial.runs] for name, trial in sides.items()]
    comparison = Comparison(rounds=tuple(zip(*runs, strict=True)), reported=())
    alone = [] if len(sides) > 1 else ["No other setting was chosen."]
    first = of_estimates(comparison.estimates, alone)
    if scenario.is_blank:
        return [first]
    money = basis.costs(scenario.costs, {name: [run.kpis for run in trial.runs] for name, trial in sides.items()})
    return [first, affected([], reached(comparison.estimates)), costs([], money)]


def files(parts: Sequence[Part]) -> dict[str, Table]:
    """Return the table of each section that has one, under the name of its file."""
    return {part.anchor: part.tables[0] for part in parts if part.tables}


def of_estimates(estimates: Mapping[str, Mapping[str, Estimate]], lines: Sequence[str] = ()) -> Part:
    """Return the section on what breaks first of measures by design, which tell how often and not when."""
    table = broken(estimates)
    return breaks([*lines, *([] if table.rows else [NOTHING])], table)


def broken(estimates: Mapping[str, Mapping[str, Estimate]]) -> Table:
    """Show by design the measures of trouble that say that something went wrong."""
    known = tuple(dict.fromkeys(key for each in estimates.values() for key in each))
    found = {key: [each[key].mean for each in estimates.values() if key in each] for key in _keys(known)}
    shown = [key for key, means in found.items() if any(mean is not None and _harm(key, mean) > 0 for mean in means)]
    return technical.measures(estimates, "what went wrong", shown)


def reached(estimates: Mapping[str, Mapping[str, Estimate]]) -> Table:
    """Show by design whom failures reached."""
    return technical.measures(estimates, "whom failures reached", technical.AFFECTED)


def troubles(table: SweepTable) -> list[Trouble]:
    """Return by design what went wrong anywhere in a sweep, in the order in which it first shows.

    Points of a grid are taken as they were varied, drawn ones along the first axis.
    """
    found = []
    for kpi in _keys(table.measures):
        walked = _walked(table, kpi)
        for design in table.designs:
            known = [(each, each.interval) for each in walked if each.design == design]
            bad = [
                (_harm(kpi, interval.mean), place, each)
                for place, (each, interval) in enumerate(known)
                if interval is not None and _harm(kpi, interval.mean) > 0
            ]
            if bad:
                most = max(bad, key=lambda one: one[0])[2]
                found.append(Trouble(design, kpi, bad[0][1], bad[0][2], most, len(bad)))
    return sorted(found, key=lambda each: (table.designs.index(each.design), each.place))


def where(table: SweepTable, point: Summary) -> str:
    """Write the settings of a point."""
    return ", ".join(f"{path} = {point.parameters[path]}" for path in table.axes)


def _firsts(table: SweepTable, found: Sequence[Trouble]) -> list[str]:
    """Say of each design at which point it breaks first, and what breaks there."""
    told = []
    for design in table.designs:
        mine = [each for each in found if each.design == design]
        if not mine:
            told.append(f"{design}: nothing breaks at any point.")
            continue
        there = [each for each in mine if each.place == mine[0].place]
        what = ", ".join(f"{words(each.kpi, unit_of(each.kpi))} {_mean(each.first.interval)}" for each in there)
        begins = ", where the sweep begins" if mine[0].place == 0 else ""
        told.append(f"{design} breaks first at {where(table, mine[0].first)}{begins}: {what}.")
    return told


def _first_of_each(table: SweepTable, found: Sequence[Trouble]) -> Table:
    points = len({row["point"] for row in table.rows})
    rows = [
        (
            *(each.design, words(each.kpi, unit_of(each.kpi))),
            *(_settings(table, each.first), _mean(each.first.interval), f"{each.points} of {points}"),
            *(_settings(table, each.most), _mean(each.most.interval)),
        )
        for each in found
    ]
    axes = ", ".join(map(sweep.short, table.axes))
    heads = ("design", "what", f"first at {axes}", "mean there", "points with it", "most at", "mean at most")
    return Table(title="where each kind of trouble first shows", heads=heads, rows=tuple(rows))


def _walked(table: SweepTable, kpi: str) -> list[Summary]:
    found = table.summary(kpi)
    if table.layout == "grid":
        return found
    along = [each.parameters[table.axes[0]] for each in found]
    numbers = [value for value in along if isinstance(value, int | float)]
    if len(numbers) < len(along):
        return found
    return [each for _, each in sorted(zip(numbers, found, strict=True), key=lambda pair: pair[0])]


def _by_point(table: SweepTable, kpis: Sequence[str], title: str) -> Table:
    means = sweep.means(table, kpis)
    return replace(means, title=f"{title}, {means.title}")


def _left_out(table: SweepTable, kpis: Sequence[str]) -> list[str]:
    """Say which measures are 0 everywhere, and which no run has a value of."""
    unknown = [kpi for kpi in kpis if all(value is None for value in table.values(kpi))]
    none = [kpi for kpi in kpis if kpi not in unknown]
    told = {"At every point 0": none, "Of no run known": unknown}
    return [f"{how}: {', '.join(words(kpi, unit_of(kpi)) for kpi in those)}." for how, those in told.items() if those]


def _keys(known: Sequence[str]) -> list[str]:
    """Return the keys of trouble among those that are known; by label only where there is no sum."""
    found: list[str] = []
    for name in TROUBLES:
        if name == OF_REQUESTS and "orders_placed" in known:
            continue
        keys = keys_of(name, tuple(known))
        found += [name] if name in keys else list(keys)
    return found


def _harm(kpi: str, mean: float) -> float:
    return 1.0 - mean if kpi.startswith(OF_REQUESTS) else mean


def _settings(table: SweepTable, point: Summary) -> str:
    return ", ".join(str(point.parameters[path]) for path in table.axes)


def _mean(interval: Interval | None) -> str:
    return "no value" if interval is None else cell_of(interval.mean, interval.bounds)


def _part(anchor: str, name: str, lines: Sequence[str], tables: Sequence[Table], note: str) -> Part:
    """Return a section; tables without rows are left out, and without a table there is no note."""
    kept = tuple(table for table in tables if table.rows)
    return Part(anchor=anchor, name=name, lines=tuple(lines), tables=kept, note=note if kept else "")
