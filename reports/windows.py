"""When faults were on and people acted, as the record has it: what the time lines shade and mark."""

from collections.abc import Sequence
from dataclasses import dataclass

from twin.experiment.trace import Record


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time that is shaded: faults that were on; microseconds from the start of the run."""

    name: str
    at_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment that is marked: somebody acted on purpose, or took it back; microseconds from the start of the run."""

    name: str
    at_us: int


def marks_of(record: Record) -> list[Mark]:
    """Return when people acted on purpose, and when what they did was over."""
    rows = record.rows(
        "SELECT kind, source, at_us FROM events WHERE kind IN ('action.on', 'action.off') ORDER BY file_row_number"
    )
    return [Mark(str(name) if kind == "action.on" else f"{name} ends", int(str(at))) for kind, name, at in rows]


def windows_of(record: Record, span_us: int) -> list[Window]:
    """Return when faults were on; those that were on over the same stretch share a window, one without an end has it
    at the end of the run.
    """
    rows = record.rows(
        "SELECT kind, source, at_us FROM events WHERE kind IN ('fault.on', 'fault.off') ORDER BY file_row_number"
    )
    found: dict[tuple[int, int], list[str]] = {}
    begun: dict[str, int] = {}
    for kind, source, at in rows:
        if kind == "fault.on":
            begun.setdefault(str(source), int(str(at)))
        elif str(source) in begun:
            found.setdefault((begun.pop(str(source)), int(str(at))), []).append(str(source))
    for name, at in begun.items():
        found.setdefault((at, span_us), []).append(name)
    return [Window(", ".join(names), at, until) for (at, until), names in sorted(found.items())]


def never_on(faults: Sequence[str], windows: Sequence[Window]) -> list[str]:
    """Return the faults of a scenario that no window tells of."""
    seen = {name for window in windows for name in window.name.split(", ")}
    return [name for name in faults if name not in seen]
