"""One recording for all tests of this folder, because making it takes longer than looking at it."""

from pathlib import Path

import pytest

from tests.playback.recording import recorded_in


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history of eighty quiet minutes, with little stock, so that orders meet."""
    return recorded_in(tmp_path_factory.mktemp("run"))
