"""Settings for every test, and what some of them want of the machine: a PostgreSQL server, a Chromium.

Properties are tried on the same examples each time, and a busy machine fails nothing. Tests marked `postgres` want the
server that `pg_virtualenv` starts for a command, those marked `browser` want Chromium; without them they are skipped,
and the end of the run says so. Where TWIN_CI is 1 they fail instead: there, nobody reads that.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.house.vectors import Called, code_of

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

WANTED = {
    "postgres": "there is no PostgreSQL server: run `pg_virtualenv pytest ...` (Debian: apt-get install postgresql)",
    "browser": "there is no Chromium (Debian: apt-get install chromium)",
}
"""What a mark wants of the machine, in the words of a test that misses it."""


def _is_there(mark: str) -> bool:
    return "PGHOST" in os.environ if mark == "postgres" else shutil.which("chromium") is not None


@pytest.fixture(autouse=True)
def _vector_calls_its_code(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that tries a vector of the domain rules must call the policy or procedure that its mark names."""
    wanted = {mark.kwargs["code"] for mark in request.node.iter_markers("vector")}
    if not wanted:
        yield
        return
    with Called() as called:
        yield
    missed = [name for name in sorted(wanted) if code_of(name) not in called.codes]
    assert missed == [], f"the vector's test does not call {missed}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a test that wants something of the machine run only where that is there."""
    for mark, how in WANTED.items():
        if item.get_closest_marker(mark) is None or _is_there(mark):
            continue
        if os.environ.get("TWIN_CI") == "1":
            pytest.fail(how, pytrace=False)
        pytest.skip(how)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what tests have to list, and how many were skipped for want of something of the machine."""
    for report in (*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])):
        for name, value in getattr(report, "user_properties", ()):
            if name == "listed" and getattr(report, "when", "") == "call":
                terminalreporter.write_line(str(value))
    reports = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for how in WANTED.values():
        if count := sum(how in report for report in reports):
            terminalreporter.write_line(f"{count} tests were SKIPPED: {how}", yellow=True)
