"""Settings for every test: properties are tried on the same examples each time, and a busy machine fails nothing."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.house.vectors import Called, code_of

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")


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
