"""Make the figure of a million orders on one core: `python docs/million.py` (some ten minutes on an idle machine).

It is the row `million` of `twin bench --all`, looked at every half hour of simulated time.
"""

import json
import sys
from pathlib import Path

import scenarios
from reports.style import QUIET, colour, footnote, look
from twin.experiment.bench_apart import MILLION, SEED, Look, apart
from twin.model.instant import HOUR, MINUTE

HERE = Path(__file__).parent
EVERY = 30 * MINUTE
MIB = 2**20


def drawn(looks: list[Look], scenario: str) -> object:
    """Draw memory and processor time against the hour of the day, and memory against open orders."""
    from matplotlib.figure import Figure

    hours = [look.at / HOUR for look in looks]
    figure = Figure(figsize=(8, 6.4), layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0.05, 1, 0.95))  # type: ignore[union-attr]  # constrained, as asked above
    day, against = figure.subplots(2, 1)
    day.plot(hours, [each.open / 1000 for each in looks], color=colour(0), label="open orders, thousands")
    day.plot(hours, [each.cpu_s for each in looks], color=colour(1), linestyle="--", label="processor time used, s")
    day.plot(hours, [each.peak / MIB for each in looks], color=colour(2), linestyle=":", label="peak memory, MiB")
    day.set(xlabel="hour of the simulated day", xlim=(0, hours[-1]), ylim=(0, None), title="A million orders, one core")
    day.legend(frameon=False)
    day.grid(visible=True)
    open_orders, peaks = [each.open for each in looks], [each.peak / MIB for each in looks]
    against.plot([each / 1000 for each in open_orders], peaks, color=colour(0), marker="o", markersize=3)
    slope = (looks[-1].peak - looks[0].peak) / looks[-1].open
    against.set(
        xlabel="open orders, thousands",
        ylabel="peak memory, MiB",
        xlim=(0, None),
        ylim=(0, None),
        title=f"Memory grows with the orders that are open: {slope:,.0f} bytes each",
    )
    against.grid(visible=True)
    against.tick_params(colors=QUIET)
    footnote(figure, scenario, [SEED], f"{looks[-1].placed:,} orders")
    return figure


def main() -> int:
    """Run the day once, and write the figure and what it was drawn from."""
    scenario = scenarios.load("peak_season", [*sys.argv[1:], f"landscape.size.orders_per_day={MILLION}"])
    looks = apart(scenario, range(EVERY, scenario.horizon + 1, EVERY))
    with look():
        figure = drawn(looks, scenario.name)
        for form in ("svg", "png"):
            figure.savefig(HERE / f"million.{form}", dpi=100, metadata={"Date": None} if form == "svg" else None)  # type: ignore[attr-defined]
    last = looks[-1]
    told = {
        "orders": last.placed,
        "cpu_s": round(last.cpu_s),
        "wall_s": round(last.wall_s),
        "peak_mib": last.peak // MIB,
        "open_orders": last.open,
    }
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
