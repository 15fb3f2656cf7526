"""Imports go down only, a library enters only the rooms that are meant to have it, and nothing inside uses the face."""

import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

HOUSE = Path(__file__).parents[2]
PACKAGES = ["actors", "policies", "reports", "scenarios", "twin"]

LIBRARIES = {
    "actors": {"numpy", "simpy"},
    "actors.adapters": {"interlock", "pyrate_limiter", "tenacity"},  # a user's own production objects
    "policies": set(),
    "reports": {"jinja2", "markupsafe", "matplotlib", "networkx", "numpy"},
    "reports.progress": {"IPython"},  # in a notebook, where it is loaded already
    "scenarios": {"ruamel"},
    "scenarios.replays": {"msgspec"},  # gives the header of a history other settings
    "scenarios.shrinking": {"msgspec"},  # so does this
    "scenarios.spool": {"msgspec"},  # keeps facts in the form in which they are written
    "twin": set(),
    "twin.cli": {"click", "rich"},
    "twin.cli.entries": {"pydantic"},  # pages are made of the fields of blocks
    "twin.connectivity": {"msgspec"},
    "twin.experiment": {"duckdb", "joblib", "numpy"},
    "twin.experiment.optimize": {"numpy", "optuna"},
    "twin.experiment.vary": {"numpy", "scipy"},
    "twin.experiment.work": {"distributed", "joblib"},
    "twin.experiment.textbook": {"simpy"},  # the yardstick of the bench is written as a SimPy textbook would
    "twin.experiment.yardsticks": {"simpy"},  # so are the small programs that the kernel is compared with
    "twin.kernel": {"numpy", "simpy"},
    "twin.kernel.recorder": {"duckdb", "numpy", "simpy"},  # its sink writes Parquet
    "twin.live.envelopes": {"msgspec"},  # the headers around a message that is already written
    "twin.live.postgres": {"psycopg"},
    "twin.model": {"msgspec"},
    "twin.model.wire": {"msgspec", "pydantic", "pydantic_core"},
    "twin.playback": {"msgspec"},  # what is played are the messages themselves
    "twin.playback.parquet": {"duckdb"},
    "twin.search": {"numpy"},
    "twin.world": {"networkx", "numpy", "pydantic", "pydantic_core"},
}
"""What a room may import beside the standard library; the longest name that fits a module counts."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def test_the_contracts_of_import_linter_are_kept():
    check = "from importlinter.cli import lint_imports as check; raise SystemExit(check(no_logo=True, no_cache=True))"
    answer = subprocess.run([sys.executable, "-c", check], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_room_stands_on_a_floor(graph: grimp.ImportGraph):
    """A room that no contract names would be free to import anything."""
    settings = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))
    floors = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {room.strip(" ()") for floor in floors for room in floor.split("|")}
    rooms = {package for package in PACKAGES if package != "twin"} | graph.find_children("twin")
    assert sorted(rooms - named) == []


def test_a_library_enters_only_the_rooms_that_are_meant_to_have_it(graph: grimp.ImportGraph):
    strangers = [
        f"{module} imports {library}"
        for module in sorted(graph.modules)
        if not graph.is_module_squashed(module)
        for library in sorted(graph.find_modules_directly_imported_by(module))
        if graph.is_module_squashed(library) and library not in sys.stdlib_module_names | libraries_of(module)
    ]
    assert strangers == []


def test_nothing_inside_imports_the_face(graph: grimp.ImportGraph):
    """Inside the project rooms are imported by path; only the command line, which lies as high, may use the face."""
    assert graph.find_modules_that_directly_import("twin") <= {"twin.cli"}


def libraries_of(module: str) -> set[str]:
    """Return what the nearest entry of the table allows to `module`."""
    rooms = [room for room in LIBRARIES if module == room or module.startswith(f"{room}.")]
    return LIBRARIES[max(rooms, key=len)]
