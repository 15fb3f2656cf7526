"""What `twin list` lists, read from the rooms that own it, so that the list cannot fall behind."""

from collections.abc import Iterable

from twin.errors import Problem
from twin.experiment.results import Row


def rows_of(kind: str) -> list[Row]:
    """Give one row for each scenario, party kind, fault, invariant, preset, policy or measure.

    Raises:
        KeyError: There is no such kind.
    """
    return {
        "scenarios": _scenarios,
        "parties": _parties,
        "faults": _faults,
        "invariants": _invariants,
        "presets": _presets,
        "policies": _policies,
        "measures": _measures,
    }[kind]()


def problem_rows(problems: Iterable[Problem]) -> list[Row]:
    """Give one row for each problem of a file."""
    return [
        {
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "path": problem.path,
            "level": problem.level,
            "message": problem.message,
        }
        for problem in problems
    ]


def load_rows(name: str, overrides: tuple[str, ...], *, small: bool, allow_code: tuple[str, ...] = ()) -> list[Row]:
    """Give one row for each gate of a scenario's world, the fullest first; none for a world without a distributor."""
    import scenarios
    from twin.world.loads import loads_of

    scenario = scenarios.load(name, overrides, small, allow_code=allow_code)
    if scenario.landscape.use == "blank":
        return []
    return [
        {
            "scenario": scenario.name,
            "gate": gate.name,
            "unit": gate.unit,
            "capacity": round(gate.capacity, 2),
            "normal_day": round(gate.normal, 2),
            "planned_peak": None if gate.planned is None else round(gate.planned, 2),
            "this_scenario": None if gate.scenario is None else round(gate.scenario, 2),
            "use": None if gate.use("scenario") is None else round(gate.use("scenario") or 0.0, 2),
        }
        for gate in loads_of(scenario)
    ]


def rows_of_parties(files: Iterable[str], overrides: tuple[str, ...], *, small: bool, form: str) -> list[Row]:
    """Give one row for each party of some scenarios; the sources one by one only where a program reads them."""
    import scenarios
    from scenarios.parties import party_rows
    from twin.cli import options

    found: list[Row] = [
        dict(row)
        for file in files
        for row in party_rows(scenarios.load(file, overrides, small, allow_code=tuple(options.allowed())))
    ]
    if form == "json":
        return found
    return [{key: value for key, value in row.items() if key != "sources"} for row in found]


def _scenarios() -> list[Row]:
    import scenarios

    return [{"name": name, "question": scenarios.load(name).question} for name in scenarios.names()]


def _parties() -> list[Row]:
    from twin.world.party_notes import party_rows

    return [dict(row) for row in party_rows()]


def _faults() -> list[Row]:
    from twin.world.fault_kinds import KINDS
    from twin.world.fault_templates import TEMPLATES

    kinds: list[Row] = [
        {
            "name": name,
            "text": kind.text,
            "strikes": ", ".join(kind.targets),
            "needs": ", ".join(kind.needs),
            "takes": ", ".join(kind.takes),
            "class": kind.assumption,
        }
        for name, kind in KINDS.items()
    ]
    templates: list[Row] = [
        {
            "name": name,
            "text": template.text,
            "strikes": "template: " + ", ".join(part.kind for part in template.parts),
            "needs": "",
            "takes": "set",
            "class": max(KINDS[part.kind].assumption for part in template.parts),
        }
        for name, template in TEMPLATES.items()
    ]
    return kinds + templates


def _presets() -> list[Row]:
    from policies.presets import ALL
    from twin.world.party_presets import PARTY_PRESETS

    policies: list[Row] = [
        {"name": name, "slot": slot, "text": preset.source}
        for slot, presets in ALL.items()
        for name, preset in presets.items()
    ]
    parties: list[Row] = [
        {"name": name, "slot": f"party {preset.block['kind']}", "text": preset.source}
        for name, preset in PARTY_PRESETS.items()
    ]
    return policies + parties


def _policies() -> list[Row]:
    from twin.world.policy_kinds import policy_kinds

    return [{"name": each.name, "slot": each.slot, "text": each.text} for each in policy_kinds()]


def _invariants() -> list[Row]:
    from twin.world.checks.catalogue import CATALOGUE

    return [{"name": name, "class": check.assumes, "text": check.text} for name, check in CATALOGUE.items()]


def _measures() -> list[Row]:
    from twin.world.measure_names import MEASURES

    return [{"name": name, "unit": unit, "text": text} for name, (unit, text) in MEASURES.items()]
