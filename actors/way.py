"""What carries a message one way: a link, or somebody who stands at the end of one."""

from collections.abc import Callable
from typing import Protocol, TypeVar

A = TypeVar("A")


class Way(Protocol):
    """One direction of a connection, as its sender sees it."""

    @property
    def may_lose(self) -> bool:
        """Whether a message can vanish, so that its sender must be told of its arrival."""

    def send(self, identity: int, attempt: int, deliver: Callable[[A], object], arg: A) -> None:
        """Send one message: `deliver(arg)` is called when it arrives, once, twice or never."""
