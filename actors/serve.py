"""What a caller says to a server of a world without a distributor, and what he hears."""

from typing import Literal, Protocol

from twin.model.chance import stream_id
from twin.model.ids import derive
from twin.model.message import Event, Message

KeyOf = Literal["call", "request", "none"]
"""Which idempotency key a call names: its own, the one of the request that it is a part of, or none."""


class Serve(Event, frozen=True, gc=False, kw_only=True, tag=True):
    """Ask a server for one piece of work."""

    operation: str = ""
    key: int = 0
    priority: int = 0
    version: int = 0
    """Of the key, as the caller last saw it in this request; only a versioned operation reads it."""
    under: int = 0
    """The idempotency key that it names, the same in all attempts; 0: none."""

    @property
    def aggregate(self) -> int:
        """Every call goes by itself."""
        return self.id

    @property
    def content(self) -> int:
        """A fingerprint of what is asked for, whatever the key it is asked under."""
        return derive(derive(self.key, self.version), stream_id(self.operation))


class Served(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """The answer to a call, with the version of its key."""

    version: int = 0


class Sender(Protocol):
    """The caller's side of a called server: sooner or later it says that an event was answered, or given up."""

    def submit(self, event: Event) -> None:
        """Send an event."""
