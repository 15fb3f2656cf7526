"""The documentation: whatever has a name has its page, and what a page says is true of the code."""

import re
from pathlib import Path

import pytest

import scenarios
from docs.generated import KINDS, pages
from twin.cli.catalogue import rows_of
from twin.cli.entries import LEVELS, SAMPLED, entries, fault_example
from twin.world.fault_kinds import KINDS as FAULTS
from twin.world.run import run_once

HOUSE = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    return pages()


@pytest.mark.parametrize(("kind", "page"), [(kind, page) for kind, (page, _, _) in KINDS.items()])
def test_whatever_is_listed_has_its_section(written: dict[str, str], kind: str, page: str):
    listed = list(dict.fromkeys(str(row["name"]) for row in rows_of(page)))
    assert [line.removeprefix("## ") for line in written[page].splitlines() if line.startswith("## ")] == listed
    assert {entry.name for entry in entries() if entry.kind == kind} == set(listed)


def test_every_shipped_scenario_has_its_section(written: dict[str, str]):
    lines = written["catalogue"].splitlines()
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == scenarios.names()


def test_every_shipped_scenario_has_its_page_in_the_gallery_with_its_question_and_a_picture():
    text = (HOUSE / "docs" / "gallery.md").read_text(encoding="utf-8")
    found = {name: " ".join(body.split()) for name, body in re.findall(r"(?ms)^### (\S+)\n(.*?)(?=^##|\Z)", text)}
    assert sorted(found) == scenarios.names()
    for name, body in found.items():
        assert f"*{scenarios.load(name).question}*" in body, name
        assert f"](gallery/{name}.svg)" in body, name
        assert re.match(rf"`twin (run|compare) {name} ", body), name


def test_every_block_of_the_language_has_its_section_and_every_link_leads_to_one(written: dict[str, str]):
    text = written["scenario"]
    heads = {line.removeprefix("## ").lower().replace(" ", "-") for line in text.splitlines() if line.startswith("## ")}
    blocks = scenarios.schema()["$defs"]
    assert isinstance(blocks, dict)
    assert len(heads) == len(blocks) + 2
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= heads


@pytest.mark.parametrize("name", FAULTS)
def test_the_example_of_a_fault_is_one(name: str):
    """On the large landscape, where every kind of party is but who looks after the items."""
    record = fault_example(name, FAULTS[name])
    world = "master_data_batch" if FAULTS[name].targets[0] == "pim" else "peak_season"
    loaded = scenarios.load(world, [f"faults=[{record}]"])
    assert [fault.kind for fault in loaded.faults] == [name]


def test_the_keys_of_a_measure_are_those_of_a_run():
    worlds = [
        scenarios.load("first_day", ["horizon=1h"]),
        scenarios.load("metastable_grid", ["horizon=5m"], small=True),
        scenarios.load("whole_house", ["horizon=1h"]),
        scenarios.load("payments", ["horizon=1h"]),
    ]
    keys = {
        key.partition("{")[0]
        for world in worlds
        for key in run_once(world, next(iter(world.designs)), world.seed, record=False).kpis
    }
    assert {key.removesuffix(".p95") for key in keys if key.endswith(".p95")} == set(SAMPLED)
    assert {key.removesuffix(".end") for key in keys if key.endswith(".end")} == {*LEVELS, "dlq_length"}


@pytest.mark.parametrize("page", ["README.md", *sorted(f"docs/{file.name}" for file in (HOUSE / "docs").glob("*.md"))])
def test_a_page_links_to_what_is_there(page: str):
    file = HOUSE / page
    broken = [link for link in LINK.findall(file.read_text(encoding="utf-8")) if not (file.parent / link).exists()]
    assert [link for link in broken if not link.startswith("reference/")] == []
