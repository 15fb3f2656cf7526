"""A run folder is whole or not there, and never takes the place of something that is not ours."""

from pathlib import Path

import pytest

from twin.errors import UsageError
from twin.experiment.folder import RunFolder


def fill(target: Path, text: str) -> None:
    with RunFolder(target) as folder:
        folder.write("manifest.json", text)
        folder.folder("governed").joinpath("events.parquet").write_bytes(b"PAR1")
        folder.commit()


def everything(under: Path) -> list[str]:
    return sorted(str(path.relative_to(under)) for path in under.rglob("*"))


def test_a_committed_folder_has_its_files_and_leaves_nothing_beside_it(tmp_path: Path):
    fill(tmp_path / "runs" / "first", "{}")
    assert everything(tmp_path) == [
        "runs",
        "runs/first",
        "runs/first/governed",
        "runs/first/governed/events.parquet",
        "runs/first/manifest.json",
    ]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ArithmeticError])
def test_an_interrupted_folder_leaves_nothing_not_even_the_parents_made_for_it(
    tmp_path: Path, interruption: type[BaseException]
):
    def interrupted() -> None:
        with RunFolder(tmp_path / "runs" / "first") as folder:
            folder.write("manifest.json", "{")
            raise interruption

    with pytest.raises(interruption):
        interrupted()
    assert everything(tmp_path) == []


def test_an_interrupted_folder_leaves_an_older_one_as_it_was(tmp_path: Path):
    fill(tmp_path / "first", "old")
    with RunFolder(tmp_path / "first") as folder:
        folder.write("manifest.json", "new")
    assert (tmp_path / "first" / "manifest.json").read_text() == "old"


def test_an_older_run_is_replaced_whole(tmp_path: Path):
    fill(tmp_path / "first", "old")
    (tmp_path / "first" / "left_over.csv").write_text("")
    fill(tmp_path / "first", "new")
    assert everything(tmp_path) == ["first", "first/governed", "first/governed/events.parquet", "first/manifest.json"]
    assert (tmp_path / "first" / "manifest.json").read_text() == "new"


def test_an_empty_folder_may_be_filled(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    fill(tmp_path / "empty", "{}")
    assert (tmp_path / "empty" / "manifest.json").is_file()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_not_ours_is_refused_and_kept(tmp_path: Path, kind: str):
    target = tmp_path / "precious"
    if kind == "folder":
        target.mkdir()
        (target / "letters.txt").write_text("dear")
    else:
        target.write_text("dear")
    with pytest.raises(UsageError, match="it exists and is no run folder"):
        fill(target, "{}")
    assert "precious" in everything(tmp_path)[0]


def test_a_place_that_cannot_be_written_is_one_clear_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot write run folder '.*file/run': Not a directory"):
        fill(tmp_path / "file" / "run", "{}")
