"""Make the page on where the order of the three designs holds: `python docs/ranges.py` (some 20 minutes on two cores).

Each row is `oversell` with one setting changed, ten replications, the same seeds for every design and every row.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import scenarios
from reports.result import compare
from reports.style import colour
from twin.errors import TwinError
from twin.world.scenario import Scenario

REPS = 10
HERE = Path(__file__).parent
DRAWN = {
    "kind": "distribution",
    "orders_per_day": 43,
    "lines": {"law": "lognormal", "p50": 15, "sigma": 1.242, "at_most": 300},
    "units": {"law": "lognormal", "p50": 3, "p95": 30, "at_most": 432},
    "shape": {"hours": "hour_shares_wholesaler"},
}
QUESTIONS: tuple[tuple[str, str, str, Sequence[object]], ...] = (
    (
        "Lag of the governed design",
        "designs.governed.publication.interval",
        "shortest time between two sends of `governed`; the other two designs do not change",
        ("5s", "5m", "1h", "6h", "1d"),
    ),
    (
        "Lag of order intake",
        "channels.*.intake.every",
        "how often both marketplaces are polled",
        ("1m", "5m", "1h", "6h"),
    ),
    ("Buffer", "designs.governed.publication.buffer", "units that `governed` withholds of every item", (0, 2, 10, 50)),
    (
        "Service level",
        "stock.rule.service_level",
        "what opening stock and replenishment are sized for",
        ("80%", "95%", "98%", "99.9%"),
    ),
    (
        "Hot-item share",
        "demand",
        "demand drawn instead of recorded (43 orders a day of wholesale size), items by Zipf with this exponent",
        (0.0, 0.65, 0.95, 1.3),
    ),
)


def varied(path: str, value: object) -> Scenario:
    """Return the scenario of one row."""
    if path == "demand":
        return scenarios.load(
            "oversell",
            [
                "items.count=2520",
                f"demand={_yaml({**DRAWN, 'items': {'popularity': {'law': 'zipf', 'exponent': value}}})}",
            ],
        )
    if path == "channels.*.intake.every":
        return scenarios.load(
            "oversell", [f"channels.marketplace_a.intake.every={value}", f"channels.marketplace_b.intake.every={value}"]
        )
    return scenarios.load("oversell", [f"{path}={value}"])


def _yaml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(each)}" for key, each in value.items()) + "}"
    return str(value)


def main() -> int:
    """Run every row and write the page and its figure."""
    from matplotlib.figure import Figure

    designs = tuple(scenarios.load("oversell").designs)
    text = [
        "# Where the order of the three designs holds",
        "",
        "Made by `python docs/ranges.py`: `oversell` with one setting changed at a time, "
        f"{REPS} replications a row (seeds 7 to {6 + REPS}), mean oversold units with their 95 % interval, "
        "and lost sales in brackets. **Bold**: the design that oversells least.",
        "",
    ]
    figure = Figure(figsize=(9, 10), layout="constrained")
    axes = figure.subplots(len(QUESTIONS), 1)
    for axis, (title, path, words, values) in zip(axes, QUESTIONS, strict=True):
        text += [
            f"## {title}",
            "",
            f"`{path}`: {words}.",
            "",
            "| value | " + " | ".join(designs) + " |",
            "|---" * (len(designs) + 1) + "|",
        ]
        lines: dict[str, list[float]] = {name: [] for name in designs}
        for value in values:
            sys.stderr.write(f"{path}={value}\n")
            found = compare(varied(path, value), reps=REPS, jobs=2).comparison.estimates
            means = {name: found[name]["oversold_units"].mean or 0.0 for name in designs}
            cells = []
            for name in designs:
                units, lost = found[name]["oversold_units"], found[name]["lost_sales_units"]
                low, high = units.ci95 or (means[name], means[name])
                cell = f"{means[name]:.1f} ({low:.1f} .. {high:.1f}) [{lost.mean or 0:.0f}]"
                cells.append(f"**{cell}**" if means[name] == min(means.values()) else cell)
                lines[name].append(means[name])
            text.append(f"| {value} | " + " | ".join(cells) + " |")
        for n, name in enumerate(designs):
            axis.plot([str(value) for value in values], lines[name], marker="osD"[n], color=colour(n), label=name)
        axis.set_title(title, fontsize=10)
        axis.set_ylabel("oversold units")
        axis.set_yscale("symlog")
        text.append("")
    axes[0].legend(fontsize=8)
    figure.savefig(HERE / "ranges.svg", metadata={"Date": None})
    figure.savefig(HERE / "ranges.png", dpi=110)
    closing = HERE / "ranges_reading.md"
    text += ["![Oversold units by design over each setting](ranges.png)", ""]
    if closing.exists():
        text.append(closing.read_text(encoding="utf-8"))
    (HERE / "where_the_order_holds.md").write_text("\n".join(text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except TwinError as error:
        sys.exit(str(error))
