"""The calls that a server of a world without a distributor makes for each call it serves (`Onward`)."""

from collections.abc import Callable
from dataclasses import dataclass

from actors.serve import KeyOf, Sender, Serve


@dataclass(frozen=True, slots=True)
class Onward:
    """One of them; `holds`: the worker waits for the answer. Under `request` it names the key that it serves under."""

    sender: Sender
    operation: str
    keys: Callable[[int], int]
    priority: int
    holds: bool
    key_of: KeyOf = "call"

    def ask(self, id: int, served: Serve) -> None:
        """Send the call for one that is served."""
        self.sender.submit(
            Serve(
                id=id,
                cause=served.id,
                case=served.case,
                operation=self.operation,
                key=self.keys(id),
                priority=self.priority,
                under=named(self.key_of, id, served.under),
            )
        )


def named(key_of: KeyOf, call: int, request: int) -> int:
    """Return the idempotency key that a call names, 0 where it names none."""
    match key_of:
        case "call":
            return call
        case "request":
            return request
        case "none":
            return 0
