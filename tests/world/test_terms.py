"""Terms of channels in a run: what buyers say meets the rules of their source, and people decide about what is held."""

import pytest

import scenarios
from twin.errors import ScenarioError, UsageError
from twin.kernel.recorder import Recorder
from twin.middleware.unit import ORDERS
from twin.model.ids import business_id
from twin.model.instant import SECOND
from twin.model.message import Message
from twin.world.build import build
from twin.world.run import run_once
from twin.world.scenario import Scenario

BUYERS = "channels.{}.terms.buyers"


@pytest.fixture(scope="module")
def day() -> Scenario:
    return scenarios.load("customer_terms", ("horizon=1d", "demand.orders_per_day=200"))


def opened(scenario: Scenario, design: str = "at_acceptance") -> dict[str, int]:
    """Return how many items of each code the run's exception queues took."""
    (note,) = [note for note in run_once(scenario, design, 3).notes if note.startswith("exceptions opened: ")]
    words = note.removeprefix("exceptions opened: ").split(", ")
    return {word.rsplit(" ", 1)[0]: int(word.rsplit(" ", 1)[1]) for word in words}


@pytest.mark.parametrize(
    ("channel", "mistake", "code"),
    [
        ("market", "missing", "UNFIT"),
        ("web", "missing", "HELD_ADDRESS"),
        ("web", "tax_off", "HELD_PRICE"),
        ("retailers", "price_off", "HELD_PRICE"),
        ("retailers", "stranger", "REFERENCE_MISSING"),
        ("reps", "price_off", "HELD_APPROVAL"),
    ],
)
def test_each_mistake_of_buyers_reaches_its_queue(day: Scenario, channel: str, mistake: str, code: str) -> None:
    """Method: the same day with the mistake in every order of one channel, against the day as it is."""
    often = day.with_(f"{BUYERS.format(channel)}.{mistake}", "100%")
    assert opened(often)[code] > opened(day).get(code, 0)


def test_an_account_beyond_its_credit_limit_is_held(day: Scenario) -> None:
    assert "CREDIT" not in opened(day)
    assert opened(day.with_("channels.portal.terms.accounts.credit_limit", "10.00 EUR"))["CREDIT"] > 0


def test_who_is_let_through_is_accepted_and_who_is_not_is_cancelled(day: Scenario) -> None:
    held = day.with_("channels.retailers.terms.buyers.price_off", "100%")
    some, none = (
        run_once(held.with_("landscape.parties.operators.releases", share), "at_acceptance", 3).kpis
        for share in ("100%", "0%")
    )
    assert some["orders_cancelled"] < none["orders_cancelled"]
    assert some["orders_accepted"] > none["orders_accepted"]


def test_stock_is_kept_for_held_orders_and_no_invariant_breaks(day: Scenario) -> None:
    late = day.with_("channels.web.terms.buyers.unpaid", "100%")
    for design in ("kept", "kept_shortly"):
        assert run_once(late, design, 3).kpis["invariant_violations"] == 0


def test_an_amount_below_a_cent_and_an_unknown_item_are_refused(day: Scenario) -> None:
    with pytest.raises(ScenarioError, match="whole minor units"):
        day.with_("channels.web.terms.prices.listed", {"other": [{"from": 1, "each": "1.005 EUR"}]})
    unknown = day.with_("channels.web.terms.prices.listed", {"NOBODY": [{"from": 1, "each": "1.00 EUR"}]})
    with pytest.raises(UsageError, match="no such item 'NOBODY'"):
        run_once(unknown, "kept", 3)


def test_a_subscription_is_charged_once_a_period_and_its_run_is_spread(day: Scenario) -> None:
    """Ten subscribers come all day and there is one period: ten orders at most, under ten keys, over half an hour."""
    few = day.with_("channels.boxes.terms.accounts.count", 10).with_("channels.boxes.terms.buyers.missing", "0%")
    world = build(few, "at_acceptance", 3, Recorder(), stops=True)
    world.timeline.run(until=few.horizon)
    boxes = list(few.channels).index("boxes")
    orders = [row for row in world.store.rows[ORDERS.number].values() if row.channel == boxes]
    keys = {(row.customer, row.number.split("/")[2]) for row in orders}
    assert 5 <= len(orders) == len(keys) <= 10
    assert all(row.id == business_id("boxes", "subscription", row.number) for row in orders)


@pytest.mark.parametrize(("window", "spread"), [("0s", False), ("30m", True)])
def test_a_run_is_spread_evenly_over_its_window(window: str, spread: bool) -> None:
    """Method: the orders of one run are stamped as the platform hands them over."""
    quiet = ("horizon=7h", "demand.orders_per_day=600", "channels.boxes.terms.accounts.count=500")
    scenario = scenarios.load("customer_terms", (*quiet, f"channels.boxes.intake.burst_window={window}"))
    world = build(scenario, "at_acceptance", 3, Recorder(), stops=True)
    boxes, heard = world.channels[list(scenario.channels).index("boxes")], []
    take = boxes.deliver

    def deliver(message: Message) -> None:
        heard.append(world.timeline.now // SECOND)
        take(message)

    boxes.deliver = deliver
    world.timeline.run(until=scenario.horizon)
    assert len(heard) > 3
    took = max(heard) - min(heard)
    assert 300 < took < 1800 if spread else took < 60


def test_a_run_cannot_last_longer_than_until_the_next(day: Scenario) -> None:
    with pytest.raises(ScenarioError, match="shorten 'burst_window'"):
        day.with_("channels.boxes.intake.burst_window", "7h")
    with pytest.raises(ScenarioError, match="shorten 'burst_window'"):
        day.with_("channels.retailers.intake.burst_window", "1h")
