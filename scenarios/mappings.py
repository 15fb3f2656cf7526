"""Opens recorded files and reads mapping files; the rooms below get bytes and checked values."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from twin.connectivity import Mapping, parse_mapping
from twin.errors import HistoryError, Problem, ScenarioError
from twin.model.instant import DAY
from twin.world.demand_history import History, read_history

BLOCK_BYTES = 1 << 16
MAPPING_BYTES_MAX = 1 << 20


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
    return parse_mapping(document, zones=zone_of, file=name, place=lambda path: _place(document, path))


def zone_of(name: str) -> tzinfo:
    """Return the time zone of a name; raise `KeyError` or `ValueError` if there is none."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError as error:
        raise KeyError(name) from error
    except OSError as error:
        raise ValueError(name) from error


def blocks_of(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, unpacked if it is gzip, in blocks.

    Raises:
        HistoryError: the file cannot be opened, or its compression is cut off or broken.
    """
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
            stream.seek(0)
            if not packed:
                yield from iter(lambda: stream.read(BLOCK_BYTES), b"")
                return
            with gzip.open(stream) as unpacked:
                yield from iter(lambda: unpacked.read(BLOCK_BYTES), b"")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise HistoryError(f"{path.name}: the gzip file is cut off or broken: {error}") from error
    except OSError as error:
        raise HistoryError(f"{path.name}: cannot be read: {error.strerror or error}") from error


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file as it lies on disk, as `sha256:...`.

    Raises:
        HistoryError: the file cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise HistoryError(f"{path.name}: cannot be read: {error.strerror or error}") from error


def load_history(
    path: Path,
    mapping: Mapping,
    *,
    window_from_us: int,
    window_us: int,
    estimate_us: int = 28 * DAY,
    quantity_above: int | None = None,
    quantity_quantile: float | None = None,
) -> History:
    """Read the demand of a window from a recorded file; the arguments are those of `read_history`.

    Raises:
        HistoryError: as `read_history`, or the file cannot be opened.
    """
    return read_history(
        blocks_of(path),
        mapping,
        file=path.name,
        digest=digest_of(path),
        window_from_us=window_from_us,
        window_us=window_us,
        estimate_us=estimate_us,
        quantity_above=quantity_above,
        quantity_quantile=quantity_quantile,
    )


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
