"""Pushes under a vendor's rule: made again until they are acknowledged, given up, missed, and found by whoever asks."""

import pytest

import scenarios
from actors.ground import Ground
from actors.pushes import Pushes
from policies.redelivery import Redelivery
from scenarios.replays import replay
from twin.errors import ScenarioError
from twin.kernel.recorder import Recorder
from twin.kernel.timeline import Timeline
from twin.model.instant import HOUR, MINUTE, SECOND
from twin.world.build import World, build
from twin.world.closing import look_back
from twin.world.run import HISTORY, measured, run_once

HOOK = "landscape.parties.storefront.webhook"
RULE = Redelivery(waits_us=(10 * SECOND,), tries=3, timeout_us=SECOND, ends=True)


class Wire:
    """A way that takes `latency` while it is up, and nothing while it is not."""

    may_lose = True

    def __init__(self, timeline: Timeline, latency: int = 1_000) -> None:
        self.timeline = timeline
        self.latency = latency
        self.up = True

    def send(self, identity, attempt, deliver, arg):
        if self.up:
            self.timeline.call_in(self.latency, deliver, arg)


class Line:
    """A vendor with a subscription and a receiver that keeps what it got."""

    def __init__(self, rule: Redelivery = RULE, look_every: int = 0) -> None:
        self.timeline = Timeline()
        ground = Ground(self.timeline, 1, 0, Recorder(), None)  # type: ignore[arg-type]  # pushes tell no probe
        self.there, self.back = Wire(self.timeline), Wire(self.timeline)
        self.got: list[int] = []
        self.pushes = Pushes(
            ground, "shop", rule, there=self.there, back=self.back, renewed=lambda *_: HOUR, look_every=look_every
        )

    def push(self, message: int) -> None:
        self.pushes.send(message, 0, self.got.append, message)

    def run(self, until: int) -> None:
        self.timeline.run(until=until)


def test_a_push_that_is_acknowledged_is_made_once():
    line = Line()
    line.push(1)
    line.run(HOUR)
    assert line.got == [1] and line.pushes.again == line.pushes.dropped == 0


@pytest.mark.parametrize("lost", ["lost", "late"])
def test_an_acknowledgement_that_is_lost_or_late_brings_the_message_again(lost):
    line = Line()
    line.back.up, line.back.latency = lost == "late", 2 * SECOND
    line.push(1)
    line.run(5 * SECOND)
    line.back.up, line.back.latency = True, 1_000
    line.run(HOUR)
    assert line.got == ([1, 1] if lost == "lost" else [1]) and line.pushes.dropped == 0


def test_a_push_that_is_used_up_ends_the_subscription_until_it_is_renewed():
    line = Line()
    line.there.up = False
    line.push(1)
    line.run(MINUTE)
    assert line.pushes.again == 2 and line.pushes.dropped == 1 and line.pushes.ended == 1
    line.there.up = True
    line.push(2)
    line.run(HOUR + 2 * MINUTE)
    line.push(3)
    line.run(2 * HOUR)
    assert line.got == [3] and line.pushes.missed == 1


def test_a_regular_look_finds_what_was_dropped_and_what_was_never_pushed():
    line = Line(look_every=30 * MINUTE)
    line.there.up = False
    line.push(1)
    line.run(MINUTE)
    line.push(2)
    line.run(31 * MINUTE)  # a look in vain
    line.there.up = True
    line.run(2 * HOUR)
    assert line.got == [1, 2] and line.pushes.found == 2


# --- a whole world


def ran(*settings: str, design: str = "business") -> World:
    scenario = scenarios.load("webhook_repeats", ["horizon=16h", "landscape.size.skus=200", *settings])
    world = build(scenario, design, 3, Recorder(), stops=design == "business")
    world.timeline.run(until=scenario.horizon)
    look_back(world)
    return world


def test_what_the_vendor_dropped_is_read_from_the_list_and_no_order_is_lost_or_made_twice():
    world = ran()
    ((pushes, found),) = world.further.subscriptions.found
    assert world.faults.vain() == []
    assert pushes.again > 100 and pushes.dropped > 10 and pushes.missed > 50 and pushes.ended == 1
    assert found() > pushes.missed
    assert world.invariants.duplicates == {} and len(world.channels[0].untaken) < 60
    assert measured(world)["pushes_missed{party=storefront}"] == pushes.missed


def test_without_a_list_what_the_vendor_gave_up_stays_with_him():
    world = ran(f"{HOOK}.reconcile_every=30d")
    ((pushes, found),) = world.further.subscriptions.found
    assert found() == 0 and len(world.channels[0].untaken) >= pushes.missed > 50


def test_a_signed_push_is_signed_anew_for_each_attempt_and_taken_within_its_five_minutes():
    """DOMAIN 9: a signature of five minutes ago is refused; one that the first attempt had would be."""
    signed = (f"{HOOK}.signed=true", "horizon=14h", "faults.unreachable.duration=2h", f"{HOOK}.reconcile_every=30d")
    fresh, stale = ran(*signed), ran(*signed, f"{HOOK}.resigns=false")
    assert fresh.further.subscriptions.found[0][0].dropped == 0
    assert stale.further.subscriptions.found[0][0].dropped > 20


def test_scans_that_a_carrier_pushes_once_are_found_by_looking():
    scans = "{repeats: {profile: {file: carriers, system: Karrio (self hosted), operation: webhook delivery}}}"
    lossy = "[{name: lossy, kind: N1, target: carrier_a/middleware, trigger: {at: 0s}, duration: 1d, probability: 40%}]"
    world = ran(
        f"landscape.parties.carrier_a.scans={scans}", f"{HOOK}.repeats=null", f"faults={lossy}", "horizon=1d",
        "landscape.parties.carrier_a.transit=6h",
    )  # fmt: skip
    ((pushes, found),) = world.further.subscriptions.found
    assert world.faults.vain() == []
    assert pushes.again == 0 and pushes.dropped > 50 and found() > 30


def test_a_marketplace_may_notify_and_is_then_not_polled():
    told = ("landscape.parties.marketplace_a.notifications={}", "channels.marketplace_a.intake={kind: webhook}")
    world = ran(*told, "faults=[]", "horizon=6h", 'start.at="2026-03-03T09:00"')
    assert not world.channels[1].visible_at and len(world.channels[1].untaken) < 5
    with pytest.raises(ScenarioError, match="sends no webhooks unless it has 'notifications'"):
        scenarios.load("webhook_repeats", told[1:])


def test_the_day_plays_again(tmp_path):
    scenario = scenarios.load("webhook_repeats", ["horizon=10h", "landscape.size.skus=200"])
    run_once(scenario, "business", 2, out=tmp_path, record=False, history=True)
    assert replay(tmp_path / HISTORY).divergences == []


@pytest.mark.parametrize(
    ("repeats", "told"),
    [
        ("{profile: {file: storefronts, system: Shopify, operation: Storefront API call}}", "says nothing of pushes"),
        ("{profile: {file: brokers, system: Amazon EventBridge, operation: delivery to a target}}", "do not fit"),
        ("{kind: schedule, waits: [1m]}", "a number of times or for some time"),
    ],
)
def test_a_rule_that_is_none_is_refused(repeats, told):
    with pytest.raises(ScenarioError, match=told):
        scenarios.load("webhook_repeats", [f"{HOOK}.repeats={repeats}"])
