"""Reads mapping files, and finds the files that go with them; the rooms below get checked values."""

import csv
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from scenarios.containers import FileContainer, digest_of
from twin.connectivity import Mapping, parse_mapping
from twin.errors import HistoryError, Problem, ScenarioError, UsageError
from twin.model.instant import DAY
from twin.world.demand_history import History, read_history

MAPPING_BYTES_MAX = 1 << 20
SHIPPED = Path(__file__).parent / "data"


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file.

    Raises:
        ScenarioError: the file cannot be opened, is no YAML, or does not keep the language; every problem is named.
    """
    name = path.name
    try:
        raw = path.read_bytes()[: MAPPING_BYTES_MAX + 1]
    except OSError as error:
        raise _refused(name, 0, 0, f"cannot be read: {error.strerror}") from error
    if len(raw) > MAPPING_BYTES_MAX:
        raise _refused(name, 0, 0, f"is larger than {MAPPING_BYTES_MAX} bytes; that is no mapping")
    document = _yaml(raw, name)
    return parse_mapping(
        document,
        zones=zone_of,
        file=name,
        place=lambda where: _place(document, where),
        codes=lambda file: _codes(path.parent / file),
    )


def zone_of(name: str) -> tzinfo:
    """Return the time zone of a name; raise `KeyError` or `ValueError` if there is none."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError as error:
        raise KeyError(name) from error
    except OSError as error:
        raise ValueError(name) from error


def mapping_named(name: Path) -> Path:
    """Return the file of a mapping: the one named, or the shipped one of that name.

    Raises:
        UsageError: there is neither.
    """
    if name.exists() or name.suffix or len(name.parts) > 1:
        return name
    shipped = SHIPPED / f"{name.name.replace('-', '_')}.yaml"
    if not shipped.exists():
        there = ", ".join(shipped_mappings())
        raise UsageError(f"no mapping {str(name)!r}: there is no such file, and the shipped ones are {there}")
    return shipped


def shipped_mappings() -> tuple[str, ...]:
    """Return the names of the mappings that ship, sorted."""
    return tuple(sorted(file.stem for file in SHIPPED.glob("*.yaml")))


def beside(name: str, *files: Path) -> Path:
    """Return the file of that name beside the first of several files that has it there.

    Raises:
        HistoryError: none has.
    """
    for file in files:
        found = file.parent / name
        if found.exists():
            return found
    places = ", ".join(f"beside {file.name}" for file in files)
    raise HistoryError(f"{name}: no such file (looked {places})")


def joined_of(mapping: Mapping, file: Path, mapping_file: Path) -> dict[str, FileContainer]:
    """Return the files of a mapping's joins, found beside the file that is read, or beside the mapping.

    Raises:
        HistoryError: one of them is nowhere.
    """
    return {join.name: FileContainer(beside(join.source.file, file, mapping_file)) for join in mapping.joins}


def load_history(
    path: Path,
    mapping_file: Path,
    *,
    window_from_us: int,
    window_us: int,
    estimate_us: int = 28 * DAY,
    quantity_above: int | None = None,
    quantity_quantile: float | None = None,
) -> History:
    """Read the demand of a window from a recorded file; the arguments are those of `read_history`.

    Raises:
        HistoryError: as `read_history`, or a file cannot be opened.
        ScenarioError: the mapping does not keep its language.
    """
    mapping = load_mapping(mapping_file)
    return read_history(
        FileContainer(path),
        mapping,
        joined=joined_of(mapping, path, mapping_file),
        digest=digest_of(path),
        window_from_us=window_from_us,
        window_us=window_us,
        estimate_us=estimate_us,
        quantity_above=quantity_above,
        quantity_quantile=quantity_quantile,
    )


def _codes(path: Path) -> tuple[tuple[str, str], ...]:
    """Return the pairs of a file of codes: a header, then a word and what it stands for on each line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name} is no table of text: {error}") from error
    except OSError as error:
        raise ValueError(f"{path.name} cannot be read: {error.strerror or error}") from error
    for number, row in enumerate(rows[1:], 2):
        if row and len(row) != 2:
            raise ValueError(f"{path.name}:{number}: expected a word and what it stands for (got {len(row)} fields)")
    return tuple((row[0].strip(), row[1].strip()) for row in rows[1:] if row)


def _yaml(raw: bytes, name: str) -> object:
    try:
        document: object = YAML(typ="rt", pure=True).load(raw.decode("utf-8"))
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        raise _refused(name, line, column, f"is not YAML: {error.problem}") from error
    except YAMLError as error:
        raise _refused(name, 0, 0, f"is not YAML: {error}") from error
    except UnicodeDecodeError as error:
        raise _refused(name, 0, 0, f"is no UTF-8 text (byte {error.start + 1})") from error
    if document is None:
        raise _refused(name, 0, 0, "is empty; expected a mapping")
    return document


def _place(document: object, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Return line and column of the value at a path, or of the nearest part above it that has a place."""
    line, column, node = 1, 1, document
    for part in path:
        try:
            if isinstance(node, CommentedMap):
                at = node.lc.value(part)
            elif isinstance(node, CommentedSeq):
                at = node.lc.item(part)
            else:
                break
            node = node[part]
        except (KeyError, IndexError):
            break
        line, column = at[0] + 1, at[1] + 1
    return line, column


def _refused(file: str, line: int, column: int, message: str) -> ScenarioError:
    return ScenarioError(
        (Problem(file=file, line=line, column=column, path="", level="error", message=message),),
    )
