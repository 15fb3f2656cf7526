"""The input is read line by line as it grows; the effects file is mended where a kill has torn it; a reader dedups."""

from pathlib import Path

import pytest

from twin.errors import UsageError, WireError
from twin.live.effects import EffectReader, read_effects
from twin.live.files import LINE_KEPT, LINE_MAX, Feed, Sheet
from twin.model.events import ExceptionOpened
from twin.model.wire import encode


def event(id: int, detail: str = "") -> ExceptionOpened:
    return ExceptionOpened(id=id, code="TEST", detail=detail)


def line(id: int, detail: str = "") -> bytes:
    return encode(event(id, detail)) + b"\n"


def test_a_line_is_taken_when_its_end_is_there(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"one\ntw")
    feed = Feed(path, 0)
    first = feed.peek()
    assert first is not None
    assert (first.text, first.begin, first.end) == (b"one", 0, 4)
    assert feed.peek() == first, "a look takes nothing"
    feed.advance(first)
    assert feed.peek() is None
    with path.open("ab") as file:
        file.write(b"o\n\n")
    texts = []
    while (found := feed.peek()) is not None:
        texts.append(found.text)
        feed.advance(found)
    feed.close()
    assert texts == [b"two", b""]


def test_reading_goes_on_at_an_offset(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"one\ntwo\n")
    feed = Feed(path, 4)
    found = feed.peek()
    feed.close()
    assert found is not None
    assert found.text == b"two"


def test_a_line_that_is_too_long_is_passed_over_and_its_beginning_kept(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"one\n" + b"x" * (2 * LINE_MAX + 7))
    feed = Feed(path, 4)
    assert feed.peek() is None, "it may still end"
    with path.open("ab") as file:
        file.write(b"\nnext\n")
    long = feed.peek()
    assert long is not None
    assert (len(long.text), long.end, long.too_long) == (LINE_KEPT, 2 * LINE_MAX + 12, True)
    feed.advance(long)
    after = feed.peek()
    feed.close()
    assert after is not None
    assert after.text == b"next"


def test_a_first_line_may_be_as_long_as_the_header_of_a_history(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"x" * (3 * LINE_MAX) + b"\n")
    feed = Feed(path, 0)
    first = feed.peek()
    feed.close()
    assert first is not None
    assert (len(first.text), first.too_long) == (3 * LINE_MAX, False)


def test_an_input_that_is_not_there_or_was_cut_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    with pytest.raises(UsageError, match=r"in\.jsonl: No such file"):
        Feed(path, 0)
    path.write_bytes(b"one\n")
    with pytest.raises(UsageError, match="has 4 bytes, and 8 have been read: it was cut or replaced"):
        Feed(path, 8)


@pytest.mark.parametrize("whole", [0, 1, 3])
@pytest.mark.parametrize("torn", [b"", b"{", b'{"case":0,"co', b"x" * 200_000])
def test_a_torn_last_line_is_cut_off_and_whole_lines_stay(tmp_path: Path, whole: int, torn: bytes) -> None:
    path = tmp_path / "out.jsonl"
    lines = b"".join(line(id, "y" * 40_000) for id in range(whole))
    path.write_bytes(lines + torn)
    sheet = Sheet(path)
    assert sheet.mended == len(torn)
    sheet.append(event(9))
    sheet.settle()
    sheet.close()
    assert path.read_bytes() == lines + line(9)


def test_an_output_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"output .*: Is a directory"):
        Sheet(tmp_path)


# --- the consumer's side


def test_a_reader_gives_each_effect_once_over_repeats_files_and_calls(tmp_path: Path) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    one.write_bytes(line(1) + line(2) + line(1) + line(3) + b'{"half')
    other.write_bytes(line(2) + line(4))
    reader = EffectReader()
    assert [effect.event.id for effect in reader.read(one)] == [1, 2, 3]
    one.write_bytes(line(1) + line(2) + line(1) + line(3) + line(5))
    assert [effect.event.id for effect in reader.read(one)] == [5]
    assert [effect.event.id for effect in reader.read(other)] == [4]
    assert reader.repeated == 1 + 4 + 1
    assert [effect.line + b"\n" for effect in read_effects(other)] == [line(2), line(4)]


def test_the_same_id_with_other_bytes_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(line(1) + line(1, "other"))
    with pytest.raises(WireError, match=r"out\.jsonl:2: effect 1 was given before with other bytes"):
        list(read_effects(path))


def test_a_line_that_is_no_event_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(line(1) + b'{"type": "Nonsense"}\n')
    with pytest.raises(WireError, match=r"out\.jsonl:2: not an event of the middleware"):
        list(read_effects(path))


def test_a_reader_remembers_no_more_ids_than_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"".join(line(id) for id in (1, 2, 3, 3, 2, 1)))
    reader = EffectReader(ids_max=2)
    assert [effect.event.id for effect in reader.read(path)] == [1, 2, 3, 1]
