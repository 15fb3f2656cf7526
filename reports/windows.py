"""When faults were on, as far as the scenario says it: what the time lines shade."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.kernel.faults import After, At, Fault
from twin.world.fault_specs import record_of

if TYPE_CHECKING:
    from twin.world.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time that is shaded: faults that were on; microseconds from the start of the run."""

    name: str
    at_us: int
    until_us: int


def windows_of(scenario: "Scenario", span_us: int) -> tuple[list[Window], list[str]]:
    """Return when faults are on within the run, and the faults of which no time is known before it is run.

    An overrun and a slow healing are part of the time; faults on over the same stretch share a window.
    """
    records = [record_of(block) for block in scenario.faults]
    begins = {record.name: _begin(record, records) for record in records}
    found: dict[tuple[int, int], list[str]] = {}
    for record in records:
        at = begins[record.name]
        if at is not None and at < span_us:
            length = span_us if record.duration is None else record.duration
            slow = 2 if record.end == "heal_slow_ramp" else 1
            found.setdefault((at, min(span_us, at + slow * length)), []).append(record.name)
    made = [Window(", ".join(names), at, until) for (at, until), names in sorted(found.items())]
    return made, [name for name, at in begins.items() if at is None]


def _begin(record: Fault, records: Sequence[Fault]) -> int | None:
    """Return when a fault begins; None where the run decides it."""
    if isinstance(record.trigger, At):
        return record.trigger.at
    if isinstance(record.trigger, After):
        name = record.trigger.name
        earlier = next((each for each in records if each.name == name), None)
        at = None if earlier is None else _begin(earlier, records)
        return None if at is None else at + record.trigger.gap
    return None
