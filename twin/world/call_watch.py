"""Measures of a world without a distributor: what clients asked for, what they got, and what servers did meanwhile."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from actors.balanced import Balanced
from actors.calls import Address, Call
from actors.ground import Asked, Side
from actors.server import Server
from actors.unwatched import Unwatched
from policies.calling import Calling, Decision, Sides
from twin.model.instant import SECOND, Elapsed
from twin.model.message import Event
from twin.world.checks.catalogue import JUDGED
from twin.world.checks.findings import Findings
from twin.world.checks.sides import SideChecks
from twin.world.levels import Level, Samples
from twin.world.outcomes import (
    Collapse,
    Recovery,
    Requests,
    Trouble,
    Windows,
    collapsed,
    last_quarter,
    recovered_after,
)

Kpis = dict[str, float | None]

CALL_MEASURES: Final[dict[str, tuple[str, str]]] = {
    "requests": ("count", "Business requests begun."),
    "success_share": ("share", "Business requests answered well in time / begun, in all and by window of their begin."),
    "goodput_per_s": ("1/s", "Business requests answered well in time."),
    "latency_s": ("s", "Time of the business requests that were answered well in time."),
    "attempts_per_request": ("ratio", "Attempts on a link per business request: what the layers above it make of one."),
    "tries_per_request": ("ratio", "How often a request was begun, where requests are repeated as a whole."),
    "collapsed": ("0/1", "Of the requests of the window, the last quarter unless named, under half succeeded."),
    "recovery_s": (
        "s",
        "From the end of the last fault until enough windows in a row are good; or until it is censored.",
    ),
    "recovery_censored": (
        "0/1",
        "The run ended before it recovered; recovery_s is the time looked at.",
    ),
    "queue_length_max": ("count", "The longest line of any server."),
    "in_system": ("count", "Calls in line and in service, time-weighted, by server."),
    "stay_s": ("s", "From a call's arrival at a server until its answer leaves, on average."),
    "wait_s": ("s", "From a call's arrival at a server until its service begins, on average."),
    "waited_share": ("share", "Calls that had to wait for a worker / begun, by server."),
    "rejected_share": ("share", "Calls that found no place / arrived, by server."),
    "shed_share": ("share", "Calls refused for the sake of more critical ones / arrived, by server."),
    "worked_calls": ("count", "Calls that a party with keys worked on to a good end."),
    "repeated_work": ("count", "Those of them whose key had been worked on to a good end before: effects too many."),
    "ejections": ("count", "How often a server of the party was left out because it failed."),
    "attempts_bound": ("ratio", "The most attempts that the layers above a link and its own may make of one request."),
    "little_ratio": (
        "ratio",
        "L / (lambda W) of a server: 1 but for calls there at the first or last moment.",
    ),
}
"""Name to (unit, what it says); what is measured in every world stands in the common table."""
OF_REQUESTS: Final = (
    *("requests", "success_share", "goodput_per_s", "latency_s", "collapsed", "recovery_s", "recovery_censored"),
)
"""Those of business requests, which are orders where there is a distributor."""


class Ledger:
    """The requests of one group of clients."""

    def __init__(self) -> None:
        self.requests = Requests.none()
        self.repeats = 0

    def began(self, now: Elapsed) -> int:
        """A request begins."""
        self.requests.began.append(now)
        self.requests.took.append(-1)
        return len(self.requests.began) - 1

    def repeated(self, number: int) -> None:
        """A request begins anew."""
        self.repeats += 1

    def answered(self, number: int, now: Elapsed) -> None:
        """A request was answered well in time."""
        self.requests.took[number] = now - self.requests.began[number]


class CallWatch(Unwatched):
    """The probe of one run, and the ledgers of its groups of clients."""

    def __init__(self, clock: Callable[[], Elapsed], checked: Sequence[str] = ()) -> None:
        self.clock = clock
        judged = [name for name in JUDGED if name in checked]
        self.findings = Findings(checked=judged, stops=False, declared=(), clock=clock)
        self._sides = SideChecks(self.findings)
        self.ledgers: dict[str, Ledger] = {}
        self.broken = Level()
        self.calls: dict[str, int] = {}
        self.attempts: dict[str, int] = {}
        self.latency: dict[str, Samples] = {}
        self.refused = 0

    def ledger(self, group: str) -> Ledger:
        """Return a new ledger for a group."""
        self.ledgers[group] = Ledger()
        return self.ledgers[group]

    def restart(self) -> None:
        """The warm-up is over: counts begin at 0; requests keep the time of their begin."""
        self.refused = 0
        for ledger in self.ledgers.values():
            ledger.repeats = 0
        self.broken.restart(self.clock())
        self.calls, self.attempts, self.latency = {}, {}, {}

    # --- the probe

    def started(self, link: str, event: Event, number: int) -> None:
        """A call began."""
        self.calls[link] = self.calls.get(link, 0) + 1

    def ruled(
        self,
        link: str,
        side: Side,
        calling: Calling,
        before: Sides,
        asked: Asked,
        after: Sides,
        decision: Decision,
    ) -> None:
        """The policies of a link decided."""
        self._sides.ruled(link, side, calling, before, asked, after, decision)

    def sent(self, call: Call) -> None:
        """An attempt begins."""
        link = call.client.name
        self.attempts[link] = self.attempts.get(link, 0) + 1

    def called(self, call: Call, took: Elapsed, outcome: str) -> None:
        """An attempt ended."""
        link = call.client.name
        samples = self.latency.get(link)
        if samples is None:
            samples = self.latency[link] = Samples()
        samples.add(took)
        if outcome == "refused":
            self.refused += 1

    def broke(self, link: str, broken: bool) -> None:
        """A breaker left CLOSED, or came back to it."""
        self.broken.add(1 if broken else -1, self.clock())


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is asked of the requests of a run.

    `since` is the end of the warm-up, `now` that of the run, `deadline` the longest that a request may take; all in
    microseconds. `trouble` is None in a run without a fault.
    """

    since: Elapsed
    now: Elapsed
    deadline: Elapsed
    windows: Windows
    collapse: Collapse
    recovery: Recovery
    trouble: Trouble | None


def results(watch: CallWatch, servers: Sequence[Server], asked: Judgement) -> Kpis:
    """Return every measure under its key, in a fixed order; with several groups of clients also by group."""
    ledgers, span = watch.ledgers, (asked.now - asked.since) / SECOND
    kpis = judged(Requests.of([ledger.requests for ledger in ledgers.values()]), asked, {})
    if len(ledgers) > 1:
        for name in sorted(ledgers):
            kpis |= judged(ledgers[name].requests, asked, {"clients": name})
    begun = kpis["requests"] or 0
    repeats = sum(ledger.repeats for ledger in ledgers.values())
    kpis["tries_per_request"] = 1 + repeats / begun if begun else None
    kpis |= _calls(watch, begun)
    kpis["breaker_open_s"] = watch.broken.mean(asked.now) * span
    return kpis | _servers(servers, span)


def judged(requests: Requests, asked: Judgement, group: Mapping[str, str]) -> Kpis:
    """Return what became of requests; a group's keys carry its label."""
    span = (asked.now - asked.since) / SECOND
    begun, good = requests.within(asked.since, asked.now + 1)
    kpis: Kpis = {"requests": begun, "success_share": good / begun if begun else None}
    windows = {name: requests.share(window.from_, window.to) for name, window in asked.windows.items()}
    kpis["goodput_per_s"] = good / span if span else None
    for statistic, value in _latency(requests, asked.since).items():
        kpis[f"latency_s.{statistic}"] = value
    named = asked.windows.get(asked.collapse.window) if asked.collapse.window is not None else None
    told = (named.from_, named.to) if named is not None else last_quarter(asked.now, asked.deadline)
    kpis["collapsed"] = collapsed(requests, asked.collapse, told)
    kpis |= _recovery(requests, asked)
    labelled = {_labelled(key, group): value for key, value in kpis.items()}
    return labelled | {_labelled("success_share", {**group, "window": name}): share for name, share in windows.items()}


def _labelled(key: str, labels: Mapping[str, str]) -> str:
    told = ",".join(f"{name}={labels[name]}" for name in sorted(labels))
    return f"{key}{{{told}}}" if told else key


def _latency(requests: Requests, since: Elapsed) -> dict[str, float | None]:
    samples = Samples()
    pairs = zip(requests.began, requests.took, strict=True)
    samples.values = array("q", [took for began, took in pairs if took >= 0 and began >= since])
    return samples.statistics()


def _calls(watch: CallWatch, begun: float) -> Kpis:
    kpis: Kpis = {}
    for link in sorted(watch.latency):
        for statistic, value in watch.latency[link].statistics().items():
            kpis[f"api_latency_s.{statistic}{{link={link}}}"] = value
    for link in sorted(watch.calls):
        kpis[f"attempts_per_call{{link={link}}}"] = watch.attempts.get(link, 0) / watch.calls[link]
        kpis[f"attempts_per_request{{link={link}}}"] = watch.attempts.get(link, 0) / begun if begun else None
    calls = sum(watch.calls.values())
    kpis["attempts_per_call"] = sum(watch.attempts.values()) / calls if calls else 1
    kpis["throttled_calls"] = watch.refused
    return kpis


def _servers(servers: Sequence[Server], span: float) -> Kpis:
    kpis: Kpis = {}
    for server in servers:
        counts, told = server.counted(), f"{{server={server.name}}}"
        present, queue = counts.present_area / SECOND, counts.queue_area / SECOND
        kpis[f"throughput_per_s{told}"] = counts.finished / span if span else None
        kpis[f"queue_length{{queue={server.name}}}"] = queue / span if span else None
        kpis[f"queue_length.max{{queue={server.name}}}"] = counts.queue_max
        kpis[f"queue_length.end{{queue={server.name}}}"] = len(server.line)
        kpis[f"in_system{told}"] = present / span if span else None
        kpis[f"stay_s.mean{told}"] = counts.stayed / SECOND / counts.finished if counts.finished else None
        kpis[f"wait_s.mean{told}"] = counts.waited / SECOND / counts.begun if counts.begun else None
        kpis[f"waited_share{told}"] = counts.waits / counts.begun if counts.begun else None
        kpis[f"rejected_share{told}"] = counts.rejected / counts.offered if counts.offered else None
        if server.terms.sheds is not None:
            kpis[f"shed_share{told}"] = counts.shed / counts.offered if counts.offered else None
        kpis[f"little_ratio{told}"] = counts.present_area / counts.stayed if counts.stayed else None
    kpis["throughput_per_s"] = sum(server.counts.finished for server in servers) / span if span else None
    kpis["queue_length_max"] = max((server.counts.queue_max for server in servers), default=0)
    return kpis


def of_parties(addresses: Mapping[str, Address]) -> Kpis:
    """Return what parties of servers count together: work under keys, and servers left out."""
    kpis: Kpis = {}
    for name, address in addresses.items():
        servers = address.servers if isinstance(address, Balanced) else [address]
        first = servers[0]
        if isinstance(first, Server) and (keys := first.terms.keys) is not None:
            kpis[f"worked_calls{{party={name}}}"] = keys.worked
            kpis[f"repeated_work{{party={name}}}"] = keys.repeated
        if isinstance(address, Balanced) and address.ejects is not None:
            kpis[f"ejections{{party={name}}}"] = address.ejections
    return kpis


def _recovery(requests: Requests, asked: Judgement) -> Kpis:
    trouble, until = asked.trouble, asked.now - asked.deadline
    if trouble is None:
        return {"recovery_s": None, "recovery_censored": None}
    found = recovered_after(requests, asked.recovery, trouble, since=asked.since, until=until)
    if found is not None:
        return {"recovery_s": found / SECOND, "recovery_censored": 0}
    looked = max(until - trouble.over, 0) / SECOND if trouble.over is not None else 0.0
    return {"recovery_s": looked, "recovery_censored": 1}
