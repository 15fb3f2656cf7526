"""Settings for every test, and the PostgreSQL server that some of them want.

Properties are tried on the same examples each time, and a busy machine fails nothing. Tests marked `postgres` want the
server that `pg_virtualenv` starts for a command; without one they are skipped, and the end of the run says so. Where
TWIN_CI is 1 they fail instead: there, nobody reads that.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.house.vectors import Called, code_of

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

HOW = "there is no PostgreSQL server: run `pg_virtualenv pytest ...` (Debian: apt-get install postgresql)"


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
    """Let a test that wants a server run only where there is one."""
    if item.get_closest_marker("postgres") is None or "PGHOST" in os.environ:
        return
    if os.environ.get("TWIN_CI") == "1":
        pytest.fail(HOW, pytrace=False)
    pytest.skip(HOW)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped for want of a server."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if HOW in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests of the PostgreSQL store were SKIPPED: {HOW}", yellow=True)
