"""What an object of the user must have to be a party; without the simulator, since a live process reads designs."""

from collections.abc import Generator
from typing import Any, Protocol, runtime_checkable

Steps = Generator[Any, Any, object]
"""What SimPy runs: it yields events, and the value that comes back from a yield is that of the event."""


@runtime_checkable
class Runs(Protocol):
    """A party that does something by itself."""

    def run(self, here: Any) -> Steps:
        """Do it; called once, at the start of the world. `here` is `AmongParties` or `AmongServers`."""


@runtime_checkable
class Serves(Protocol):
    """A party that is called, in a world without a distributor."""

    def serve(self, here: Any, asked: Any) -> Steps:
        """Work on one call, `Serve`, among servers; False: it failed."""
