"""A user's own party: a SimPy process among ours, or a server whose work is one, and what it finds around it.

A class of the user has `run(here)`, a generator that yields events of SimPy, or `serve(here, asked)`, one that yields
until a call is worked on and returns False where it failed. `here` is all that it needs of the world: the environment,
whose time is whole microseconds, random numbers of a stable name, and what a party can do there. What it does goes the
way of everybody else: an order through a channel's page, a stock fact through the warehouse and its link, a call
through the policies of the design. So measures, invariants and recordings know it, and a replay does without it.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import simpy

from actors.calls import FAILED, OK, Call
from actors.channel import Channel
from actors.ground import Ground
from actors.own import Serves, Steps
from actors.serve import Sender, Serve, Served
from actors.wms import Warehouse
from twin.errors import TwinError, UsageError
from twin.kernel.timeline import Timeline
from twin.model.chance import bits, stream_id
from twin.model.commands import OrderedLine
from twin.model.ids import derive
from twin.model.instant import MINUTE, Elapsed
from twin.model.message import Event, Message

T = TypeVar("T")


class Here:
    """What a user's party has around it in any world."""

    def __init__(self, ground: Ground, name: str) -> None:
        self.name = name
        self._ground = ground
        self._id = stream_id(f"party/{name}")
        self._done = 0

    @property
    def env(self) -> Timeline:
        """The environment of SimPy; its time is whole microseconds (`twin.minutes(5)`), 0 at the start."""
        return self._ground.timeline

    def stream(self, purpose: str) -> np.random.Generator:
        """Return random numbers of this party for a purpose: the same in every design, moved by nobody else."""
        return np.random.Generator(np.random.PCG64(bits(self._ground.seed, stream_id(f"{self.name}/{purpose}"), 0)))

    def start(self, steps: Steps) -> None:
        """Start a process; whatever it raises ends the run with a sentence that names the party."""
        self.env.process(self._told(steps))

    def _told(self, steps: Steps) -> Steps:
        try:
            return (yield from steps)
        except TwinError:
            raise
        except Exception as error:
            told = f"party {self.name} stopped at {self.env.now} us: {type(error).__name__}: {error}"
            raise UsageError(told) from error

    def _next(self) -> int:
        """Return the identity of the next thing that this party does."""
        self._done += 1
        return derive(self._id, self._done)


class AmongParties(Here):
    """What a user's party has around it where there is a distributor."""

    def __init__(
        self,
        ground: Ground,
        name: str,
        *,
        channels: Mapping[str, Channel],
        warehouses: Mapping[str, Warehouse],
        items: Sequence[str],
    ) -> None:
        super().__init__(ground, name)
        self._channels, self._warehouses = channels, warehouses
        self.channels, self.sites, self.items = tuple(channels), tuple(warehouses), tuple(items)
        self._numbers = {item: number for number, item in enumerate(items)}

    def shown(self, channel: str, item: str) -> int:
        """Return what a channel's page shows of an item, in the units in which it sells.

        Raises:
            UsageError: there is no such channel or item.
        """
        value, _ = _named(self._channels, "channel", channel).shown.get(self._item(item), (0, 0))
        return value

    def order(self, channel: str, lines: Mapping[str, int]) -> str | None:
        """Buy at a channel, units by item; what its page shows too little of is not bought.

        Returns:
            The number of the order; None where nothing was bought.

        Raises:
            UsageError: there is no such channel or item, or a number of units is no whole number above 0.
        """
        page = _named(self._channels, "channel", channel)
        if not lines or any(units.__class__ is not int or units < 1 for units in lines.values()):
            raise UsageError(f"an order has whole units above 0 of each of its items (got {dict(lines)})")
        asked = [OrderedLine(self._item(item), units) for item, units in lines.items()]
        number = f"{self.name} {self._done + 1}"
        return None if page.buy(self._next(), number, asked, "if_shown") is None else number

    def restock(self, site: str, item: str, units: int) -> int:
        """Put units on a shelf, or take them off it, and have the bin counted: the warehouse tells of what it finds.

        Returns:
            By how many units the shelf changed: none are taken that are not there.

        Raises:
            UsageError: there is no such site or item.
        """
        return _named(self._warehouses, "site", site).restock(self._item(item), units, self._next())

    def _item(self, item: str) -> int:
        number = self._numbers.get(item)
        if number is None:
            raise UsageError(f"no item {item!r} in this world; there are {', '.join(self.items[:3])}, ...")
        return number


class AmongServers(Here):
    """What a user's party has around it in a world of clients and servers."""

    def __init__(self, ground: Ground, name: str, sender: "Connect", requests: "Asked") -> None:
        super().__init__(ground, name)
        self._connect, self._requests = sender, requests
        self._senders: dict[tuple[str, Elapsed], Sender] = {}
        self._under_way: dict[int, tuple[int, simpy.Event]] = {}

    def call(self, to: str, *, operation: str = "", key: int = 0, timeout: Elapsed = MINUTE) -> simpy.Event:
        """Call a party through the design's policies; each call counts as one business request.

        Args:
            to: the called party.
            operation: what it is asked for, where it knows several.
            key: what the call is about.
            timeout: how long each attempt is waited for, in microseconds.

        Returns:
            An event to yield; its value is True where the call was answered, False where it was given up.

        Raises:
            UsageError: there is no such party.
        """
        sender = self._senders.get((to, timeout))
        if sender is None:
            sender = self._senders[to, timeout] = self._connect(to, timeout, self._answered, self._gave_up)
        id, ended = self._next(), self.env.event()
        self._under_way[id] = (self._requests.began(self.env.now), ended)
        sender.submit(Serve(id=id, cause=id, case=id, operation=operation, key=key, under=id))
        return ended

    def _answered(self, event: Event, _: Message | None) -> None:
        number, ended = self._under_way.pop(event.id)
        self._requests.answered(number, self.env.now)
        ended.succeed(True)

    def _gave_up(self, event: Event, _: str) -> None:
        self._under_way.pop(event.id)[1].succeed(False)


class Asked(Protocol):
    """Who keeps count of requests."""

    def began(self, now: Elapsed) -> int:
        """A request begins; return its number."""

    def answered(self, number: int, now: Elapsed) -> None:
        """The request was answered."""


Connect = Callable[[str, Elapsed, Callable[[Event, Message | None], None], Callable[[Event, str], None]], Sender]
"""Gives what a party is called through: its name, the timeout, who hears of answers and of calls given up."""


class OwnServer:
    """Where calls of a user's server arrive: each is worked on at once, by a process of its own."""

    def __init__(self, here: AmongServers, actor: Serves) -> None:
        self.here = here
        self.actor = actor

    def request(self, call: Call) -> None:
        """Take an attempt that has arrived."""
        self.here.start(self._served(call))

    def _served(self, call: Call) -> Generator[simpy.Event, Any, None]:
        asked = call.event
        assert isinstance(asked, Serve)
        good = yield from self.actor.serve(self.here, asked)
        call.status = FAILED if good is False else OK
        call.answer = Served(id=derive(asked.id, call.attempt), cause=asked.id)
        call.client.respond(call)


def _named(known: Mapping[str, T], what: str, name: str) -> T:
    found = known.get(name)
    if found is None:
        raise UsageError(f"no {what} {name!r}; there are {', '.join(known)}")
    return found
