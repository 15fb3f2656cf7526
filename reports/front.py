"""What a search found: the front of settings that nothing tried is better than, as a table and a figure."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.style import COLOURS, GRID, INK, QUIET, WIDTH_IN, footnote, look
from reports.tables import Table, cell_of
from twin.experiment.comparison import number
from twin.experiment.optimize import Found, Trial
from twin.world.measure_names import unit_of


def table(found: Found) -> Table:
    """Show the shipped setting and the front: settings, and each objective's mean with its 95 % interval."""
    search = found.search
    kpis = dict.fromkeys((*(each.kpi for each in search.objectives), *(each.kpi for each in search.constraints)))
    paths = [path for axis in search.axes for path in axis.paths]
    shown = [found.shipped, *(trial for trial in found.front if trial is not found.shipped)]
    rows = tuple(
        (
            "shipped" if trial is found.shipped else str(trial.number),
            *(str(trial.settings.get(path, "")) for path in paths),
            *(_cell(trial, kpi) for kpi in kpis),
            _verdict(found, trial),
        )
        for trial in shown
    )
    return Table(
        title=f"the front of {len(found.trials) - 1} settings tried, {search.reps} replications each",
        heads=("trial", *(path.removeprefix("designs.") for path in paths), *kpis, ""),
        rows=rows,
    )


def figure(found: Found) -> Figure:
    """Draw every trial: the first objective against each other one, or, where there is no other, over the trials."""
    search = found.search
    with look():
        layout = ConstrainedLayoutEngine(rect=(0, 0.06, 1, 0.94), w_pad=0.12, h_pad=0.08)
        drawn = Figure(figsize=(WIDTH_IN, 5.0), dpi=100, layout=layout)
        others: list[str | None] = [each.kpi for each in search.objectives[1:]]
        others = others or [None]
        places = drawn.subplots(1, len(others), sharey=True, squeeze=False)[0]
        for place, across in zip(places, others, strict=True):
            _trials(place, found, search.objectives[0].kpi, across)
        places[0].set_ylabel(_label(search.objectives[0].kpi), color=INK)
        places[0].set_title(f"{len(found.trials) - 1} settings of {search.design} tried")
        places[0].legend(frameon=False, fontsize=9)
        seeds = list(range(search.seed, search.seed + search.reps))
        footnote(drawn, search.scenario.name, seeds, "means, 95 % intervals on the front")
    return drawn


def _trials(place: Axes, found: Found, up: str, across: str | None) -> None:
    front = found.front
    rest = [trial for trial in found.trials[1:] if trial not in front]
    ours = [trial for trial in front if trial is not found.shipped]
    _dots(place, rest, up, across, colour=GRID, marker="o", label="tried", bars=False)
    _dots(place, ours, up, across, colour=COLOURS[0], marker="D", label="on the front", bars=True)
    _dots(place, [found.shipped], up, across, colour=COLOURS[1], marker="s", label="as shipped", bars=True)
    place.set_xlabel("trial" if across is None else _label(across), color=INK)
    place.grid(color=GRID)
    place.set_axisbelow(True)
    for axis in (place.xaxis, place.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=4))
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def _dots(
    place: Axes, trials: list[Trial], up: str, across: str | None, *, colour: str, marker: str, label: str, bars: bool
) -> None:
    for index, trial in enumerate(trials):
        high, wide = trial.estimate(up), None if across is None else trial.estimate(across)
        if high is None or (across is not None and wide is None):
            continue
        x = float(trial.number) if wide is None else wide.mean
        edge = QUIET if colour == GRID else colour
        place.plot(
            [x],
            [high.mean],
            marker=marker,
            color=colour,
            markeredgecolor=edge,
            linestyle="none",
            label=label if index == 0 else None,
        )
        if bars and high.bounds is not None:
            place.plot([x, x], list(high.bounds), color=colour, linewidth=1.2)
        if bars and wide is not None and wide.bounds is not None:
            place.plot(list(wide.bounds), [high.mean, high.mean], color=colour, linewidth=1.2)


def _label(kpi: str) -> str:
    unit = unit_of(kpi)
    return f"{kpi}, {unit}" if unit else kpi


def _cell(trial: Trial, kpi: str) -> str:
    interval = trial.estimate(kpi)
    return "no value" if interval is None else cell_of(interval.mean, interval.bounds)


def _verdict(found: Found, trial: Trial) -> str:
    if trial is found.shipped:
        return "on the front" if trial in found.front else ""
    return "dominates the shipped one" if found.dominates(trial, found.shipped) else ""
