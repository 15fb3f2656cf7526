"""The parties of a recorded run and the traffic between them: arrows as wide as the messages are many.

The axes are in inches, so that a box is as large as its name and an arrow ends at its edge, whatever the resolution.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import networkx as nx
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from reports.style import COLOURS, INK, QUIET, WIDTH_IN, footnote, look
from twin.experiment.comparison import number
from twin.experiment.trace import Record

CHARACTER_IN: Final = 0.085
ROW_IN: Final = 1.1
BEND: Final = 0.14
"""How far an arrow bends off the straight line, as a share of its length; the way back bends to the other side."""
CENTRE: Final = "middleware"


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went from one party to another: how much, how much did not succeed, and whether the middleware sent it."""

    sent: int
    bad: int
    outward: bool


def figure(record: Record, scenario: str, seed: int) -> Figure | None:
    """Draw who sent how many messages to whom, repeats included; None where nothing was sent."""
    edges = _traffic(record)
    if not edges:
        return None
    graph = nx.DiGraph(list(edges))
    layers = _layers(graph, _sellers(record))
    height = 0.9 + ROW_IN * max(3, *(len(layer) for layer in layers))
    with look():
        drawn = Figure(figsize=(WIDTH_IN, height), dpi=100)
        place = drawn.add_axes((0, 0, 1, 1), xlim=(0, WIDTH_IN), ylim=(0, height))
        place.set_axis_off()
        place.text(0.12, height - 0.12, "Messages between the parties, attempts included", weight="bold", va="top")
        boxes = _boxes(place, layers, height)
        most = max(each.sent for each in edges.values())
        for (source, target), each in edges.items():
            _arrow(place, boxes[source], boxes[target], each, most)
        footnote(drawn, f"{scenario}, {record.design}", [seed], "messages; in red, attempts that did not succeed")
    return drawn


def _traffic(record: Record) -> dict[tuple[str, str], Traffic]:
    """Return what was sent, and the orders that channels handed over."""
    found = record.rows(
        f"""
        WITH sent AS (
            SELECT source, target, count(*) AS n FROM events WHERE kind LIKE '%.sent' AND source <> target GROUP BY ALL
            UNION ALL SELECT source, '{CENTRE}', count(*) FROM events WHERE kind = 'order.placed' GROUP BY ALL
        ),
        bad AS (
            SELECT target AS source, source AS target, count(*) AS n FROM events
            WHERE regexp_matches(kind, '\\.(refused|failed|timeout)$') GROUP BY ALL
        )
        SELECT source, target, sum(sent.n)::BIGINT, coalesce(any_value(bad.n), 0)
        FROM sent LEFT JOIN bad USING (source, target) GROUP BY 1, 2 ORDER BY 1, 2
        """
    )
    return {(str(a), str(b)): Traffic(int(str(sent)), int(str(bad)), a == CENTRE) for a, b, sent, bad in found}


def _sellers(record: Record) -> list[str]:
    return [str(name) for (name,) in record.rows("SELECT DISTINCT source FROM events WHERE kind = 'order.placed'")]


def _layers(graph: nx.DiGraph, sellers: list[str]) -> list[list[str]]:
    """Return the parties from left to right: who sells, who decides, who executes and books, who carries.

    In a world without a middleware: who calls, then those who are called.
    """
    if CENTRE in graph:
        near = set(graph.successors(CENTRE)) | set(graph.predecessors(CENTRE))
        rank = {party: 0 if party in sellers else 2 if party in near else 3 for party in graph} | {CENTRE: 1}
    else:
        rank = {party: 0 for party in graph if graph.in_degree(party) == 0}
        for source, target in nx.bfs_edges(nx.DiGraph([*graph.edges, *(("", party) for party in rank)]), ""):
            rank[target] = rank.get(source, -1) + 1
    return [layer for n in range(len(graph)) if (layer := sorted(party for party in graph if rank.get(party, 0) == n))]


def _boxes(place: Axes, layers: list[list[str]], height: float) -> Mapping[str, FancyBboxPatch]:
    """Draw the parties, each in a box as wide as its name."""
    made = {}
    wide = [max(_width(party) for party in layer) for layer in layers]
    free = (WIDTH_IN - 0.5 - sum(wide)) / max(1, len(layers) - 1)
    left = 0.25
    for rank, layer in enumerate(layers):
        x = left + wide[rank] / 2 if len(layers) > 1 else WIDTH_IN / 2
        left += wide[rank] + free
        for row, party in enumerate(layer):
            y = 0.35 + (height - 0.85) * (row + 0.5) / len(layer)
            width = _width(party)
            box = FancyBboxPatch(
                (x - width / 2, y - 0.14),
                width,
                0.28,
                boxstyle="round,pad=0.02,rounding_size=0.07",
                facecolor="white",
                edgecolor=COLOURS[rank % len(COLOURS)],
                linewidth=1.8,
                zorder=3,
            )
            place.add_patch(box)
            place.text(x, y, party, ha="center", va="center_baseline", fontsize=9, color=INK, zorder=4)
            made[party] = box
    return made


def _width(party: str) -> float:
    return 0.2 + CHARACTER_IN * len(party)


def _arrow(place: Axes, start: FancyBboxPatch, end: FancyBboxPatch, traffic: Traffic, most: int) -> None:
    (x0, y0), (x1, y1) = _middle(start), _middle(end)
    width = 0.6 + 4.0 * math.sqrt(traffic.sent / most)
    place.add_patch(
        FancyArrowPatch(
            (x0, y0),
            (x1, y1),
            patchA=start,
            patchB=end,
            shrinkA=2,
            shrinkB=2,
            arrowstyle="-|>",
            mutation_scale=8 + width,
            linewidth=width,
            color=QUIET,
            alpha=0.55,
            connectionstyle=f"arc3,rad={BEND}",
        )
    )
    at = 0.64 if traffic.outward else 0.36  # nearer to the party than to the middleware, where all arrows meet
    bent = ((x0 + x1) / 2 + BEND * (y1 - y0), (y0 + y1) / 2 - BEND * (x1 - x0))
    x, y = ((1 - at) ** 2 * a + 2 * at * (1 - at) * b + at**2 * c for a, b, c in ((x0, bent[0], x1), (y0, bent[1], y1)))
    paper = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    bad = traffic.bad / traffic.sent
    share = "" if bad == 0 else f"\n{bad:.1%}" if bad >= 0.001 else "\n<0.1%"
    colour = COLOURS[1] if traffic.bad else INK
    text = number(traffic.sent) + share
    place.text(x, y, text, fontsize=8, color=colour, ha="center", va="center", bbox=paper, linespacing=1.1, zorder=5)


def _middle(box: FancyBboxPatch) -> tuple[float, float]:
    return box.get_x() + box.get_width() / 2, box.get_y() + box.get_height() / 2
