"""The page about importing does what it says: its file, under its mapping, ends as its table has it."""

import re
from pathlib import Path

import pytest

from twin.cli import main

PAGE = (Path(__file__).parents[2] / "docs" / "importing.md").read_text(encoding="utf-8")


def block(mark: str) -> str:
    found = re.search(rf"<!-- {re.escape(mark)} -->\n```\w*\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None, mark
    return found[1]


def test_the_worked_file_is_imported_as_the_page_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    table, mapping = tmp_path / "bremen.csv", tmp_path / "bremen.yaml"
    table.write_text(block("file: bremen.csv, cp1252"), encoding="cp1252")
    mapping.write_text(block("file: bremen.yaml"), encoding="utf-8")
    words = ["import", str(table), "--mapping", str(mapping), "--explain", "--format", "csv", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "h.jsonl")]) == 0
    said = [line.replace(",", " ").split() for line in capsys.readouterr().out.splitlines()]
    assert said == [line.split() for line in block("said").splitlines()]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("bremen.yaml", "type: integer", "type: integr", "bremen.yaml:9:35: columns.quantity.type: "),
        ("bremen.yaml", "place: Lager", "place: Lagr", "bremen.csv:1:1: columns.place: no column 'Lagr' in the file"),
    ],
)
def test_the_errors_of_the_page_are_those_that_one_gets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, old: str, new: str, said: str
):
    table, mapping = tmp_path / "bremen.csv", tmp_path / file
    table.write_text(block("file: bremen.csv, cp1252"), encoding="cp1252")
    mapping.write_text(block("file: bremen.yaml").replace(old, new), encoding="utf-8")
    assert main(["import", str(table), "--mapping", str(mapping), "--out", str(tmp_path / "h.jsonl")]) == 3
    errors = capsys.readouterr().err
    assert said in errors
    (line,) = [line for line in PAGE.splitlines() if line.startswith(said)]
    assert errors.removeprefix("twin: ").splitlines() == [line]
