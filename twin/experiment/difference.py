"""Two run folders side by side: which settings differ, which measures, and the first event that does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twin.experiment.archive import events_of
from twin.experiment.manifest import Manifest
from twin.experiment.results import Json

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

ABSENT: Final = "(absent)"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is `a` in the first folder and `b` in the second."""

    what: str
    a: Json
    b: Json


@dataclass(frozen=True, slots=True)
class FirstEvent:
    """The first event, by its place in the record, that the two runs of a design do not share; None: it ended there."""

    design: str
    row: int
    a: Mapping[str, Json] | None
    b: Mapping[str, Json] | None


def settings(a: "Scenario", b: "Scenario") -> list[Change]:
    """Return the settings that differ, path by path, defaults included."""
    first, second = (_flat(each.model_dump(mode="json", by_alias=True, exclude={"small"})) for each in (a, b))
    return _changes(first, second)


def measures(a: Manifest, b: Manifest) -> list[Change]:
    """Return the mean measures that differ, as `design: key`; a folder with one design has them under the bare key."""
    return _changes(_means(a), _means(b))


def first_events(a: Manifest, b: Manifest) -> list[FirstEvent]:
    """Return the first differing event of each design that both folders recorded; equal records give none.

    Records are compared row by row on disk, so memory does not grow with them. Where each folder has one design, these
    are compared, whatever their names.
    """
    first, second = dict(events_of(a)), dict(events_of(b))
    if len(first) == len(second) == 1:
        pairs = [(design, first[design], next(iter(second.values()))) for design in first]
    else:
        pairs = [(design, path, second[design]) for design, path in first.items() if design in second]
    found = [_first_event(design, one, other) for design, one, other in pairs]
    return [each for each in found if each is not None]


def _first_event(design: str, a: Path, b: Path) -> FirstEvent | None:
    import duckdb

    with duckdb.connect(config={"threads": 1, "preserve_insertion_order": True}) as database:
        for name, path in (("a", a), ("b", b)):
            told = "'" + str(path).replace("'", "''") + "'"
            database.execute(
                f"CREATE VIEW {name} AS SELECT e AS event, file_row_number AS row "
                f"FROM (SELECT struct_pack(at_us, kind, source, target, message, cause, case_id, item, quantity) AS e, "
                f"file_row_number FROM read_parquet({told}, file_row_number = true))"
            )
        found = database.execute(
            "SELECT coalesce(a.row, b.row), a.event, b.event FROM a FULL JOIN b ON a.row = b.row "
            "WHERE a.event IS DISTINCT FROM b.event ORDER BY 1 LIMIT 1"
        ).fetchone()
    return None if found is None else FirstEvent(design, *found)


def _means(manifest: Manifest) -> dict[str, Json]:
    told = json.loads((manifest.folder / "kpis.json").read_text(encoding="utf-8"))
    blocks = (
        {name: block["kpis"] for name, block in told["designs"].items()} if "designs" in told else {"": told["kpis"]}
    )
    return {
        f"{design}: {key}" if design else key: value["mean"]
        for design, kpis in blocks.items()
        for key, value in kpis.items()
    }


def _changes(first: Mapping[str, Json], second: Mapping[str, Json]) -> list[Change]:
    return [
        Change(key, first.get(key, ABSENT), second.get(key, ABSENT))
        for key in dict.fromkeys((*first, *second))
        if first.get(key, ABSENT) != second.get(key, ABSENT)
    ]


def _flat(value: object, path: str = "") -> dict[str, Json]:
    if isinstance(value, Mapping) and value:
        return {
            key: leaf for name, part in value.items() for key, leaf in _flat(part, f"{path}.{name}".lstrip(".")).items()
        }
    if isinstance(value, list) and value:
        return {key: leaf for n, part in enumerate(value) for key, leaf in _flat(part, f"{path}[{n}]").items()}
    return {path: value}  # type: ignore[dict-item]  # what pydantic dumps as JSON is JSON
