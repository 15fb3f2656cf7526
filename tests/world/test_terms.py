"""Terms of channels in a run: what buyers say meets the rules of their source, and people decide about what is held."""

import pytest

import scenarios
from twin.errors import ScenarioError, UsageError
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
