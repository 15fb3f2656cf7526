"""Orders in files: what is cut, repeated, unanswered or wrongly numbered reaches the middleware once, or is noticed."""

import pytest

import scenarios
from twin.kernel.recorder import Recorder
from twin.middleware.unit import INBOX, Outcome
from twin.world.build import World, build

FILE = """\
schema_version: 1
question: What becomes of orders that travel in files?
horizon: 2d
landscape: {use: large, size: {orders_per_day: 2000, skus: 100}}
channels:
  storefront: null
  marketplace_a: null
  marketplace_b: null
demand: {kind: distribution, orders_per_day: {edi: 300, portal: 100}, items: {popularity: {law: zipf, exponent: 0.95}}}
"""


@pytest.fixture
def ran(tmp_path):
    def run(fault: str = "", *settings: str) -> World:
        file = tmp_path / "files.yaml"
        file.write_text(FILE)
        scenario = scenarios.load(file, [f"faults=[{fault}]", "landscape.parties.edi.resend_after=2h", *settings])
        world = build(scenario, "standard", 3, Recorder(), stops=True)
        world.timeline.run(until=scenario.horizon)
        return world

    return run


def fault(kind: str, more: str = "", probability: str = "30%") -> str:
    return f"{{name: f, kind: {kind}, target: edi, trigger: {{at: 0s}}, probability: {probability}{more}}}"


def test_a_sound_day_is_files_each_read_once_and_acknowledged(ran):
    world = ran()
    counts = world.mailboxes[0].counts
    assert counts.keys() == {"files"}
    assert 60 < counts["files"] < 90  # 10 partners, 4 files a day each, 2 days
    assert sum(len(partner.open) for partner in world.mailboxes[0].partners) < 10
    assert world.watch.count["orders_accepted"] > 600


@pytest.mark.parametrize(
    ("kind", "more", "noticed"),
    [
        ("B1", ", fraction: 50%", "rejected_total"),
        ("B2", ", lag: 1h", "dropped_repeat"),
        ("B6", "", "dropped_repeat"),
        ("B8", "", "rejected_number"),
    ],
)
def test_the_checks_of_a_gateway_notice_what_is_wrong_and_every_order_arrives_once(ran, kind, more, noticed):
    sound, world = ran(), ran(fault(kind, more))
    assert world.mailboxes[0].counts[noticed] > 5
    assert world.watch.count["orders_placed"] == sound.watch.count["orders_placed"]
    assert abs(world.watch.count["orders_accepted"] - sound.watch.count["orders_accepted"]) < 80  # some are on the way
    assert world.watch.count["orders_accepted"] + len(world.channels[0].untaken) == world.watch.count["orders_placed"]


def test_without_checks_a_cut_file_loses_orders_and_a_repeated_one_is_caught_by_its_business_keys(ran):
    unchecked = ("landscape.parties.edi.checks=false", "designs.standard.gives_up=[S-14]")
    cut = ran(fault("B1", ", fraction: 50%", "100%"), *unchecked)
    assert len(cut.channels[0].untaken) > 200  # their partners were told that the files had been read
    assert all(not partner.open or max(partner.open) == partner.control for partner in cut.mailboxes[0].partners)
    again = ran(fault("B2", ", lag: 1h", "100%"), *unchecked)
    assert again.watch.count["orders_accepted"] == ran().watch.count["orders_accepted"]
    assert again.invariants.duplicates == {}


def test_orders_that_a_bad_link_loses_behind_the_gateway_go_again_with_the_next_poll(ran):
    lossy = "{name: f, kind: N1, target: edi/middleware, trigger: {at: 0s}, duration: 1d12h, probability: 40%}"
    assert ran(lossy).watch.count["orders_accepted"] == ran().watch.count["orders_accepted"]


def test_a_portal_in_runs_hands_over_in_bursts(ran):
    world = ran("", "channels.portal.intake={kind: file, every: 6h}")
    assert world.watch.queues["middleware"].maximum > 10


def test_content_that_was_let_through_is_dropped_under_another_number_too():
    """A file passes, its 997 is lost, its repeat is cut and rejected: the partner sends it whole under a new number."""
    faults = (
        "faults=[{name: cut, kind: B1, fraction: 50%, target: edi, trigger: {at: 0s}, probability: 50%},"
        " {name: mute, kind: B6, target: edi, trigger: {at: 0s}, probability: 50%}]"
    )
    size = ("landscape.size.skus=50", "demand.orders_per_day={edi: 400}", "landscape.parties.edi.resend_after=1h")
    scenario = scenarios.load("peak_season", [*size, faults, "horizon=6h"], small=True)
    world = build(scenario, "standard", 2, Recorder(), stops=True)
    world.timeline.run(until=scenario.horizon)
    assert world.mailboxes[0].counts["dropped_repeat"] > 0
    assert world.invariants.counts == {}


@pytest.mark.parametrize(
    ("kind", "more", "noticed"),
    [
        ("B1", ", fraction: 50%", "rejected_total"),
        ("B2", ", lag: 1h", "turned_away"),
        ("B6", "", "turned_away"),
        ("B8", "", "turned_away"),
    ],
)
def test_a_gateway_may_leave_control_numbers_to_the_middleware(ran, kind, more, noticed):
    """Whole interchanges are handed on; a broken invariant, such as a second order, would end the run."""
    sound, world = ran(), ran(fault(kind, more), "landscape.parties.edi.hands_on=interchanges")
    assert world.mailboxes[0].counts[noticed] > 5
    assert world.watch.count["orders_placed"] == sound.watch.count["orders_placed"]
    late = sum(len(file.orders) for partner in world.mailboxes[0].partners for file in partner.open.values())
    assert sound.watch.count["orders_accepted"] - world.watch.count["orders_accepted"] <= late


def test_an_order_that_is_posted_again_under_its_key_is_answered_and_not_made_again(ran):
    keyed = "channels.portal.intake={kind: direct, keyed: true, again_after: 10s}"
    sound, world = ran(), ran("", keyed, "landscape.links={portal/middleware: {lost: 30%}}")
    told = list(world.store.rows[INBOX.number].values())
    assert told.count(int(Outcome.REPLAYED)) > 5
    assert world.watch.count["orders_accepted"] == sound.watch.count["orders_accepted"]
