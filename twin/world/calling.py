"""The parties of a world without a distributor: clients that call, and servers that serve them or do not.

`clients` and `server` are enough for the studies of retries and collapse that are published: who calls how often, how
long he waits, what he does then; how many workers there are, what waits for them, and what becomes of work that nobody
waits for any more. Retry, breaker, limiter and budget are the design's, as everywhere.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from twin.world.ejection_specs import Ejection
from twin.world.key_specs import PartnerKeys
from twin.world.law_specs import Delay
from twin.world.partner_limits import PartnerLimit
from twin.world.values import (
    Block,
    Count,
    Duration,
    Factor,
    Flag,
    Identifier,
    Number,
    OneOf,
    PositiveDuration,
    Quantity,
    RatePerTime,
    Share,
    rule,
    sourced,
)

Level = Annotated[Number, Field(ge=0)]
"""A factor that may be 0."""


class Step(Block):
    """From an instant on the rate is `factor` times what is stated, until the next step."""

    from_: Duration = Field(alias="from")
    factor: Level


class Open(Block):
    """Requests come whatever becomes of the earlier ones: a Poisson stream, or an even one."""

    law: Literal["poisson", "even"] = sourced("poisson", "rule: many independent callers make a Poisson stream")
    rate: RatePerTime
    shape: tuple[Step, ...] = sourced((), "rule: the rate stays what it is")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        starts = [step.from_ for step in self.shape]
        if any(later <= earlier for earlier, later in pairwise(starts)):
            raise rule("must be in the order of time", at="shape", whole=True)
        return self


class Closed(Block):
    """Each session makes its next request `think` after the end of the one before, good or bad."""

    think: Delay
    sessions: Count = sourced(1, "rule: a client does one thing at a time")


class Ramp(Block):
    """The load goes evenly from one share of what is stated to another, from the start on, and stays there."""

    from_: Share = Field(alias="from")
    to: Share
    over: PositiveDuration


class ZipfKeys(Block):
    """Key r of `count` is drawn in proportion to r to the power of minus `exponent`; 0 makes all alike."""

    law: Literal["zipf"]
    exponent: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    count: Count


Keys = Annotated[ZipfKeys, OneOf("law", key="law")]


class CallBlock(Block):
    """One call: to whom, how long each attempt is waited for, and by when it must have succeeded in all."""

    to: Identifier
    timeout: PositiveDuration = sourced("1m", "assumed: 60 s, as for every caller whose profile says nothing")
    deadline: PositiveDuration | None = sourced(None, "rule: an answer is in time whenever it comes")
    operation: Identifier | None = sourced(None, "rule: the server has one kind of work")
    key: Keys | None = sourced(None, "rule: all calls have the same key")
    priority: Quantity = sourced(0, "rule: all calls are alike; lower numbers are served first")
    retries: Flag = sourced(True, "rule: the retry of the design is every caller's; false: this call is made once")
    long_poll: Flag = sourced(False, "rule: an answer comes at once; true: when there is something to say")
    idempotency_key: Literal["call", "request", "none"] = sourced(
        "call", "rule: all attempts of a call name one key; request: so do all calls of a request, and its repetitions"
    )


class Clients(Block):
    """A group of callers that are alike; each call of each has its own retry state, unless they share it."""

    kind: Literal["clients"]
    count: Count = sourced(1, "rule: one client")
    share_state: Flag = sourced(False, "rule: each client has its own budget, breaker and limiter")
    open: Open | None = sourced(None, "rule: open or closed, one of them")
    closed: Closed | None = sourced(None, "rule: open or closed, one of them")
    calls: tuple[CallBlock, ...] = Field(min_length=1)
    parallel: Flag = sourced(False, "rule: one call after the other")
    whole: Flag = sourced(False, "rule: a failed call is repeated alone, not the request from its first call on")
    requests: Count | None = sourced(None, "rule: a client goes on until the horizon")
    ramp: Ramp | None = sourced(None, "rule: the whole load from the start on")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.open is None) == (self.closed is None):
            raise rule("clients take open or closed, one of them", whole=True)
        if self.whole and self.parallel:
            raise rule("a request whose calls are parallel is not repeated as a whole", at="whole", whole=True)
        return self


class OnwardCall(CallBlock):
    """A call that a server makes for each call it serves, after its own service and before its answer."""

    holds: Flag = sourced(True, "rule: the worker waits for the answer")


class Shed(Block):
    """Calls of this priority number, and of higher ones, are refused while so many or more wait."""

    from_priority: Quantity
    waiting: Quantity


class Slows(Block):
    """Service takes longer by min(at_most, 1 + factor (n - from)^power) when n > from at its start, itself counted."""

    with_: Literal["in_service", "in_system"] = Field(alias="with")
    from_: Quantity = Field(alias="from")
    factor: Factor
    power: Factor = sourced(1.0, "rule: in proportion")
    at_most: Annotated[float, Field(ge=1, allow_inf_nan=False)]


def _service(value: object) -> str:
    is_law = not isinstance(value, Mapping) or any(key in value for key in ("law", "archetype", "figure"))
    return "<law>" if is_law else "<operations>"


class Server(Block):
    """One or several servers that are alike, each with its own workers and its own queue."""

    kind: Literal["server"]
    servers: Count = sourced(1, "rule: one server")
    balance: Literal["random", "round_robin", "least", "by_key"] = sourced("random", "rule: no server is preferred")
    workers: Count = sourced(1, "rule: one at a time")
    queue: Quantity = sourced(100_000, "assumed: more than any caller waits for")
    when_full: Literal["reject", "block"] = sourced("reject", "rule: who finds no place is told so at once")
    discipline: Literal["fifo", "lifo", "priority"] = sourced("fifo", "rule: first come, first served")
    cancel_abandoned: Flag = sourced(False, "rule: a server does not know that its caller has gone")
    service: Annotated[
        Annotated[Delay, Tag("<law>")] | Annotated[Mapping[Identifier, Delay], Tag("<operations>")],
        Discriminator(_service),
    ]
    limit: PartnerLimit | None = sourced(None, "rule: no limit but its workers and its queue; several servers share it")
    sheds: tuple[Shed, ...] = sourced((), "rule: nobody is refused for the sake of others")
    idempotency: PartnerKeys | None = sourced(None, "rule: every call is a new one")
    ejects: Ejection | None = sourced(None, "rule: servers that fail get calls as all others")
    reject_cost: Delay = sourced("0s", "rule: saying no is free")
    errors: Share = sourced("0%", "rule: what is served succeeds")
    calls: tuple[OnwardCall, ...] = sourced((), "rule: the server needs nobody else")
    slows: Slows | None = sourced(None, "rule: the service does not depend on the load")
    versioned: Identifier | None = sourced(
        None, "rule: nothing is versioned; else the operation that fails unless its key is as its caller last saw it"
    )

    @model_validator(mode="after")
    def _sheds_the_least_critical_first(self) -> Self:
        steps = [(shed.from_priority, -shed.waiting) for shed in self.sheds]
        if any(later[0] <= first[0] or later[1] < first[1] for first, later in pairwise(steps)):
            raise rule(
                "must go from the lowest from_priority up, and never let a later one find more waiting",
                at="sheds",
                whole=True,
            )
        if self.ejects is not None and self.servers == 1:
            raise rule("a single server cannot be left out", at="ejects", whole=True)
        return self

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that have a service of their own; empty: one service for all."""
        return tuple(self.service) if isinstance(self.service, Mapping) else ()
