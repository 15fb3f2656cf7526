"""Draws the state diagrams of the pages, which are Mermaid text, for the site: as SVG, without anybody's program.

A diagram of many states with an arrow between most of them is a tangle however it is laid out. So it is drawn as the
paths of orders are in the trace explorer: each state is a line, each move an arrow from one to another with its event
above it, one below the other in the order of the text. Colours are those of the page, by day and by night.
"""

import re
from html import escape
from typing import Final, NamedTuple

BLOCK: Final = re.compile(r"^```mermaid\nstateDiagram-v2\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
MOVE: Final = re.compile(r"^\s*(?P<source>\S+) --> (?P<target>\S+): (?P<event>.+)$")
BIRTH: Final = "[*]"
GAP, ROW, LEFT, TOP, LETTER = 62, 27, 26, 12, 6.3
"""Between states, between moves, around, and what a letter is wide, in pixels."""


class Move(NamedTuple):
    """What leads from one state to another."""

    source: str
    target: str
    event: str


def moves_of(text: str) -> list[Move]:
    """Read the moves of a state diagram.

    Raises:
        ValueError: a line is none.
    """
    found = []
    for line in filter(str.strip, text.splitlines()):
        move = MOVE.match(line)
        if move is None:
            raise ValueError(f"no move of a state diagram: {line.strip()!r}")
        found.append(Move(**move.groupdict()))
    return found


def rendered(page: str) -> str:
    """Return a page with its diagrams drawn, each with its text below it."""

    def drawn(found: re.Match[str]) -> str:
        text = escape(found["text"])
        below = f"<details><summary>The same as text</summary><pre>{text}</pre></details>"
        return f"```{{raw}} html\n{svg(moves_of(found['text']))}\n{below}\n```"

    return BLOCK.sub(drawn, page)


def svg(moves: list[Move]) -> str:
    """Draw moves between states."""
    states = list(dict.fromkeys(state for move in moves for state in (move.source, move.target)))
    states.sort(key=lambda state: state != BIRTH)
    head = TOP + max(len(state) for state in states) * LETTER * 0.72 + 16
    at = {state: LEFT + GAP * place for place, state in enumerate(states)}
    width = max(
        at[states[-1]] + max(len(state) for state in states) * LETTER * 0.72,
        *(_label_x(move, at) + len(move.event) * LETTER for move in moves),
    )
    height = head + ROW * len(moves) + 14
    told = "; ".join(f"{move.source} to {move.target}: {move.event}" for move in moves)
    parts = [
        f'<svg class="states" role="img" viewBox="0 0 {width + LEFT:.0f} {height:.0f}" width="{width + LEFT:.0f}" '
        f'style="max-width:100%;height:auto" font-family="system-ui, sans-serif" font-size="12" '
        f'aria-label="{escape(told)}">'
    ]
    for state in states:
        x = at[state]
        name = "not there yet" if state == BIRTH else state
        parts.append(
            f'<text x="{x}" y="{head - 8:.0f}" transform="rotate(-40 {x} {head - 8:.0f})" fill="currentColor" '
            f'font-weight="600">{escape(name)}</text>'
        )
        parts.append(
            f'<line x1="{x}" x2="{x}" y1="{head:.0f}" y2="{height - 6:.0f}" stroke="currentColor" opacity="0.3"/>'
        )
    for row, move in enumerate(moves):
        parts += _arrow(move, at, head + ROW * (row + 1) - 4)
    return "\n".join([*parts, "</svg>"])


def _label_x(move: Move, at: dict[str, int]) -> float:
    return min(at[move.source], at[move.target]) + (16 if move.source == move.target else 5)


def _arrow(move: Move, at: dict[str, int], y: float) -> list[str]:
    start, end = at[move.source], at[move.target]
    ink = 'stroke="currentColor" stroke-width="1.4" fill="none"'
    if start == end:
        line = f'<path d="M {start} {y - 8:.0f} h 10 v 8 h -4" {ink}/>'
        way = -1
    else:
        line = f'<line x1="{start}" x2="{end}" y1="{y:.0f}" y2="{y:.0f}" {ink}/>'
        way = 1 if end > start else -1
    tip = f'<path d="M {end} {y:.0f} l {-7 * way} -4 v 8 z" fill="currentColor"/>'
    label = f'<text x="{_label_x(move, at):.0f}" y="{y - 5:.0f}" fill="currentColor">{escape(move.event)}</text>'
    return [line, tip, label]
