"""The page of a shipped scenario: its question, designs and faults, and what is claimed of it before anything runs.

`twin explain` prints it, and the documentation has those of all. It is read from the file as it is loaded.
"""

from collections.abc import Mapping

import scenarios
from twin.experiment.expectations import Claim, claims_of
from twin.world.fault_specs import AfterTrigger, AtTrigger, FaultBlock
from twin.world.values import duration_text


def scenario_page(name: str) -> str:
    """Return the page of one shipped scenario, as Markdown without a heading.

    Raises:
        ScenarioError: No scenario of this name ships.
    """
    scenario = scenarios.load(name)
    verb, each = ("run", "") if len(scenario.designs) == 1 else ("compare", " of each design")
    runs = "1 run" if scenario.reps == 1 else f"{scenario.reps} runs"
    whole = f"{runs}{each}, {duration_text(scenario.horizon)} long, from seed {scenario.seed} on"
    lines = [
        scenario.question,
        "",
        f"- `twin {verb} {name}`: {whole}",
        f"- `twin {verb} {name} --small`: {_changes(scenario.small)}",
        f"- designs: {', '.join(f'`{design}`' for design in scenario.designs)}",
        *(f"- fault: {_fault(fault)}" for fault in scenario.faults),
    ]
    for claim, said in zip(claims_of(scenario), scenario.expectations, strict=True):
        lines.append(f"- claim: {_claim(claim)}{f' ({said.claim})' if said.claim else ''}")
    return "\n".join(lines)


def _changes(small: Mapping[str, object]) -> str:
    """Say what the small version changes of the world; its claims are in the file."""
    return ", ".join(f"`{path}` {_plain(value)}" for path, value in small.items() if not path.startswith("expect"))


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(each)}" for key, each in value.items())
    return str(value)


def _fault(fault: FaultBlock) -> str:
    match fault.trigger:
        case AtTrigger(at=at):
            begins = f"from {duration_text(at)} on"
        case AfterTrigger(after=other):
            begins = f"after `{other}`"
        case _:
            begins = "when something happens"
    return f"`{fault.name}`, {fault.kind} at `{fault.target}`, {begins}"


def _claim(claim: Claim) -> str:
    over = "" if claim.seeds is None else f", over any {claim.seeds} seeds"
    rest = "" if claim.fails else "; only reported"
    return f"`{claim.name}`: {claim.sentence}{over}{rest}"
