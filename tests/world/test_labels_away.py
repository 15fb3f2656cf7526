"""Labels while a carrier is away: who is asked instead, which numbers are used, and that no package has two."""

from dataclasses import dataclass, field

import pytest

import scenarios
from actors.carrier import LabelRequested
from actors.reserve import Reserve
from policies.carrier_fallback import CarrierAway
from twin.model.message import Event, Message
from twin.world.result import RunResult
from twin.world.run import run_once


@pytest.mark.parametrize(
    ("others", "away", "asked"),
    [((1,), {0}, [False, True, False]), ((2, 1), {0, 1}, [False, False, True]), ((), {0}, [False, False, False])],
)
def test_who_is_asked_instead_of_a_carrier_that_is_away(others: tuple[int, ...], away: set[int], asked: list[bool]):
    rule = CarrierAway(use="alternate_carrier", others=others)
    assert [rule.instead(carrier, frozenset(away)) for carrier in range(3)] == asked
    waits = CarrierAway(use="hold_at_dock", others=others)
    assert not any(waits.instead(carrier, frozenset(away)) for carrier in range(3))


@dataclass
class Interface:
    """A client that keeps what it was given."""

    name: str = "carrier"
    had: list[int] = field(default_factory=list)

    def submit(self, event: Event) -> None:
        assert isinstance(event, LabelRequested)
        self.had.append(event.package)


def test_numbers_are_used_while_the_carrier_is_away_and_as_long_as_there_are_any():
    usual, registers, left = Interface(), Interface(), []

    def labelled(event: Event, answer: Message | None) -> None:
        left.append(event.id)

    reserve = Reserve(usual, registers, 2, labelled)  # type: ignore[arg-type]  # all that is asked of a client
    for package in range(5):
        if package == 1:
            reserve.turn(True)
        reserve.submit(LabelRequested(id=package, package=package))
    reserve.turn(False)
    reserve.submit(LabelRequested(id=5, package=5))
    assert usual.had == [0, 3, 4, 5]
    assert registers.had == left == [1, 2]
    assert reserve.used == 2


def shift(design: str, *settings: str) -> RunResult:
    """Run the morning on which the carrier answers no call for labels from the ninth hour to the eleventh."""
    return run_once(scenarios.load("carrier_delay", ["horizon=12h", *settings], small=True), design, 1)


def test_parcels_wait_at_the_dock_and_nobody_asks_in_vain_or_leave_under_numbers_that_are_told_later():
    standard, holds, reserves = shift("standard"), shift("holds"), shift("reserves")
    asked = "attempts_per_call{link=wms/east/carrier_a}"
    assert (holds.kpis[asked] or 0) < (standard.kpis[asked] or 0) - 1
    assert (reserves.kpis["fallback_reserved_numbers"] or 0) > 100
    assert (reserves.kpis["order_cycle_s.mean"] or 0) < (holds.kpis["order_cycle_s.mean"] or 0)
    for made in (holds, reserves):
        assert (made.kpis["duplicate_shipments"], made.kpis["invariant_violations"]) == (0, 0)
        assert (made.kpis["fallback_s{partner=carrier_a}"] or 0) > 6_000


def test_another_carrier_labels_what_the_first_one_cannot_have_labelled():
    settings = ["horizon=4h", "faults.hang.duration=1m", "faults.gateway_down.duration=1m"]
    settings += ["faults.bank_down.duration=1m", "demand.orders_per_day={storefront: 300}"]
    scenario = scenarios.load("partners_away", settings, small=True)
    waits, other = run_once(scenario, "waits", 1), run_once(scenario, "other_carrier", 1)
    assert (other.kpis["fallback_other_carrier"] or 0) > 20
    assert waits.kpis["fallback_other_carrier"] == 0
    assert (other.kpis["orders_shipped"] or 0) > (waits.kpis["orders_shipped"] or 0)
    assert (other.kpis["duplicate_shipments"], other.kpis["invariant_violations"]) == (0, 0)
