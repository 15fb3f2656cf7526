"""What a mapping may say, and the sentences about what it may not."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scenarios.mappings import load_mapping
from twin.connectivity import parse_mapping
from twin.connectivity.mapping import Test as Question
from twin.errors import ScenarioError

DATA = Path(__file__).parents[2] / "scenarios" / "data"
SHIPPED = (DATA / "online_retail.yaml").read_text(encoding="utf-8")


def problems(text: str, folder: Path) -> list[str]:
    file = folder / "m.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_mapping(file)
    return [str(problem) for problem in caught.value.problems]


def changed(old: str, new: str) -> str:
    assert SHIPPED.count(old) == 1
    return SHIPPED.replace(old, new)


def test_the_shipped_mapping_keeps_the_language() -> None:
    mapping = load_mapping(DATA / "online_retail.yaml")
    assert (mapping.id, mapping.version) == ("online-retail", "1.0")
    assert [rule.type for rule in mapping.events] == ["OrderPlaced", "ReturnRegistered", "StockAdjusted"]
    assert mapping.clock.resolution_us == 60_000_000
    assert isinstance(mapping.refuse[0].when, Question)
    assert mapping.column("price").minor_digits == 2


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("repeats: keep", "repeats: add", "group.repeats: must be one of keep, sum, drop (got 'add')"),
        ("closes_after: {rows: 2000}", "closes_aftr: {rows: 2000}", "unknown key; did you mean 'closes_after'?"),
        ("closes_after: {rows: 2000}", "closes_after: {rows: 0}", "must be a whole number of at least 1 (got 0)"),
        ("Europe/London", "Europe/Londn", "clock.zone: no such time zone (got 'Europe/Londn')"),
        ("format: csv", "format: parket", "(got 'parket'); did you mean 'parquet'?"),
        ("mapping_version: 1", "mapping_version: 2", "m.yaml:2:18: mapping_version: must be 1 (got 2)"),
        ('version: "1.0"', "version: 1.0", "name.version: must be text; put it in quotes (got 1.0)"),
        ("type: integer", "type: int", "must be one of text, integer, decimal, time (got 'int')"),
        (", currency: GBP", "", "lines.price: money needs a column with a currency ('price' has none)"),
        ("group: {by: [invoice]", "group: {by: [invoices]", "'invoices' is no column of this mapping"),
        ("POST|DOT", "(?!POST)", "look-around is not part of the language"),
        ("POST|DOT", "(POST", "is no pattern"),
        ("quantity: {above: 0}}", "quantity: {above: many}}", "must be a whole number (got 'many')"),
        ("quantity: {above: 0}}", "quantty: {above: 0}}", "did you mean 'quantity'?"),
        ("type: OrderPlaced", "type: OrderPlace", "(got 'OrderPlace'); did you mean 'OrderPlaced'?"),
        ("    order: invoice\n", "", "'order' is missing"),
        ("    order: none\n", "    order: bill\n", "'bill' is no column of this mapping; there are"),
        ("completeness:", "joins: {x: {file: x.csv}}\ncompleteness:", "joins.x: 'on' is missing"),
        ("completeness:", "order: random\ncompleteness:", "must be one of by_time, as_read (got 'random')"),
        ("completeness:", "lifecycle: [{class: x}]\ncompleteness:", "lifecycle.0: 'step' is missing"),
        ("completeness:", "lifecycle: [{class: x, step: y, times: 0}]\ncompleteness:", "at least 1 (got 0)"),
        ("%Y-%m-%d", "%d/%m/%y", "a two-digit year needs 'pivot', the first year that it may mean"),
    ],
)
def test_what_the_language_does_not_take_is_said_with_its_place(
    old: str, new: str, expected: str, tmp_path: Path
) -> None:
    found = problems(changed(old, new), tmp_path)
    assert any(expected in problem for problem in found), found


def test_all_problems_are_found_in_one_go(tmp_path: Path) -> None:
    text = SHIPPED.replace("type: integer", "type: int").replace("repeats: keep", "repeat: keep")
    assert len(problems(text, tmp_path)) >= 2


def test_files_that_are_no_mapping_are_refused_in_one_line(tmp_path: Path) -> None:
    assert problems("", tmp_path) == ["m.yaml: is empty; expected a mapping"]
    assert problems("a: [1", tmp_path)[0].startswith("m.yaml:1:6: is not YAML: ")
    assert "expected a table" in problems("- 1\n", tmp_path)[0]
    assert problems("a: 1\na: 2\n", tmp_path)[0].startswith("m.yaml:2:1: is not YAML: ")
    with pytest.raises(ScenarioError, match=r"gone.yaml: cannot be read: No such file"):
        load_mapping(tmp_path / "gone.yaml")


def test_an_event_with_lines_needs_a_group() -> None:
    with pytest.raises(ScenarioError, match="an event with lines needs 'group'"):
        parse_mapping(
            {
                "mapping_version": 1,
                "name": {"id": "x", "version": "1"},
                "source": {"format": "csv"},
                "clock": {"zone": "UTC", "formats": ["iso"]},
                "columns": {
                    "o": "O",
                    "s": "S",
                    "t": {"column": "T", "type": "time"},
                    "q": {"column": "Q", "type": "integer"},
                },
                "events": [{"type": "OrderPlaced", "order": "o", "at": "t", "lines": {"item": "s", "quantity": "q"}}],
            },
            zones=ZoneInfo,
        )
