"""What a design does about a parcel of which nothing is heard: it asks, sends again, or pays back."""

import pytest

import scenarios
from twin.world.run import run_once
from twin.world.scenario import Scenario


@pytest.fixture(scope="module")
def days() -> Scenario:
    return scenarios.load(
        "parcels",
        (
            "horizon=5d",
            "demand.orders_per_day=60",
            "landscape.size.skus=50",
            "landscape.parties.carrier_a.scans.lost=20%",
        ),
    )


def test_a_lost_parcel_is_sent_again_under_an_order_of_its_own(days: Scenario) -> None:
    """Method: a fifth of the parcels is lost; only the design that replaces them accepts more than was placed."""
    asked, again = (run_once(days, design, 2).kpis for design in ("standard", "replace"))
    assert asked["orders_accepted"] <= asked["orders_placed"]
    assert again["orders_accepted"] > again["orders_placed"]
    assert again["invariant_violations"] == 0


def test_a_refund_moves_no_goods(days: Scenario) -> None:
    assert run_once(days, "refund", 2).kpis["orders_accepted"] <= run_once(days, "refund", 2).kpis["orders_placed"]
