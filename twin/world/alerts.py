"""Alerts of a run: the rules of the design at work, and what they were worth.

Every minute each rule looks at its measure. A raised alert is an event, and somebody has to look at it, so alerts keep
few people from other work.

What they were worth is judged at the end against the same run without its faults: draws are keyed, so that one differs
by nothing but the faults. A measure of harm that has grown by more since a fault began than it has without any fault is
harm, until an hour after the fault; faults that are on at one time share their harm. The time to detect a fault is that
from the first look at which there is harm of it to the first alert whose measure is worse than it would have been
without faults; an alert that came before the harm detects at once. An alert is false when it is none of these and its
own measure is none of harm. A fault that did harm and that nobody was told of is censored: the time looked at is what
is known.

Tried and dropped: harm as a measure above its own maximum before the first fault. Every morning was harm then.
"""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from policies.alerting import Standing, Threshold
from twin.kernel.faults import Armed, Faults
from twin.kernel.recorder import Recorder
from twin.kernel.timeline import Timeline
from twin.model.instant import HOUR, MINUTE, SECOND, Elapsed
from twin.world.alert_specs import Alert
from twin.world.gauges import Gauge, gauge
from twin.world.measures import Watch
from twin.world.values import duration_text
from twin.world.watchable import HARM

LOOK_EVERY: Final[Elapsed] = MINUTE
"""How often a rule looks at its measure: once a minute, as monitoring commonly scrapes (assumed)."""
AFTER: Final[Elapsed] = HOUR
"""How long after the end of a fault harm may show that is still its own: an hour, assumed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert of a design at work; `is_harm` tells whether its measure is one of harm."""

    name: str
    threshold: Threshold
    gauge: Gauge
    is_harm: bool


def rules_at_work(alerts: Sequence[Alert], watch: Watch) -> list[Rule]:
    """Return the rules of a design, each with what reads its measure off a watch."""
    return [
        Rule(
            alert.name,
            alert.threshold(),
            gauge(alert.measure, watch, max(1, alert.over // LOOK_EVERY), LOOK_EVERY),
            alert.measure in HARM,
        )
        for alert in alerts
    ]


@dataclass(slots=True)
class Raised:
    """One alert: which rule, when, and when it was over; None: not yet."""

    rule: int
    at: Elapsed
    over: Elapsed | None = None


@dataclass(slots=True)
class Series:
    """What was seen look by look: the value of each rule (nan: none), and each measure of harm so far."""

    values: "list[array[float]]"
    harm: "list[array[int]]" = field(default_factory=lambda: [array("q") for _ in HARM])


class Detected(NamedTuple):
    """One fault that did harm: since when, and how long until it was noticed; `by` is None when it never was."""

    fault: str
    harm: Elapsed
    took: Elapsed
    by: str | None


class AlertWatch:
    """The alerts of one run; `harm` returns the measures of harm so far, `tell` gets each alert to its people."""

    def __init__(
        self,
        timeline: Timeline,
        recorder: Recorder,
        rules: Sequence[Rule],
        harm: Callable[[], Sequence[int]],
        tell: Callable[[int], None],
    ) -> None:
        self.rules = rules
        self.raised: list[Raised] = []
        self.series = Series([array("d") for _ in rules])
        self._timeline = timeline
        self._recorder = recorder
        self._harm = harm
        self._tell = tell
        self._standing = [Standing() for _ in rules]
        self._on: dict[int, Raised] = {}
        self._party = recorder.party("middleware")
        for number, rule in enumerate(rules):
            recorder.name("alert", number, rule.name)
        if rules:
            timeline.call_in(LOOK_EVERY, self._look, None)

    def _look(self, _: None) -> None:
        now = self._timeline.now
        self._timeline.call_in(LOOK_EVERY, self._look, None)
        for kept, value in zip(self.series.harm, self._harm(), strict=True):
            kept.append(value)
        for number, rule in enumerate(self.rules):
            seen = rule.gauge()
            self.series.values[number].append(float("nan") if seen is None else seen)
            self._standing[number], what = rule.threshold.judge(self._standing[number], seen, now)
            if what == "raised":
                self._on[number] = alert = Raised(number, now)
                self.raised.append(alert)
                self._note("alert.raised", number)
                self._tell(len(self.raised))
            elif what == "over":
                self._on.pop(number).over = now
                self._note("alert.over", number)

    def counts(self) -> dict[str, float | None]:
        """Return how many alerts were raised until now, in all and by rule; nothing without rules."""
        return Worth(self._names()).counts([rule.name for rule in self.rules])

    def _names(self) -> list[str]:
        return [self.rules[alert.rule].name for alert in self.raised]

    def _note(self, what: str, number: int) -> None:
        kind = self._recorder.kind(what)
        self._recorder.note(self._timeline.now, kind, self._party, self._party, number, 0, 0)

    # --- what they were worth

    def judged(self, faults: Faults, harmless: Series | None) -> "Worth":
        """Return what the alerts were worth; `harmless` is what was seen without the faults, None if nobody looked."""
        told = Worth(self._names())
        if not faults.armed:
            told.false = sum(not self.rules[alert.rule].is_harm for alert in self.raised)
        elif harmless is not None:
            right: set[int] = set()
            for armed in faults.armed:
                self._by(armed, harmless, told, right)
            false = (n for n, alert in enumerate(self.raised) if not self.rules[alert.rule].is_harm and n not in right)
            told.false = sum(1 for _ in false)
        return told

    def _by(self, armed: Armed, harmless: Series, told: "Worth", right: set[int]) -> None:
        """Judge one fault: when it first did harm, and which alerts told of it."""
        if armed.began is None or not armed.effects:
            return
        until = min(self._timeline.now, (self._timeline.now if armed.ended is None else armed.ended) + AFTER)
        harm = self._first_harm(armed.began, until, harmless)
        if harm is None:
            return
        first: Raised | None = None
        for number, alert in enumerate(self.raised):
            if armed.began <= alert.at <= until and self._is_worse(alert, harmless):
                right.add(number)
                first = first or alert
        by = None if first is None else self.rules[first.rule].name
        took = max(0, (until if first is None else first.at) - harm)
        told.detected.append(Detected(armed.fault.name, harm, took, by))

    def _first_harm(self, began: Elapsed, until: Elapsed, harmless: Series) -> Elapsed | None:
        """Return the first look since `began` at which some measure of harm has grown beyond what it would have."""
        before = began // LOOK_EVERY  # so many looks lie at or before it
        for look in range(before, min(until // LOOK_EVERY, len(self.series.harm[0]))):
            for here, there in zip(self.series.harm, harmless.harm, strict=True):
                start = here[before - 1] - there[before - 1] if before else 0
                if here[look] - there[look] > start:
                    return (look + 1) * LOOK_EVERY
        return None

    def _is_worse(self, alert: Raised, harmless: Series) -> bool:
        """Tell whether an alert's measure was beyond its bound where it would not have been as bad without faults."""
        look = alert.at // LOOK_EVERY - 1
        here, there = self.series.values[alert.rule][look], harmless.values[alert.rule][look]
        if there != there:  # no sample without the faults
            return True
        threshold = self.rules[alert.rule].threshold
        above = threshold.above is not None and here > threshold.above and here > there
        return above or (threshold.below is not None and here < threshold.below and here < there)


@dataclass(slots=True)
class Worth:
    """What the alerts of a run were worth; `raised` names the rule of each, `false` is None where nobody can say."""

    raised: list[str]
    false: int | None = None
    detected: list[Detected] = field(default_factory=list)

    def counts(self, rules: Sequence[str]) -> dict[str, float | None]:
        """Return how many were raised, under their keys; a run without rules counts none."""
        if not rules:
            return {}
        kpis: dict[str, float | None] = {"alerts_raised": len(self.raised)}
        return kpis | {f"alerts_raised{{alert={name}}}": self.raised.count(name) for name in rules}

    def results(self, rules: Sequence[str]) -> dict[str, float | None]:
        """Return the measures under their keys; a run without rules has none of them."""
        kpis = self.counts(rules)
        if not kpis:
            return {}
        kpis["false_alarms"] = self.false
        times = [each.took / SECOND for each in self.detected]
        kpis["time_to_detect_s"] = sum(times) / len(times) if times else None
        kpis["time_to_detect_censored"] = int(any(each.by is None for each in self.detected)) if times else None
        for each in self.detected:
            kpis[f"time_to_detect_s{{fault={each.fault}}}"] = each.took / SECOND
            kpis[f"time_to_detect_censored{{fault={each.fault}}}"] = int(each.by is None)
        return kpis

    def notes(self) -> list[str]:
        """Return a sentence for each fault that did harm."""
        return [
            f"fault {each.fault} did harm from {duration_text(each.harm)}; "
            + (f"alert {each.by} told of it after {duration_text(each.took)}" if each.by else "no alert told of it")
            for each in self.detected
        ]
