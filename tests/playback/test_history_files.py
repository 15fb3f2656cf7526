"""A history that is cut or garbled is refused with its line, an odd record has its class, and nothing is half done."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from scenarios.replays import replay
from tests.playback.recording import edited, submitted
from twin.cli import main
from twin.errors import HistoryError
from twin.model.commands import OrderedLine
from twin.model.history import Record, Stimulus
from twin.playback.history import HistoryFile, write_history


def whole(recorded: Path) -> bytes:
    return gzip.decompress(recorded.read_bytes())


def second_line(data: bytes, change: Callable[[dict[str, object]], object]) -> bytes:
    """Return the history with its second line, the first record, changed."""
    first, second, *rest = data.split(b"\n")
    document = json.loads(second)
    change(document)
    return b"\n".join([first, json.dumps(document).encode(), *rest])


def replacing_second(data: bytes, line: bytes) -> bytes:
    first, _, *rest = data.split(b"\n")
    return b"\n".join([first, line, *rest])


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda data: b"", ":1: the file is empty; expected the header of a history"),
    "cut gzip": (lambda data: gzip.compress(data)[: len(data) // 20], ": the gzip file is cut off or broken"),
    "no gzip after all": (lambda data: b"\x1f\x8bnothing", ": the gzip file is cut off or broken"),
    "invalid UTF-8": (lambda data: replacing_second(data, b'{"id": "\xff"}'), ":2: no CloudEvent of a history"),
    "invalid UTF-8 in a message": (
        lambda data: second_line(data, lambda line: line.update(type="twin.business", data=STEP)).replace(
            b"@@", b"\xff"
        ),
        ":2: no twin.business: 'utf-8' codec can't decode byte 0xff",
    ),
    "not JSON": (lambda data: replacing_second(data, b"order;item;quantity"), ":2: no CloudEvent of a history"),
    "cut line": (lambda data: replacing_second(data, data.split(b"\n")[1][:40]), ":2: no CloudEvent of a history"),
    "nested too deep": (
        lambda data: replacing_second(data, b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        ":2: no CloudEvent of a history: it is nested too deep",
    ),
    "no header": (lambda data: data.split(b"\n", 1)[1], ":1: expected a header, of type 'twin.history'"),
    "another version": (
        lambda data: data.replace(b'"schema_version":1', b'"schema_version":7', 1),
        ":1: schema_version must be 1 (got 7)",
    ),
    "unknown type": (
        lambda data: second_line(data, lambda line: line.update(type="com.example.order")),
        ":2: type must be one of twin.stimulus",
    ),
    "no time": (
        lambda data: second_line(data, lambda line: line.update(time="noon")),
        ":2: no time of RFC 3339: 'noon'",
    ),
    "an id of 71 bits": (
        lambda data: second_line(data, lambda line: line.update(data={**DATA, "id": 1 << 70})),
        ":2: id must be a whole number of 64 bits",
    ),
}
STEP = {"type": "OrderStep", "order": "@@", "step": "packed"}
DATA = {"type": "CancelOrder", "id": 5, "case": 9}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_one_line_with_its_place_and_exit_code_3(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], what: str
):
    spoil, said = BROKEN[what]
    history = tmp_path / "history.jsonl"
    history.write_bytes(spoil(whole(recorded)))
    code = main(["replay", str(history), "--format", "json"])
    out, err = capsys.readouterr()
    assert code == 3
    assert out == ""
    assert err.count("\n") == 1
    assert f"history.jsonl{said}" in err


def test_a_file_that_is_cut_after_the_header_leaves_no_baseline_and_no_junit(recorded: Path, tmp_path: Path):
    history = tmp_path / "history.jsonl.gz"
    history.write_bytes(recorded.read_bytes()[:-3000])
    code = main(
        ["replay", str(history), "--junit", str(tmp_path / "j.xml"), "--accept", str(tmp_path / "a.txt"), "--quiet"]
    )
    assert code == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.jsonl.gz"]


def test_a_record_of_the_year_1948_is_a_dead_letter_of_its_class(recorded: Path, tmp_path: Path):
    history = tmp_path / "history.jsonl"
    history.write_bytes(second_line(whole(recorded), lambda line: line.update(time="1948-01-01T00:00:00Z")))
    (made,) = replay(history).made
    assert made.played.dead_letters == {"time_before_start": 1}
    (open_made,) = replay(history, mode="open").made
    assert open_made.played.dead_letters == {"time_before_start": 1}


def test_a_record_from_elsewhere_is_a_dead_letter_of_its_class(recorded: Path, tmp_path: Path):
    def edit(records: list[Record]) -> list[Record]:
        place, order = submitted(list(enumerate(records)))[0]
        record = records[place]
        assert isinstance(record, Stimulus)
        other = msgspec.structs.replace(record, message=msgspec.structs.replace(order, id=1, case=1, channel=99))
        return [*records[:place], other, *records[place:]]

    (made,) = replay(edited(recorded, tmp_path / "foreign.jsonl", edit)).made
    assert made.played.dead_letters == {"unknown_channel": 1}
    assert made.played.divergences == []


def test_an_order_of_ten_thousand_lines_is_one_order(recorded: Path, tmp_path: Path):
    items = len(HistoryFile(recorded).header.items)

    def edit(records: list[Record]) -> list[Record]:
        place, order = submitted(list(enumerate(records)))[0]
        record = records[place]
        assert isinstance(record, Stimulus)
        lines = tuple(OrderedLine(number % items, 1) for number in range(10_000))
        large = msgspec.structs.replace(order, id=1, case=1, number="storefront-10000-lines", lines=lines)
        return [*records[:place], msgspec.structs.replace(record, message=large), *records[place:]]

    found = replay(edited(recorded, tmp_path / "large.jsonl", edit))
    (made,) = found.made
    told = {made.numbers[case]: told for case, told in made.orders.items()}["storefront-10000-lines"]
    assert told.confirmed > 0
    assert told.confirmed + told.short <= 10_000
    assert "extra order storefront-10000-lines" in {each.signature for each in found.divergences}


def test_a_header_alone_has_nothing_to_compare(recorded: Path, tmp_path: Path):
    history = tmp_path / "history.jsonl"
    write_history(history, HistoryFile(recorded).header, [])
    found = replay(history)
    assert found.document()["verdict"] == "nothing to compare: nothing that was sent is in the recording"


def test_a_snapshot_that_fits_no_table_is_refused(recorded: Path, tmp_path: Path):
    file = HistoryFile(recorded)
    rows = {**file.header.snapshot.rows, "nonsense": [(1, msgspec.Raw(b"{}"))]}
    header = msgspec.structs.replace(file.header, snapshot=msgspec.structs.replace(file.header.snapshot, rows=rows))
    write_history(tmp_path / "history.jsonl", header, [])
    with pytest.raises(HistoryError, match="the snapshot cannot be read: table 'nonsense'"):
        replay(tmp_path / "history.jsonl")
