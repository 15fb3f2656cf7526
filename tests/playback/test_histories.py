"""Every history that once went wrong is played again and finds what its row in the folder's README says."""

import re
from pathlib import Path

import pytest

from scenarios.replays import replay

FOLDER = Path(__file__).parents[1] / "histories"
ROW = re.compile(r"\| `(?P<file>[^`]+)` \| (?P<showed>[^|]+) \| (?P<finds>[^|]+) \|")
ROWS = {found["file"]: found["finds"] for found in ROW.finditer((FOLDER / "README.md").read_text())}


def test_every_history_has_its_row_and_every_row_its_history():
    assert sorted(ROWS) == sorted(file.name for file in FOLDER.iterdir() if ".jsonl" in file.name)


def test_some_histories_must_go_wrong():
    assert {finds.split()[0] for finds in ROWS.values()} >= {"no", "published", "violation"}


@pytest.mark.parametrize("name", ROWS)
def test_a_history_finds_what_its_row_says(name: str):
    finds = ROWS[name]
    if finds.startswith("violation "):
        found = replay(FOLDER / name, mode="open", seed=5)
        assert finds.removeprefix("violation ") in {each["invariant"] for each in found.violations}
        return
    found = replay(FOLDER / name)
    if finds == "no divergence":
        (made,) = found.made
        assert [each for each in found.divergences if each.kind != "final_state"] == []
        assert made.played.recorded is not None
        assert made.played.decided == made.played.recorded.handled
    else:
        assert found.divergences[0].signature == finds
