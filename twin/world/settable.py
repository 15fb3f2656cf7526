"""Which settings an action may change while a run goes on, and what of the world changes with each.

A run is built from its settings once; only what the parts of a world ask for again can be changed under them. Of a
design these are rules that are asked order by order, and the number of workers. Dropped: whatever `--set` takes. Retry
rules, publication and identity are built into clients, publishers and procedures with state of their own, which would
have to be carried over in a way that nobody has decided.
"""

import re
from typing import Final, Literal

Part = Literal["floor", "desk", "concurrency", "workers", "rules"]

_NAME: Final = r'(?:[^."]+|"[^"]+")'
PATHS: Final[tuple[tuple[Part, str, str], ...]] = (
    ("floor", rf"landscape\.parties\.{_NAME}\.sites\.{_NAME}\.people", "landscape.parties.WMS.sites.SITE.people"),
    ("desk", rf"landscape\.parties\.{_NAME}\.people", "landscape.parties.DESK.people"),
    ("concurrency", rf"landscape\.parties\.{_NAME}\.concurrency", "landscape.parties.ERP.concurrency"),
    ("workers", rf"designs\.{_NAME}\.workers\.count", "designs.DESIGN.workers.count"),
    (
        "rules",
        rf"designs\.{_NAME}\.(?:publication\.buffer|allocation|backorder|reservation)(?:\..+)?",
        "designs.DESIGN.{publication.buffer, allocation, backorder, reservation}",
    ),
    (
        "rules",
        rf"channels\.{_NAME}\.(?:cap|priority|sites|backorder_depth|cut_off|terms\.prices|terms\.tax)(?:\..+)?",
        "channels.CHANNEL.{cap, priority, sites, backorder_depth, cut_off, terms.prices, terms.tax}",
    ),
)
"""Of each kind of path: what changes with it, how it is known, and how it is written."""


def part_of(path: str) -> Part | None:
    """Return what of a world a path changes; None if nothing of it can be changed while it runs."""
    return next((part for part, pattern, _ in PATHS if re.fullmatch(pattern, path)), None)


def told() -> str:
    """Return what can be changed, for a sentence."""
    return ", ".join(dict.fromkeys(text for _, _, text in PATHS))


def keys(path: str) -> list[str]:
    """Return the keys of a path; one in quotes without them."""
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]+)"|([^."]+)', path)]


def is_of(path: str, design: str) -> bool:
    """Tell whether a path changes something where that design runs: a slot of its own, or what no design has."""
    found = keys(path)
    return found[0] != "designs" or found[1] in ("*", design)
