"""A-3, A-4, A-5, P-4, P-5 and P-7: the calls of every interface, attempt by attempt.

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


class _Followed:
    """One call: when it began, how many attempts it made, how many are open, and how the last one ended.

    More than one is open only where a hedge sends copies of an attempt.
    """

    __slots__ = ("asked", "attempts", "began", "ended", "event", "open", "sent", "status")

    def __init__(self, event: Event, began: Elapsed) -> None:
        self.event = event
        self.began = began
        self.attempts = 0
        self.open = 0
        self.sent: Elapsed = 0
        self.ended: Elapsed = 0
        self.asked: Elapsed | None = None
        self.status = OK


class _Interface:
    """One client's side of an interface: its calls, and its limits as the design states them."""

    __slots__ = ("begun", "calls", "in_flight", "level", "since")

    def __init__(self) -> None:
        self.calls: dict[int, _Followed] = {}
        self.begun = 0
        self.in_flight = 0
        self.level = -1
        """What its own bucket still holds, in units times ticks; -1: it was never asked."""
        self.since: Elapsed = 0


class CallChecks:
    """The checks of calls."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self._interfaces: dict[str, _Interface] = {}

    def started(self, link: str, event: Event, number: int) -> None:
        """A call began."""
        interface = self._interfaces.get(link)
        if interface is None:
            interface = self._interfaces[link] = _Interface()
        interface.begun += 1
        interface.calls[number] = _Followed(event, self.findings.clock())

    def sent(self, call: Call) -> None:
        """An attempt leaves: it must be the next of its call, allowed, and not too early."""
        client = call.client
        interface = self._interfaces[client.name]
        followed, now = interface.calls[call.number], call.sent_at
        met = self.findings.met
        met["A-4"] += 1
        attempt = call.attempt % COPY
        copied = attempt < call.attempt
        if bool(followed.open) is not copied or attempt != followed.attempts + (not copied):
            told = f"attempt {call.attempt} after {followed.attempts}, of which {followed.open} are open"
            self.findings.broken("A-4", _key(call), call.event, told)
        if call.attempt > 1 and not copied:
            self._repeated(call, followed, now)
        followed.attempts, followed.sent = attempt, now
        followed.open += 1
        interface.in_flight += 1
        if interface.in_flight > client.concurrency and not _hedged(client):
            told = f"{interface.in_flight} attempts at once, where {client.concurrency} are allowed"
            self.findings.broken("P-5", _key(call), call.event, told)
        gate = client.pace.gate if isinstance(client.pace, Door) else client.pace
        if gate is not None:
            self._paced(call, interface, gate.throttle, client.cost)
        if isinstance(client, CarefulClient):
            self._governed(call, client, interface, followed)

    def called(self, call: Call, outcome: str) -> None:
        """An attempt ended."""
        interface = self._interfaces[call.client.name]
        followed = interface.calls[call.number]
        if not followed.open or followed.attempts != call.attempt % COPY:
            told = f"attempt {call.attempt} ended as {outcome}, and it was not open"
            self.findings.broken("A-4", _key(call), call.event, told)
        followed.open -= 1
        interface.in_flight -= 1
        if outcome in (OK, CANCELLED):
            if not followed.open:
                del interface.calls[call.number]
            return
        followed.ended, followed.asked, followed.status = self.findings.clock(), call.retry_after, outcome
        if outcome == REJECTED:
            self.findings.met["A-3"] += 1

    def gave_up(self, link: str, number: int) -> None:
        """A call ended without a success."""
        self._interfaces[link].calls.pop(number)

    def under_way(self, link: str) -> Iterator[Event]:
        """Yield what an interface has begun to deliver and not ended."""
        interface = self._interfaces.get(link)
        if interface is not None:
            for followed in interface.calls.values():
                yield followed.event

    def _repeated(self, call: Call, followed: _Followed, now: Elapsed) -> None:
        client = call.client
        if followed.status == REJECTED:
            self.findings.broken("A-3", _key(call), call.event, "tried again after it was refused for good")
        if isinstance(client, CarefulClient):
            return
        self.findings.met["A-3"] += 1
        if call.attempt > client.retry.attempts:
            told = f"attempt {call.attempt} of {client.retry.attempts}"
            self.findings.broken("A-3", _key(call), call.event, told)
        if isinstance(client.retry, Retry) and client.pace is None:
            wrong = wrong_wait(client.retry, followed.attempts, followed.asked, now - followed.ended)
            self.findings.met["P-4"] += 1
            if wrong:
                self.findings.broken("P-4", _key(call), call.event, wrong)

    # --- limits that the caller knows

    def _paced(self, call: Call, interface: _Interface, throttle: Throttle, cost: int) -> None:
        """P-5: take what the attempt costs from a bucket of the same numbers."""
        size = _bucket(throttle)
        if size is None:
            return
        self.findings.met["P-5"] += 1
        units, ticks, burst = size
        full, now = burst * ticks, call.sent_at
        held = full if interface.level < 0 else min(full, interface.level + units * (now - interface.since))
        held -= cost * ticks
        if held < 0:
            told = f"sent beyond {burst} at once and {units} per {ticks} us"
            self.findings.broken("P-5", _key(call), call.event, told)
        interface.level, interface.since = max(0, held), now

    def _governed(self, call: Call, client: CarefulClient, interface: _Interface, followed: _Followed) -> None:
        calling = client.calling
        if calling.limiter is not None and client.pace is None:
            self._paced(call, interface, calling.limiter, calling.cost)
        if calling.deadline is not None:
            self.findings.met["P-7"] += 1
            late = call.sent_at - followed.began - calling.deadline.within
            if late >= 0:
                told = f"sent {late} us after the deadline"
                self.findings.broken("P-7", _key(call), call.event, told)

    # --- the end

    def look_back(self, clients: Iterable[Client], now: Elapsed) -> None:
        """See that no attempt stays open beyond its time-out, and that no call got lost before it began."""
        for client in clients:
            interface = self._interfaces.get(client.name) or _Interface()
            for number, followed in interface.calls.items():
                if followed.open and followed.sent + client.timeout < now:
                    key = f"call {number} on {client.name}"
                    self.findings.broken("A-4", key, f"its attempt {followed.attempts} has never ended")
            self.findings.met["A-5"] += client.offered
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
