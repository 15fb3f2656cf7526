"""Which of several servers that are alike get no calls for a while, because they fail (`OutlierEjection`).

Theory of operation. Whoever hands calls to several hosts counts how each of their calls ended. A host that fails
`consecutive` times in a row is ejected at once. At the end of every `interval` the others are compared: of the hosts
with enough calls, if there are enough of them, those are ejected whose share of successes lies below the mean by more
than `deviations` standard deviations, and, where that is switched on, those that failed too large a share of their
calls. An ejected host is back at the first sweep after its time, which is `base` x how often it was ejected. At most
`share_max` of the hosts are out at a time, but one may always be. State is a value; time comes with the events, and a
sweep that is due happens before the event that finds it due.
"""

from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple, assert_never

from twin.model.instant import SECOND

IN = -1
"""The time of a host that is not ejected."""


class Host(NamedTuple):
    """What is known of one host; times in microseconds."""

    out_until: int = IN
    ejections: int = 0
    failed_in_a_row: int = 0
    calls: int = 0
    """Since the last sweep, as are the successes."""
    good: int = 0


class Hosts(NamedTuple):
    """The state: every host, and when the next sweep is due."""

    hosts: tuple[Host, ...]
    sweep_at: int


class Asked(NamedTuple):
    """A call is to be handed to one of the hosts."""

    now: int


class Ended(NamedTuple):
    """A call at a host ended."""

    now: int
    host: int
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlierEjection:
    """Envoy's outlier detection; times in microseconds.

    The failure percentage has no effect in Envoy unless it is enforced, so 0 hosts are its default here. Source:
    envoyproxy/envoy api/envoy/config/cluster/v3/outlier_detection.proto (POLICIES 1).
    """

    consecutive: int = 5
    interval: int = 10 * SECOND
    base: int = 30 * SECOND
    longest: int = 300 * SECOND
    share_max: float = 0.1
    hosts_min: int = 5
    calls_min: int = 100
    deviations: float = 1.9
    failing: float = 0.85
    failing_hosts_min: int = 0
    """How many hosts must have `failing_calls_min` calls before any is ejected for its failures alone; 0: never."""
    failing_calls_min: int = 50

    def initial(self, hosts: int) -> Hosts:
        """Return so many hosts of which nothing is known."""
        return Hosts((Host(),) * hosts, self.interval)

    def step(self, state: Hosts, event: Asked | Ended) -> tuple[Hosts, tuple[int, ...]]:
        """Return the next state, and the hosts that may have calls now, by number; all of them if none may."""
        while event.now >= state.sweep_at:
            state = self._swept(state)
        match event:
            case Asked():
                pass
            case Ended():
                state = self._counted(state, event)
            case _:
                assert_never(event)
        inside = tuple([number for number, host in enumerate(state.hosts) if host.out_until == IN])
        return state, inside or tuple(range(len(state.hosts)))

    def _counted(self, state: Hosts, event: Ended) -> Hosts:
        host = state.hosts[event.host]
        row = 0 if event.ok else host.failed_in_a_row + 1
        host = host._replace(failed_in_a_row=row, calls=host.calls + 1, good=host.good + event.ok)
        state = _with(state, event.host, host)
        return self._ejected(state, event.host, event.now) if row >= self.consecutive else state

    def _swept(self, state: Hosts) -> Hosts:
        """Take back whose time is over, then compare what the interval has shown, and count anew."""
        now = state.sweep_at
        for number, host in enumerate(state.hosts):
            if host.out_until != IN and now >= host.out_until:
                state = _with(state, number, host._replace(out_until=IN, failed_in_a_row=0))
        for number in self._outliers(state.hosts):
            state = self._ejected(state, number, now)
        return Hosts(tuple([host._replace(calls=0, good=0) for host in state.hosts]), now + self.interval)

    def _outliers(self, hosts: tuple[Host, ...]) -> list[int]:
        """Return the hosts that stand out, in their order."""
        found = []
        rates = {number: host.good / host.calls for number, host in enumerate(hosts) if host.calls >= self.calls_min}
        if rates and len(rates) >= self.hosts_min:
            mean = sum(rates.values()) / len(rates)
            spread = sqrt(sum((rate - mean) ** 2 for rate in rates.values()) / len(rates))
            found += [number for number, rate in rates.items() if rate < mean - self.deviations * spread]
        busy = [number for number, host in enumerate(hosts) if host.calls >= self.failing_calls_min]
        if self.failing_hosts_min and len(busy) >= self.failing_hosts_min:
            found += [number for number in busy if 1 - hosts[number].good / hosts[number].calls >= self.failing]
        return sorted(dict.fromkeys(found))

    def _ejected(self, state: Hosts, number: int, now: int) -> Hosts:
        """Eject a host that is in, if not too many are out."""
        host, out = state.hosts[number], sum(each.out_until != IN for each in state.hosts)
        if host.out_until != IN or (out and (out + 1) > self.share_max * len(state.hosts)):
            return state
        times = host.ejections + 1
        lasts = min(self.base * times, max(self.longest, self.base))
        return _with(state, number, host._replace(out_until=now + lasts, ejections=times, failed_in_a_row=0))


def _with(state: Hosts, number: int, host: Host) -> Hosts:
    return state._replace(hosts=(*state.hosts[:number], host, *state.hosts[number + 1 :]))
