"""What must not be in the repository is not there: registries, paths of one machine, locks, unseeded chance."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
PACKAGES = ["actors", "policies", "reports", "scenarios", "twin"]

# Written so that this file does not name what it forbids.
REGISTRIES = re.compile("|".join([r"p[y]pi\.org", r"python[h]osted\.org", r"registry\.n[p]mjs", r"deb\.deb[i]an\.org"]))
MACHINES = re.compile("|".join([r"/w[o]rk/(?!\*)\w", r"/r[o]ot/[.\w]", r"/h[o]me/\w", r"/[U]sers/\w", r"/opt/p[y]pi"]))
LOCKS = {"Pipfile.lock", "package-lock.json", "pdm.lock", "poetry.lock", "pylock.toml", "uv.lock"}
LARGEST_KIB = 1024


def committed() -> list[Path]:
    """Return the files that git tracks, without those that are deleted but not yet committed."""
    if not (HOUSE / ".git").exists():
        pytest.skip("this is not a clone, so there is nothing committed to look at")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=HOUSE, capture_output=True, text=True, check=True).stdout
    return [HOUSE / name for name in listing.split("\0") if name and (HOUSE / name).is_file()]


def hits(pattern: re.Pattern[str]) -> Iterator[str]:
    """Find `pattern` in every committed text file; what is not UTF-8 is data and has no lines to show."""
    for path in committed():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.search(line):
                yield f"{path.relative_to(HOUSE)}:{number}: {line.strip()[:100]}"


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (HOUSE / folder).rglob("*.py"))


def test_no_registry_host_is_named():
    assert list(hits(REGISTRIES)) == []


def test_no_path_of_one_machine_is_named():
    assert list(hits(MACHINES)) == []


def test_no_lock_file_is_committed():
    """They record addresses; constraints.txt pins the versions."""
    assert [path.name for path in committed() if path.name in LOCKS] == []


def test_no_large_file_is_committed():
    sizes = {path.name: path.stat().st_size // 1024 for path in committed()}
    assert {name: kib for name, kib in sizes.items() if kib > LARGEST_KIB} == {}


def test_the_constraints_are_plain_pins():
    """No address, no editable line, no path: name and version only."""
    lines = (HOUSE / "constraints.txt").read_text(encoding="utf-8").splitlines()
    odd = [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)]
    assert odd == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_tells_type_checkers_that_it_is_typed(package: str):
    assert (HOUSE / package / "py.typed").is_file()


def test_every_module_opens_with_a_sentence_that_says_what_it_is_for():
    silent = []
    for path in modules(*PACKAGES, "tests"):
        opening = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if not opening.partition("\n\n")[0].endswith((".", "?", ":")):
            silent.append(str(path.relative_to(HOUSE)))
    assert silent == []


def test_every_generator_of_random_numbers_is_given_a_seed():
    """The linter bans the global functions; an own generator without a seed would differ just as much."""
    unseeded = [
        f"{path.relative_to(HOUSE)}:{node.lineno}"
        for path in modules(*PACKAGES, "tests")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and called(node) in {"Random", "SeedSequence", "default_rng"} and not node.args
        if not node.keywords
    ]
    assert unseeded == []


@pytest.mark.parametrize(
    "line",
    [
        "import time; time.time()",
        "import datetime; datetime.datetime.now(datetime.UTC)",
        "from datetime import date; date.today()",
        "from random import choice; choice([1, 2])",
        "import numpy as np; np.random.normal()",
        "import uuid; uuid.uuid4()",
        "import os; os.urandom(8)",
        "import secrets; secrets.token_hex()",
    ],
)
def test_clocks_and_global_chance_are_refused_in_the_logic(line: str):
    said = lint(line, "twin/middleware/orders.py")
    assert "TID251" in said or "NPY002" in said


def test_one_module_may_read_the_clock():
    assert "TID251" not in lint("import time; time.time()", "twin/live/clock.py")
    assert "TID251" in lint("import time; time.time()", "twin/live/relay.py")


def lint(source: str, name: str) -> str:
    """Return what the linter says of `source` if it stood in the file `name`."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--no-cache",
        "--output-format=concise",
        "--stdin-filename",
        name,
        "-",
    ]
    return subprocess.run(command, cwd=HOUSE, input=source, capture_output=True, text=True, check=False).stdout


def called(node: ast.Call) -> str:
    """Return the last name of what is called: `default_rng` for `numpy.random.default_rng(...)`."""
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""
