"""What README and documentation show works: the examples run, and the commands that are only named exist."""

import os
import sys
from pathlib import Path

import click
import pytest

import scenarios
from tests.house.examples import HOUSE, PAGES, Block, blocks, commands, prepare, run
from twin.cli.verbs import twin

LANGUAGES = {"sh", "python", "yaml", "text", "mermaid", "{toctree}"}
QUICK = [page for page in PAGES if any(block.runs and not block.is_long for block in blocks(page))]
LONG = [page for page in PAGES if any(block.runs and block.is_long for block in blocks(page))]


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment of a reader who has done what the pages say: `twin` is found, and nothing else is special."""
    return dict(os.environ) | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize("page", PAGES)
def test_a_block_says_its_language_and_why_it_is_not_run(page: str):
    for block in blocks(page):
        assert block.language in LANGUAGES, f"{page}:{block.line}"
        if block.language not in ("sh", "python"):
            continue
        assert block.mark in ("", "long") or block.mark.removeprefix("not run: ") not in ("", block.mark), block


@pytest.mark.parametrize("page", PAGES)
def test_a_command_that_is_named_exists_with_its_options(page: str):
    with twin.make_context("twin", [], resilient_parsing=True) as above:
        for words in commands(page):
            verb = twin.get_command(above, words[0])
            for word in words[1:]:
                verb = (verb.get_command(above, word) if isinstance(verb, click.Group) else None) or verb
            assert verb is not None, words
            known = {option for parameter in verb.params for option in (*parameter.opts, *parameter.secondary_opts)}
            asked = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert asked <= known | {"--help"}, words


@pytest.mark.parametrize("page", PAGES)
def test_a_whole_scenario_in_a_page_checks(page: str):
    for block in blocks(page):
        if block.language == "yaml" and "schema_version:" in block.text:
            assert scenarios.load(HOUSE / page, text=block.text).designs


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", QUICK)
def test_the_quick_examples_of_a_page_run(page: str, tmp_path: Path, environment: dict[str, str]):
    _run_all([block for block in blocks(page) if block.runs and not block.is_long], tmp_path, environment)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", LONG)
def test_all_examples_of_a_page_run(page: str, tmp_path: Path, environment: dict[str, str]):
    _run_all([block for block in blocks(page) if block.runs], tmp_path, environment)


def _run_all(found: list[Block], folder: Path, environment: dict[str, str]) -> None:
    prepare(folder)
    for block in found:
        run(block, folder, environment)
