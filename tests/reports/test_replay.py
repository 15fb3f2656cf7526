"""The page of a replay and what a notebook shows: the verdict first, what differs first, and nothing from elsewhere."""

import re
from pathlib import Path

import pytest

import twin
from reports.replay import replay_page
from scenarios.replays import Replays, replay
from tests.playback.recording import recorded_in, with_one_order_larger
from twin.cli import main


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history of eighty quiet minutes."""
    return recorded_in(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def diverged(recorded: Path) -> Replays:
    """A replay in which one order asks for more than production was told, and what follows from it."""
    return replay(with_one_order_larger(recorded, recorded.with_name("edited.jsonl"))[0])


def test_the_page_says_verdict_first_divergence_chain_and_recording(diverged: Replays):
    page = replay_page(diverged, "edited.jsonl")
    first = diverged.divergences[0]
    said = [
        "<h1>edited.jsonl, played again</h1>",
        f'<p class="answer">{len(diverged.divergences)} divergences</p>',
        "Mode verbatim. Taken from the recording: orders, facts, answers, service, pace.",
        f"First divergence: {first.kind} {first.key} at 2026-03-03T",
        f"<td>{first.chain[0]}</td>",
        "<td>run/first_day</td>",
    ]
    places = [page.index(text) for text in said]
    assert places == sorted(places)


def test_the_page_is_whole_and_fetches_nothing(diverged: Replays):
    page = replay_page(diverged, "<script>alert(1)</script>")
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    assert "<script" not in page, "a name from outside is text"


def test_the_page_ends_with_what_it_rests_on_and_how_to_repeat_it(recorded: Path):
    found = replay(recorded, mode="what-if", perturb=["duplicates=20%", "delay=2s"], seed=3)
    page = replay_page(found, "night.jsonl.gz")
    laid = "--perturb duplicates=20.0000% --perturb delay=2000000us --seed 3"
    assert f"twin replay night.jsonl.gz --mode what-if --design standard {laid}" in page
    assert page.index("Limits of the model") < page.index("How to repeat it") < page.index("distribution-twin</td>")


def test_two_versions_stand_side_by_side_on_one_page(recorded: Path):
    found = replay(recorded, designs=["standard", "standard"])
    page = replay_page(found, "history")
    assert page.count("no divergence; final state and decisions are as recorded") == 2
    assert "Side by side: 0 orders are treated otherwise" in page


def test_a_replay_among_simulated_partners_shows_its_measures(recorded: Path):
    page = replay_page(replay(recorded, mode="open"), "history")
    assert "Measures among simulated partners" in page
    assert "<td>orders_placed</td>" in page
    assert "made anew: answers, facts, stock movements, service times" in page


def test_a_notebook_shows_what_the_page_shows(diverged: Replays):
    shown = diverged._repr_html_()
    assert shown.startswith("<p><strong>standard (verbatim): ")
    assert f"First divergence: {diverged.divergences[0].signature}" in shown


def test_the_command_writes_the_page(recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    target = tmp_path / "page.html"
    assert main(["replay", str(recorded), "--report", str(target)]) == 0
    assert f"report: {target}" in capsys.readouterr().err
    assert target.read_text().startswith("<!doctype html>")


def test_what_the_face_gives_writes_its_page(recorded, tmp_path):
    found = twin.replay(recorded)
    written = found.report(tmp_path / "replay.html")
    assert written.read_text(encoding="utf-8") == replay_page(found, recorded.name)
    assert not found.differs
