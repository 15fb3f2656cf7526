"""What a shortened horizon leaves no room for: faults that would begin after it are left out, and listed."""

from dataclasses import replace

from scenarios.document import Node, problem
from twin.errors import Problem
from twin.world.fault_specs import AfterTrigger, AtTrigger
from twin.world.scenario import Scenario
from twin.world.values import duration_text


def shortened(tree: Node, scenario: Scenario) -> tuple[Node, list[Problem]]:
    """Return the tree without faults that begin after the horizon or wait for one that does, and say which."""
    late: dict[str, str] = {}
    for fault in scenario.faults:
        trigger = fault.trigger
        if isinstance(trigger, AtTrigger) and trigger.at >= scenario.horizon:
            late[fault.name] = f"begins at {duration_text(trigger.at)}"
        elif isinstance(trigger, AfterTrigger) and trigger.after in late:
            late[fault.name] = f"waits for {trigger.after!r}"
    records = tree.entries.get("faults")
    if not late or records is None or not isinstance(records.value, list):
        return tree, []
    kept, told = [], []
    for number, record in enumerate(records.value):
        name = record.entries["name"].value
        if not isinstance(name, str) or name not in late:
            kept.append(record)
            continue
        message = f"{name!r} is left out: it {late[name]}, after the horizon of {duration_text(scenario.horizon)}"
        told.append(replace(problem(record.place, f"faults[{number}]", message), level="warning"))
    return Node({**tree.entries, "faults": replace(records, value=kept)}, tree.place, tree.key), told
