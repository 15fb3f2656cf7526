"""Claims about dates: local days, cut-offs, working days, and clocks that change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.promise_dates import CapableToPromise, PromiseDates
from twin.model.calendar import EVERY_DAY, WorkDays
from twin.model.instant import DAY, HOUR, MINUTE
from twin.world.calendars import work_days, zone_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AROUND = (datetime(2026, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
BERLIN = zone_of("Europe/Berlin", AROUND)
NEW_YORK = zone_of("America/New_York", AROUND)


def at(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def berlin(processing: int, transit: int) -> PromiseDates:
    return PromiseDates(zone=BERLIN, cut_off_us=15 * HOUR, processing=processing, transit=transit)


@pytest.mark.vector("V13", rule="3", code="policies.promise_dates.PromiseDates.promise", scenario="promise_dates")
@pytest.mark.parametrize(
    ("ordered", "ship", "deliver"),
    [
        ("2026-03-06T13:30Z", "2026-03-09", "2026-03-11"),
        ("2026-03-06T14:00Z", "2026-03-10", "2026-03-12"),
        ("2026-03-06T14:30Z", "2026-03-10", "2026-03-12"),
    ],
)
def test_v13_at_the_cut_off_the_next_ship_day_counts(ordered: str, ship: str, deliver: str) -> None:
    """V13, computed: Berlin, cut-off 15:00, Monday to Friday, one day of processing, two of transit."""
    dates = berlin(1, 2).promise(at(ordered))
    assert (day(dates.ship), day(dates.deliver)) == (ship, deliver)


@pytest.mark.vector("V14", rule="1,3", code="policies.promise_dates.PromiseDates.promise", scenario="promise_dates")
@pytest.mark.parametrize(
    ("ordered", "ship", "deliver"),
    [
        ("2026-03-27T13:30Z", "2026-03-27", "2026-03-30"),
        ("2026-03-30T13:30Z", "2026-03-31", "2026-04-01"),
    ],
)
def test_v14_the_cut_off_follows_the_clock_through_summer_time(ordered: str, ship: str, deliver: str) -> None:
    """V14, computed: the same instant of the day is 14:30 before the change and 15:30 after it."""
    dates = berlin(0, 1).promise(at(ordered))
    assert (day(dates.ship), day(dates.deliver)) == (ship, deliver)


@pytest.mark.vector("V15", rule="1,3", code="policies.promise_dates.PromiseDates.promise", scenario="promise_dates")
def test_v15_an_evening_order_belongs_to_its_local_day() -> None:
    """V15, computed: midnight in Greenwich is Wednesday 20:00 in New York."""
    rule = PromiseDates(zone=NEW_YORK, cut_off_us=22 * HOUR, processing=0, transit=2)
    dates = rule.promise(at("2026-08-27T00:00Z"))
    assert (day(dates.ship), day(dates.deliver)) == ("2026-08-26", "2026-08-28")
    assert dates.ship_by == at("2026-08-27T04:00Z")
    assert dates.zone == "America/New_York"


@pytest.mark.vector("V13", rule="3", code="policies.promise_dates.PromiseDates.promise", scenario="promise_dates")
@pytest.mark.parametrize(
    ("ordered", "ship", "deliver"),
    [
        ("2026-03-07T10:00Z", "2026-03-10", "2026-03-12"),
        ("2026-03-05T13:59:59.999999Z", "2026-03-06", "2026-03-10"),
        ("2026-03-06T22:59Z", "2026-03-10", "2026-03-12"),
        ("2026-03-06T23:00Z", "2026-03-10", "2026-03-12"),
        ("2026-03-08T23:00Z", "2026-03-10", "2026-03-12"),
    ],
)
def test_v13_weekends_and_the_last_moment_before_the_cut_off(ordered: str, ship: str, deliver: str) -> None:
    """As V13: Saturday; a microsecond before 15:00; Friday 23:59; Saturday 00:00; Monday 00:00."""
    dates = berlin(1, 2).promise(at(ordered))
    assert (day(dates.ship), day(dates.deliver)) == (ship, deliver)


@pytest.mark.vector("V14", rule="1,3", code="policies.promise_dates.PromiseDates.promise", scenario="promise_dates")
@pytest.mark.parametrize(
    ("ordered", "ship", "deliver"),
    [
        ("2026-10-23T12:59Z", "2026-10-23", "2026-10-26"),
        ("2026-10-23T13:00Z", "2026-10-26", "2026-10-27"),
        ("2026-10-26T13:59Z", "2026-10-26", "2026-10-27"),
        ("2026-10-26T14:00Z", "2026-10-27", "2026-10-28"),
    ],
)
def test_v14_the_cut_off_follows_the_clock_back_to_winter_time(ordered: str, ship: str, deliver: str) -> None:
    dates = berlin(0, 1).promise(at(ordered))
    assert (day(dates.ship), day(dates.deliver)) == (ship, deliver)


@pytest.mark.vector("V14", rule="1,3", code="policies.promise_dates.PromiseDates.promise", scenario="promise_dates")
@pytest.mark.parametrize(
    ("ordered", "ends"),
    [
        ("2026-03-29T10:00Z", "2026-03-29T22:00Z"),
        ("2026-10-25T10:00Z", "2026-10-25T23:00Z"),
        ("2026-06-01T10:00Z", "2026-06-01T22:00Z"),
    ],
)
def test_v14_a_ship_day_of_23_or_25_hours_ends_at_its_own_midnight(ordered: str, ends: str) -> None:
    rule = PromiseDates(zone=BERLIN, ship_days=WorkDays(EVERY_DAY), carrier_days=WorkDays(EVERY_DAY))
    assert rule.promise(at(ordered)).ship_by == at(ends)


@pytest.mark.vector("V15", rule="1,3", code="policies.promise_dates.PromiseDates.promise", scenario="promise_dates")
@pytest.mark.parametrize(
    ("ordered", "ship", "deliver"),
    [
        ("2026-08-27T01:59Z", "2026-08-26", "2026-08-28"),
        ("2026-08-27T02:00Z", "2026-08-27", "2026-08-31"),
        ("2026-11-02T02:30Z", "2026-11-02", "2026-11-04"),
        ("2026-12-31T23:00Z", "2026-12-31", "2027-01-04"),
    ],
)
def test_v15_further_evenings_in_new_york(ordered: str, ship: str, deliver: str) -> None:
    """As V15: 21:59; 22:00; a Sunday evening after the clocks went back; New Year's Eve."""
    dates = PromiseDates(zone=NEW_YORK, cut_off_us=22 * HOUR, processing=0, transit=2).promise(at(ordered))
    assert (day(dates.ship), day(dates.deliver)) == (ship, deliver)


def test_goods_that_come_later_move_the_ship_day_and_a_weekend_moves_it_further() -> None:
    dates = berlin(0, 1).promise(at("2026-03-02T08:00Z"), material=at("2026-03-07T09:00Z"))
    assert (day(dates.ship), day(dates.deliver), dates.reason) == ("2026-03-09", "2026-03-10", "MATERIAL")


def test_a_closed_day_is_not_worked_and_a_carrier_may_work_other_days() -> None:
    rule = PromiseDates(
        zone=BERLIN,
        ship_days=work_days(("mon", "tue", "wed", "thu", "fri"), ("2026-04-03", "2026-04-06")),
        carrier_days=work_days(("mon", "tue", "wed", "thu", "fri", "sat")),
        cut_off_us=12 * HOUR,
        processing=1,
        transit=1,
    )
    dates = rule.promise(at("2026-04-02T09:00Z"))
    assert (day(dates.start), day(dates.ship), day(dates.deliver)) == ("2026-04-02", "2026-04-07", "2026-04-08")
    saturday = PromiseDates(zone=BERLIN, ship_days=WorkDays(EVERY_DAY), transit=1).promise(at("2026-03-07T09:00Z"))
    assert (day(saturday.ship), day(saturday.deliver)) == ("2026-03-07", "2026-03-09")


def test_a_local_time_that_never_comes_is_as_long_after_the_gap_and_one_that_comes_twice_is_the_first() -> None:
    spring, autumn = BERLIN.local(at("2026-03-29T12:00Z"))[0], BERLIN.local(at("2026-10-25T12:00Z"))[0]
    assert BERLIN.instant(spring, 2 * HOUR + 30 * MINUTE) == at("2026-03-29T01:30Z")
    assert BERLIN.instant(autumn, 2 * HOUR + 30 * MINUTE) == at("2026-10-25T00:30Z")


def test_capable_to_promise_counts_working_days_and_ends_at_the_time_fence() -> None:
    rule = CapableToPromise(lead_time=3, fence=10, zone=BERLIN, days=WorkDays())
    assert rule.promise(at("2026-03-05T08:00Z")) == (at("2026-03-10T23:00Z"), "CTP")
    assert CapableToPromise(lead_time=9, fence=10, zone=BERLIN, days=WorkDays()).promise(at("2026-03-05T08:00Z")) == (
        None,
        "NO_PROMISE",
    )


@given(
    ordered=st.integers(AROUND, AROUND + 700 * DAY),
    later=st.integers(0, 30 * DAY),
    cut_off=st.integers(0, DAY),
    processing=st.integers(0, 5),
    transit=st.integers(0, 5),
)
def test_a_later_order_never_ships_or_arrives_earlier(
    ordered: int, later: int, cut_off: int, processing: int, transit: int
) -> None:
    rule = PromiseDates(zone=NEW_YORK, cut_off_us=cut_off, processing=processing, transit=transit)
    first, second = rule.promise(ordered), rule.promise(ordered + later)
    assert (first.ship, first.deliver) <= (second.ship, second.deliver)
    assert first.ship <= first.deliver
    assert first.ship in rule.ship_days
    assert first.deliver in rule.carrier_days


@given(instant=st.integers(AROUND, AROUND + 1000 * DAY))
def test_a_local_time_leads_back_to_an_instant_that_shows_it(instant: int) -> None:
    for zone in (BERLIN, NEW_YORK):
        back = zone.instant(*zone.local(instant))
        assert zone.local(back) == zone.local(instant)
        assert back <= instant
