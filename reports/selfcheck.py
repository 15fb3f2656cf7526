"""The results page of the self-check, in Markdown: each row with what was expected, what was measured, its verdict."""

from collections.abc import Mapping, Sequence
from typing import Final

from twin.experiment.selfcheck import CHANCE_OF_THE_TABLE

Cells = Mapping[str, str | float | None]

HEADINGS: Final = {
    "C1": "C1 Back-off under contention (aws-samples/aws-arch-backoff-simulator)",
    "C2": "C2 Retry budgets (mbrooker/simulator_example, retry_sim), and layers that multiply",
    "C3": "C3 Queues, closed forms",
    "C4": "C4 The lag of polling",
    "C5": "C5 The oversell law",
    "C6": "C6 Inventory oracles",
    "C7": "C7 Metastability",
    "C8": "C8 Latency of a web request",
    "C9": "C9 Bit-exactness",
}


def page(rows: Sequence[Cells], *, seed: int, quick: bool) -> str:
    """Write the page.

    Args:
        rows: as `twin.experiment.selfcheck.rows` returns them.
        seed: the seed of the check.
        quick: whether it was a quick one.
    """
    failed = sum(row["verdict"] != "holds" for row in rows)
    command = f"twin selfcheck{' --quick' if quick else ''} --seed {seed} --out docs/selfcheck.md"
    lines = [
        "# What the twin reproduces",
        "",
        f"Made by `{command}`. {len(rows)} rows, {failed or 'none'} of which {'fails' if failed == 1 else 'fail'}.",
        "",
        "Each figure was published by somebody else or follows from a closed form; each is measured with the twin's",
        "own links, servers, clients, policies and middleware, in scenarios that ship, so that other parameters are",
        f"a `--set` away. Chance alone makes the whole table fail once in {1 / CHANCE_OF_THE_TABLE:,.0f} seeds: the",
        "interval beside a measured figure is what chance allows it at that level. A row that fails is made once more",
        "with four times the runs and fresh draws, and that verdict counts.",
    ]
    for head, title in HEADINGS.items():
        chosen = [row for row in rows if str(row["name"]).startswith(f"{head} ")]
        if chosen:
            lines += ["", f"## {title}", "", *_table(chosen), "", *_commands(chosen)]
    return "\n".join(lines) + "\n"


def _table(rows: Sequence[Cells]) -> list[str]:
    found = ["| | expected | measured | interval | unit | runs | verdict |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        cells = (
            str(row["name"]).partition(" ")[2],
            number(row["expected"]),
            number(row["measured"]),
            interval(row),
            str(row["unit"]),
            f"{row['runs']}{' (second look)' if row['looks'] == 2 else ''}",
            f"**{row['verdict']}**",
        )
        found.append(f"| {' | '.join(cells)} |")
    return found


def _commands(rows: Sequence[Cells]) -> list[str]:
    """Say how one of the rows is made."""
    how = str(rows[0]["how"])
    return [f"The first row is made by `{how}`." if how.startswith("twin run") else f"Made by {how}."]


def interval(row: Cells) -> str:
    """Write a row's interval; empty where chance has no part in it."""
    low, high = row["low"], row["high"]
    return "" if low is None or high is None else f"{number(low)} .. {number(high)}"


def number(value: str | float | None) -> str:
    """Write a figure with up to five digits that matter."""
    return "" if value is None else value if isinstance(value, str) else f"{value:.5g}"
