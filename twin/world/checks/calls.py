"""A-3, A-4, A-5, P-4 and P-5: the calls of every interface, attempt by attempt.

A call is followed from its begin to its end, under the number that its client gave it. Waits are judged where the rule
is a ladder of this house (`policies.retry.Retry`) and nothing but the rule can hold an attempt back; what a careful
client waits is judged where it decides (`sides`).
"""

from collections.abc import Iterable, Iterator
from typing import Final

from actors.calls import OK, REJECTED, Call, Client
from actors.careful import CANCELLED, COPY, CarefulClient
from actors.presence import Door
from policies.retry import Retry
from policies.throttle import Gcra, Throttle, TokenBucket
from twin.model.instant import Elapsed
from twin.model.message import Event
from twin.world.checks.findings import Findings

DOUBLINGS_MAX: Final = 62


class _Interface:
    """One client's side of an interface: its calls, and its limit as the design states it."""

    __slots__ = ("begun", "calls", "failures", "level", "open", "since")

    def __init__(self) -> None:
        self.begun = 0
        self.calls: dict[int, Call] = {}
        """The last attempt of each call that has not ended, by its number."""
        self.failures: dict[int, tuple[Elapsed, str]] = {}
        """When and how that attempt ended, where it did."""
        self.open: dict[int, int] = {}
        """Where a hedge sends copies: attempts of a call that have not ended."""
        self.level = -1
        """What its own bucket still holds, in units times ticks; -1: it was never asked."""
        self.since: Elapsed = 0


class CallChecks:
    """The checks of calls."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self._met = findings.met
        self._interfaces: dict[str, _Interface] = {}

    def started(self, link: str) -> None:
        """A call began."""
        interface = self._interfaces.get(link)
        if interface is None:
            interface = self._interfaces[link] = _Interface()
        interface.begun += 1

    def sent(self, call: Call) -> None:
        """An attempt leaves: it must be the next of its call, allowed, and not too early."""
        client, number, attempt = call.client, call.number, call.attempt
        interface = self._interfaces[client.name]
        self._met["A-4"] += 1
        careful = client if isinstance(client, CarefulClient) else None
        if careful is not None and careful.calling.hedge is not None:
            self._sent_beside(call, interface)
            return
        calls = interface.calls
        if attempt > 1:
            self._repeated(call, interface)
        elif number in calls:
            self.findings.broken("A-4", _key(call), call.event, "begins a second time")
        calls[number] = call
        under_way = len(calls) - len(interface.failures)
        if under_way > client.concurrency:
            told = f"{under_way} attempts at once, where {client.concurrency} are allowed"
            self.findings.broken("P-5", _key(call), call.event, told)
        if client.pace is not None:
            gate = client.pace.gate if isinstance(client.pace, Door) else client.pace
            if gate is not None:
                self._paced(call, interface, gate.throttle, client.cost)
        elif careful is not None and careful.calling.limiter is not None:
            self._paced(call, interface, careful.calling.limiter, careful.calling.cost)

    def called(self, call: Call, outcome: str) -> None:
        """An attempt ended."""
        interface, number = self._interfaces[call.client.name], call.number
        if number in interface.open:
            self._ended_beside(call, interface, outcome)
            return
        if interface.calls.get(number) is not call or number in interface.failures:
            told = f"attempt {call.attempt} ended as {outcome}, and it was not open"
            self.findings.broken("A-4", _key(call), call.event, told)
        if outcome == OK:
            interface.calls.pop(number, None)
            return
        interface.failures[number] = (self.findings.clock(), outcome)
        if outcome == REJECTED:
            self._met["A-3"] += 1

    def gave_up(self, link: str, number: int) -> None:
        """A call ended without a success."""
        interface = self._interfaces[link]
        for book in (interface.calls, interface.failures, interface.open):
            book.pop(number, None)

    def under_way(self, link: str) -> Iterator[Event]:
        """Yield what an interface has begun to deliver and not ended."""
        interface = self._interfaces.get(link)
        if interface is not None:
            for call in interface.calls.values():
                yield call.event

    # --- attempts after the first

    def _repeated(self, call: Call, interface: _Interface) -> None:
        client, last = call.client, interface.calls.get(call.number)
        ended = interface.failures.pop(call.number, None)
        if last is None or ended is None or call.attempt != last.attempt + 1:
            before = "none" if last is None else f"{last.attempt}{', which is open' if ended is None else ''}"
            self.findings.broken("A-4", _key(call), call.event, f"attempt {call.attempt} after {before}")
            return
        at, status = ended
        self._met["A-3"] += 1
        if status == REJECTED:
            self.findings.broken("A-3", _key(call), call.event, "tried again after it was refused for good")
        if isinstance(client, CarefulClient):
            return
        if call.attempt > client.retry.attempts:
            told = f"attempt {call.attempt} of {client.retry.attempts}"
            self.findings.broken("A-3", _key(call), call.event, told)
        if isinstance(client.retry, Retry) and client.pace is None:
            wrong = wrong_wait(client.retry, last.attempt, last.retry_after, call.sent_at - at)
            self._met["P-4"] += 1
            if wrong:
                self.findings.broken("P-4", _key(call), call.event, wrong)

    # --- where a hedge sends copies of an attempt

    def _sent_beside(self, call: Call, interface: _Interface) -> None:
        last = interface.calls.get(call.number)
        before = last.attempt % COPY if last is not None else 0
        right = before if call.attempt >= COPY else before + 1
        if call.attempt % COPY != right or (call.attempt >= COPY and not interface.open.get(call.number)):
            told = f"attempt {call.attempt} after {before}"
            self.findings.broken("A-4", _key(call), call.event, told)
        interface.calls[call.number] = call
        interface.open[call.number] = interface.open.get(call.number, 0) + 1

    def _ended_beside(self, call: Call, interface: _Interface, outcome: str) -> None:
        left = interface.open[call.number] = interface.open[call.number] - 1
        if left < 0:
            self.findings.broken("A-4", _key(call), call.event, f"attempt {call.attempt} ended, and none was open")
        if not left and (outcome in (CANCELLED, OK)):
            self.gave_up(call.client.name, call.number)

    # --- limits that the caller knows

    def _paced(self, call: Call, interface: _Interface, throttle: Throttle, cost: int) -> None:
        """P-5: take what the attempt costs from a bucket of the same numbers."""
        size = _bucket(throttle)
        if size is None:
            return
        self._met["P-5"] += 1
        units, ticks, burst = size
        full, now = burst * ticks, call.sent_at
        held = full if interface.level < 0 else min(full, interface.level + units * (now - interface.since))
        held -= cost * ticks
        if held < 0:
            told = f"sent beyond {burst} at once and {units} per {ticks} us"
            self.findings.broken("P-5", _key(call), call.event, told)
        interface.level, interface.since = max(0, held), now

    # --- the end

    def look_back(self, clients: Iterable[Client], now: Elapsed) -> None:
        """See that no attempt stays open beyond its time-out, and that no call got lost before it began."""
        for client in clients:
            interface = self._interfaces.get(client.name) or _Interface()
            for number, call in interface.calls.items():
                if number not in interface.failures and call.sent_at + client.timeout < now and not _hedged(client):
                    key = f"call {number} on {client.name}"
                    self.findings.broken("A-4", key, call.event, f"attempt {call.attempt} has never ended")
            self._met["A-5"] += client.offered
            there = interface.begun + len(client.backlog) + client.turned_away + client.dropped
            if client.offered != there:
                told = (
                    f"{client.offered} offered; {interface.begun} begun, {len(client.backlog)} waiting, "
                    f"{client.turned_away} turned away, {client.dropped} dropped"
                )
                self.findings.broken("A-5", client.name, told)


def wrong_wait(rule: Retry, failures: int, asked: Elapsed | None, waited: Elapsed) -> str:
    """Say what is wrong with a wait after so many failures, or return an empty text.

    The interval is written down here anew, from the words of the rule (POLICIES 2): the ladder, its cap, its jitter;
    not before the called side asked for, and not at all where that is negative.
    """
    if asked is not None and asked < 0:
        return "the called side said not to come back"
    step = rule.base_us
    if rule.kind == "linear":
        step = rule.base_us * failures
    elif rule.kind == "exponential":
        step = rule.base_us * 2 ** min(failures - 1 + rule.first_exponent, DOUBLINGS_MAX)
    high = min(step, rule.cap_us)
    low = {"none": high, "full": 0, "equal": high - high // 2, "decorrelated": min(rule.base_us, rule.cap_us)}
    if rule.jitter == "decorrelated":
        high = rule.cap_us
    least, most = max(1, low[rule.jitter], asked or 0), max(1, high, asked or 0)
    if least <= waited <= most:
        return ""
    return f"waited {waited} us after failure {failures}; the rule says {least} to {most}"


def _bucket(throttle: Throttle) -> tuple[int, int, int] | None:
    """Return units, ticks and burst of a limit that is a bucket: `burst` at once, then `units` per `ticks`."""
    if isinstance(throttle, TokenBucket):
        return throttle.units, throttle.ticks, throttle.burst
    if isinstance(throttle, Gcra):
        return throttle.units, throttle.ticks, throttle.limit
    return None


def _hedged(client: Client) -> bool:
    """Tell whether attempts have copies, which count as one call."""
    return isinstance(client, CarefulClient) and client.calling.hedge is not None


def _key(call: Call) -> str:
    return f"call {call.number} on {call.client.name}"
