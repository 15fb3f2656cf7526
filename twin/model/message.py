"""The message: every command, fact, timer and event carries its identity, its cause and its case."""

from typing import TypeVar

import msgspec


class Message(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag=True):
    """One thing said by one party to another.

    `id` is the transport identity (the inbox remembers it), `cause` the id of the message that led here, `case` the
    business case (an order's id; 0 where there is none).
    """

    id: int
    cause: int = 0
    case: int = 0


class Event(Message, frozen=True, gc=False, kw_only=True, tag=True):
    """A message that leaves the middleware through the outbox."""

    @property
    def aggregate(self) -> int:
        """The key within which the relay keeps order."""
        raise NotImplementedError


M = TypeVar("M", bound=Message)


def altered(message: M, **parts: object) -> M:
    """Return the message with these parts replaced: what somebody else made of it on its way."""
    return msgspec.structs.replace(message, **parts)
