"""What a shortened horizon leaves no room for: faults and actions that would come after it are left out, and listed."""

from dataclasses import replace

from scenarios.document import Node, problem
from twin.errors import Problem
from twin.world.fault_specs import AfterTrigger, AtTrigger
from twin.world.scenario import Scenario
from twin.world.values import duration_text


def shortened(tree: Node, scenario: Scenario) -> tuple[Node, list[Problem]]:
    """Return the tree without faults that begin after the horizon or wait for one that does, and without actions
    after it, and say which.
    """
    late: dict[str, str] = {}
    for fault in scenario.faults:
        trigger = fault.trigger
        if isinstance(trigger, AtTrigger) and trigger.at >= scenario.horizon:
            late[fault.name] = f"begins at {duration_text(trigger.at)}"
        elif isinstance(trigger, AfterTrigger) and trigger.after in late:
            late[fault.name] = f"waits for {trigger.after!r}"
    tree, told = _without(tree, "faults", late, scenario)
    acts = {
        each.name: f"is done at {duration_text(each.at)}" for each in scenario.actions if each.at >= scenario.horizon
    }
    tree, more = _without(tree, "actions", acts, scenario)
    return tree, told + more


def _without(tree: Node, block: str, late: dict[str, str], scenario: Scenario) -> tuple[Node, list[Problem]]:
    records = tree.entries.get(block)
    if not late or records is None or not isinstance(records.value, list):
        return tree, []
    kept, told = [], []
    for number, record in enumerate(records.value):
        name = record.entries["name"].value
        if not isinstance(name, str) or name not in late:
            kept.append(record)
            continue
        message = f"{name!r} is left out: it {late[name]}, after the horizon of {duration_text(scenario.horizon)}"
        told.append(replace(problem(record.place, f"{block}[{number}]", message), level="warning"))
    return Node({**tree.entries, block: replace(records, value=kept)}, tree.place, tree.key), told
