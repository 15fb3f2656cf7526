"""The face is sorted, lazy and complete."""

import ast
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import twin

ROOMS: dict[str, str] = vars(twin)["_ROOMS"]


def test_the_face_is_sorted_and_short():
    assert twin.__all__ == sorted(set(twin.__all__))
    assert list(ROOMS) == twin.__all__
    assert len(twin.__all__) <= 30


def test_checkers_and_users_see_the_same_names_in_the_same_rooms():
    tree = ast.parse(Path(twin.__file__).read_text(encoding="utf-8"))
    hidden = next(node for node in tree.body if isinstance(node, ast.If))
    shown = {
        alias.asname: node.module for node in hidden.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert shown == ROOMS


@pytest.mark.parametrize("name", twin.__all__)
def test_a_public_name_resolves_to_what_its_room_has(name: str):
    assert getattr(twin, name) is getattr(import_module(ROOMS[name]), name)


def test_no_public_name_equals_a_module_of_twin():
    """An import of the room would hide the function."""
    modules = {module.name for module in pkgutil.iter_modules(twin.__path__)}
    assert modules.isdisjoint(twin.__all__)


def test_a_misspelt_name_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match="'laod'"):
        _ = twin.laod


def test_completion_shows_what_is_not_loaded_yet():
    assert set(twin.__all__) < set(dir(twin))


def test_the_version_is_the_one_that_is_installed():
    assert twin.__version__[0].isdigit()


def test_importing_the_face_loads_no_room_and_no_library():
    """Aim: it stays fast, and a live process free of the simulator. Method: a fresh interpreter lists what it has."""
    listing = "import sys, twin; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True).stdout.split()
    libraries = set(loaded) - sys.stdlib_module_names - {"twin", "sitecustomize", "usercustomize"}
    assert {name for name in libraries if not name.startswith("_")} == set()


@pytest.mark.parametrize("name", ["TwinError", "seconds"])
def test_a_small_name_does_not_bring_the_simulator(name: str):
    program = f"import sys, twin; twin.{name}; print(*sorted({{'simpy', 'numpy', 'matplotlib'}} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []
