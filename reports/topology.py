"""The parties of a recorded run and the traffic between them: arrows as wide as the messages are many."""

import math

import networkx as nx
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import FancyArrowPatch

from reports.style import COLOURS, INK, QUIET, WIDTH_IN, footnote, look
from twin.experiment.comparison import number
from twin.experiment.trace import Record


def figure(record: Record, scenario: str, seed: int) -> Figure:
    """Draw who sent how many messages to whom, repeats included."""
    graph = _graph(record)
    with look():
        layout = ConstrainedLayoutEngine(rect=(0, 0.06, 1, 0.94))
        drawn = Figure(figsize=(WIDTH_IN, 1.2 + 0.85 * max(3, _tallest(graph))), dpi=100, layout=layout)
        place = drawn.subplots()
        place.set_axis_off()
        spots = nx.multipartite_layout(graph, subset_key="layer", scale=1.0)
        most = max((data["count"] for _, _, data in graph.edges(data=True)), default=1)
        for source, target, data in graph.edges(data=True):
            _arrow(place, spots[source], spots[target], data, most)
        for party, (x, y) in spots.items():
            shade = COLOURS[graph.nodes[party]["layer"]]
            place.text(
                x,
                y,
                party,
                ha="center",
                va="center",
                fontsize=9,
                color=INK,
                bbox={"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": shade, "linewidth": 1.8},
            )
        place.margins(0.16, 0.14)
        place.set_title("Messages between the parties, attempts included")
        footnote(drawn, f"{scenario}, {record.design}", [seed], "first replication")
    return drawn


def _graph(record: Record) -> nx.DiGraph:
    """Return the parties in layers from left to right: who sells, who decides, who executes and books, who carries."""
    found = record.rows(
        "SELECT source, target, count(*) FROM events WHERE kind LIKE '%.sent' AND source <> target "
        "GROUP BY ALL ORDER BY ALL"
    )
    placing = {str(name) for (name,) in record.rows("SELECT DISTINCT source FROM events WHERE kind = 'order.placed'")}
    orders = record.rows("SELECT source, count(*) FROM events WHERE kind = 'order.placed' GROUP BY 1 ORDER BY 1")
    edges = [(str(a), str(b), int(str(n))) for a, b, n in found]
    edges += [(str(a), "middleware", int(str(n))) for a, n in orders]
    reached = {b for a, b, _ in edges if a == "middleware"}
    graph = nx.DiGraph()
    for a, b, count in edges:
        for party in (a, b):
            if party == "middleware":
                layer = 1
            elif party in placing:
                layer = 0
            else:
                layer = 2 if party in reached or any(x == party and y == "middleware" for x, y, _ in edges) else 3
            graph.add_node(party, layer=layer)
        graph.add_edge(a, b, count=count)
    return graph


def _tallest(graph: nx.DiGraph) -> int:
    layers = [data["layer"] for _, data in graph.nodes(data=True)]
    return max((layers.count(layer) for layer in set(layers)), default=1)


def _arrow(place: Axes, start: tuple[float, float], end: tuple[float, float], data: dict[str, int], most: int) -> None:
    width = 0.6 + 4.4 * math.sqrt(data["count"] / most)
    arrow = FancyArrowPatch(
        (float(start[0]), float(start[1])),
        (float(end[0]), float(end[1])),
        arrowstyle="-|>",
        mutation_scale=9 + width,
        linewidth=width,
        color=QUIET,
        alpha=0.55,
        connectionstyle="arc3,rad=0.12",
        shrinkA=34,
        shrinkB=34,
    )
    place.add_patch(arrow)
    x, y = (start[0] * 0.45 + end[0] * 0.55), (start[1] * 0.45 + end[1] * 0.55)
    dx, dy = end[0] - start[0], end[1] - start[1]
    size = math.hypot(dx, dy) or 1.0
    place.text(
        x + 0.06 * dy / size,
        y - 0.06 * dx / size,
        number(data["count"]),
        fontsize=8,
        color=INK,
        ha="center",
        va="center",
        bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
    )
