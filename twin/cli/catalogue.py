"""What `twin list` lists, read from the rooms that own it, so that the list cannot fall behind."""

from collections.abc import Iterable, Mapping
from typing import get_args

from twin.errors import Problem
from twin.experiment.results import Row


def rows_of(kind: str) -> list[Row]:
    """Give one row for each scenario, party kind, fault, invariant, preset or measure.

    Raises:
        KeyError: There is no such kind.
    """
    return {
        "scenarios": _scenarios,
        "parties": _parties,
        "faults": _faults,
        "invariants": _invariants,
        "presets": _presets,
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


def _scenarios() -> list[Row]:
    import scenarios

    return [{"name": name, "question": scenarios.load(name).question} for name in scenarios.names()]


def _parties() -> list[Row]:
    from twin.world.landscape import Party

    union, *_ = get_args(Party)
    return [
        {"name": _only(block.model_fields["kind"].annotation), "text": _first_line(block.__doc__)}
        for block in get_args(union)
    ]


def _faults() -> list[Row]:
    from twin.world.fault_kinds import KINDS, LATER_KINDS

    there: list[Row] = [
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
    absent: list[Row] = [
        {"name": name, "text": f"not modelled: {text}", "strikes": "", "needs": "", "takes": "", "class": ""}
        for name, text in LATER_KINDS.items()
    ]
    return there + absent


def _presets() -> list[Row]:
    from policies.presets import ALL

    return [
        {"name": name, "slot": slot, "text": preset.source}
        for slot, presets in ALL.items()
        for name, preset in presets.items()
    ]


def _invariants() -> list[Row]:
    from twin.world.invariants import CHECKED

    return _named(CHECKED)


def _measures() -> list[Row]:
    from twin.world.measures import MEASURES

    return [{"name": name, "unit": unit, "text": text} for name, (unit, text) in MEASURES.items()]


def _named(entries: Mapping[str, str]) -> list[Row]:
    return [{"name": name, "text": text} for name, text in entries.items()]


def _only(annotation: object) -> str:
    (word,) = get_args(annotation)
    return str(word)


def _first_line(text: str | None) -> str:
    return (text or "").partition("\n")[0]
