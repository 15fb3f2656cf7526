"""The actions block of a scenario: what people do on purpose, each at its time.

What an action does is its `do`. Actions are the same for every design of a comparison; one that sets a slot of another
design than the one that runs does nothing there. Their times are fixed: an action that waits for something is a fault's
trigger, or the work of operators.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from twin.world.values import Block, Duration, Identifier, OneOf, PositiveDuration, rule, sourced


class SetAction(Block):
    """A setting changes while the run goes on: `path` as for `--set`; after `for` it is again what it was.

    The people of a floor or a desk, the workers of a design, the concurrency of the ERP, and the rules by which orders
    are promised, priced and shown.
    """

    name: Identifier
    at: Duration
    do: Literal["set"]
    path: str
    value: object
    for_: PositiveDuration | None = sourced(None, "rule: until the end of the run", alias="for")


class RestartAction(Block):
    """The workers of the middleware stop and start again, one after the other; each finishes what it has in hand."""

    name: Identifier
    at: Duration
    do: Literal["rolling_restart"]
    target: Identifier
    each: PositiveDuration = sourced("90s", "assumed: as the start of a further worker")


class PauseAction(Block):
    """The middleware sends nothing to a partner for a while: outbox rows wait, and go out afterwards in order."""

    name: Identifier
    at: Duration
    do: Literal["pause"]
    target: Identifier
    for_: PositiveDuration = sourced("1h", "assumed: while a partner's release is deployed", alias="for")


class CountAction(Block):
    """A warehouse counts bins on purpose, one after the other: its book then follows its shelf, item by item."""

    name: Identifier
    at: Duration
    do: Literal["count"]
    target: Identifier
    items: tuple[Identifier, ...] = sourced((), "rule: empty means every item")
    each: PositiveDuration = sourced("1m", "assumed: one bin a minute")


class RedriveAction(Block):
    """Everything that lies in the exception queues is redriven at once, or what one team owns of it."""

    name: Identifier
    at: Duration
    do: Literal["redrive"]
    owner: str | None = sourced(None, "rule: the items of every team")


def _is_mapping(value: object) -> object:
    if isinstance(value, Block | dict):
        return value
    raise rule("must be an action such as {name: deploy, at: 3d12h, do: rolling_restart, target: middleware}")


ActionBlock = Annotated[
    Annotated[SetAction | RestartAction | PauseAction | CountAction | RedriveAction, OneOf("action", key="do")],
    BeforeValidator(_is_mapping),
]
Action = SetAction | RestartAction | PauseAction | CountAction | RedriveAction
