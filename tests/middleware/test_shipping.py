"""A plain shipment in one stride against the way of the table, over shipments of every kind."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from actors.transactor import Direct
from tests.middleware.shop import Shop, rules
from twin.middleware.orders.loading import loaded
from twin.middleware.orders.shipping import ship_in_one_stride
from twin.middleware.unit import Outcome
from twin.model.commands import CancelOrder, LineQuantity, PaymentAuthorised, ShipmentConfirmed
from twin.model.events import ReleaseToWarehouse
from twin.model.instant import HOUR, Now

ORDER = 8


def shop(*, cancelled: bool = False, before: int = 0, paid: bool = False) -> tuple[Shop, ReleaseToWarehouse]:
    """Return a shop with an order of three lines of two items, of which a warehouse was told, and what it was told."""
    made = Shop(rules(sites=2))
    made.item(1, 9, 9)
    made.item(2, 4, 9)
    made.now = HOUR
    made.submit(ORDER, (1, 2), (2, 3), (1, 1))
    told = made.sent(ReleaseToWarehouse)[-1]
    assert isinstance(told, ReleaseToWarehouse)
    if before:
        first = (LineQuantity(1, before),)
        made.do(
            ShipmentConfirmed(id=made.id(), case=ORDER, key=4, release=told.release, site=told.site, lines=first, at=5)
        )
    if paid:
        made.do(PaymentAuthorised(id=made.id(), case=ORDER, amount=900))
    if cancelled:
        made.do(CancelOrder(id=made.id(), case=ORDER))
    return made, told


@settings(max_examples=300, deadline=None)
@given(
    cancelled=st.sampled_from((False, False, False, False, True)),
    before=st.sampled_from((0, 0, 1, 2)),
    paid=st.sampled_from((False, False, False, True)),
    lines=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), max_size=4),
    whole=st.one_of(st.just(set()), st.sets(st.integers(1, 3), min_size=1), st.just({1, 2, 3})),
    key=st.sampled_from((5, 5, 5, 4)),
    other_site=st.booleans(),
    weighed=st.sampled_from((False, False, False, True)),
)
def test_the_plain_way_writes_and_says_what_the_table_does(
    cancelled: bool,
    before: int,
    paid: bool,
    lines: list[tuple[int, int]],
    whole: set[int],
    key: int,
    other_site: bool,
    weighed: bool,
) -> None:
    """Where the plain way declines it leaves nothing behind; lines in `whole` ship what was told, if there are any."""
    made, told = shop(cancelled=cancelled, before=before, paid=paid)
    shipped = tuple([each for each in told.lines if each.line in whole])
    fact = ShipmentConfirmed(
        id=77,
        case=ORDER,
        key=key,
        release=told.release,
        site=1 - told.site if other_site and not whole else told.site,
        lines=shipped or tuple([LineQuantity(*line) for line in lines]),
        at=made.now,
        weights=(LineQuantity(1, 450),) if weighed else (),
    )
    now, order, named = Now(made.now, made.now), made.order(ORDER), {each.line for each in fact.lines}
    plain, long = Direct(made.store), Direct(made.store)
    outcome = ship_in_one_stride(loaded(fact, now, made.rules, plain, order, named), fact)
    event("plain" if outcome else "odd")
    if outcome is None:
        assert not (plain.writes or plain.events or plain.archived)
        return
    work = loaded(fact, now, made.rules, long, order, named)
    assert outcome is work.move(fact)
    work.save()
    assert (plain.writes, plain.archived, plain.events) == (long.writes, long.archived, long.events)
    assert plain.scheduled == long.scheduled == []


@pytest.mark.parametrize(
    ("odd", "key"),
    [({}, 5), ({"before": 1}, 5), ({"before": 2}, 4), ({"cancelled": True}, 5), ({"paid": True}, 5)],
)
def test_what_was_told_ships_in_one_stride_and_what_is_odd_goes_by_the_table(odd: dict[str, int], key: int) -> None:
    """Without this the comparison above might never compare anything."""
    made, told = shop(**odd)  # type: ignore[arg-type]  # a test's shorthand
    fact = ShipmentConfirmed(
        id=77, case=ORDER, key=key, release=told.release, site=told.site, lines=told.lines, at=made.now
    )
    unit = Direct(made.store)
    work = loaded(fact, Now(made.now, made.now), made.rules, unit, made.order(ORDER), {1, 2, 3})
    assert ship_in_one_stride(work, fact) is (None if odd else Outcome.APPLIED)
    assert bool(unit.writes) is not bool(odd)
