"""The plain order in one stride against the long way, over every kind of stock and terms that decides between them."""

from dataclasses import replace

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from actors.transactor import Direct, Store
from policies.fallback import Fallbacks
from policies.promise_dates import PromiseDates
from policies.ruleset import ChannelTerms, RuleSet
from policies.sourcing import Site
from policies.stock_buffer import ChannelAvailability, ChannelRule
from twin.middleware.intake.straight import in_one_stride
from twin.middleware.intake.submit import submit_order
from twin.middleware.unit import ITEMS, Outcome
from twin.model.calendar import EVERY_DAY, WorkDays
from twin.model.commands import OrderedLine, SubmitOrder
from twin.model.instant import HOUR, Now
from twin.model.order import LinePolicy
from twin.model.stock import ItemStock, Pledge, Position, Quota, SalesRate, SoftClaim, Supply, Waiting

NOW = Now(7 * HOUR, 1_700_000_000_000_000)
ODD = (
    {"claims": (SoftClaim(9, 0, 1, 8 * HOUR, 5),)},
    {"pledges": (Pledge(5, 1, 0, 1, 9 * HOUR),)},
    {"waiting": (Waiting(5, 1, 1, 0),)},
    {"quotas": (Quota(1, 2, 0, 9 * HOUR),)},
    {"disputed": 1},
)
PLAIN = ({}, {}, {}, {"supply": (Supply(3, 0, 5, 0, 9 * HOUR),), "rates": (SalesRate(0.5, HOUR),) * 2})
POSITION = st.builds(Position, st.integers(0, 9), st.integers(0, 1), committed=st.integers(0, 3))
STOCK = st.tuples(POSITION, POSITION, st.sampled_from((*PLAIN, *PLAIN, *ODD)))
LINES = st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 4), st.integers(0, 2)), max_size=3)


@settings(max_examples=400, deadline=None)
@given(
    stocks=st.lists(STOCK, min_size=4, max_size=4),
    lines=LINES,
    policy=st.sampled_from(list(LinePolicy)),
    served=st.sampled_from((None, None, (0,), (1,))),
    unit=st.sampled_from((1, 1, 1, 2)),
    half_life=st.sampled_from((0, HOUR)),
    wait=st.sampled_from((0, HOUR)),
    dated=st.booleans(),
    document=st.sampled_from((0, 6)),
)
def test_the_plain_way_writes_and_says_what_the_long_way_does(
    stocks: list[tuple[Position, Position, dict[str, object]]],
    lines: list[tuple[int, int, int]],
    policy: LinePolicy,
    served: tuple[int, ...] | None,
    unit: int,
    half_life: int,
    wait: int,
    dated: bool,
    document: int,
) -> None:
    """A design that says what it does while partners are away takes the long way; its `Fallbacks` change nothing here.

    Item 4 is unknown; lines may name an item twice, ask for nothing, or ask for more than there is.
    """
    dates = PromiseDates(ship_days=WorkDays(EVERY_DAY)) if dated else None
    terms = ChannelTerms(homes=((Site(0, 0, 0, 0), Site(1, 0, 1, 1)),), line_policy=policy, dates=dates)
    rules = RuleSet(
        availability=ChannelAvailability(channels=(ChannelRule(sites=served, sell_unit=unit), ChannelRule())),
        channels=(terms, terms),
        rate_half_life_us=half_life,
        cancel_after_us=wait,
    )
    store = Store()
    for item, (first, second, more) in enumerate(stocks):
        store.rows[ITEMS.number][item] = ItemStock(item, (first, second), **more)  # type: ignore[arg-type]
    command = SubmitOrder(
        id=1000,
        case=8,
        channel=0,
        number="A-8",
        fingerprint=3,
        lines=tuple([OrderedLine(*line) for line in lines]),
        placed_at=NOW.elapsed - 5,
        document=document,
    )
    straight, long = Direct(store), Direct(store)
    outcome = submit_order(command, NOW, rules, straight)
    assert outcome is submit_order(command, NOW, replace(rules, fallbacks=Fallbacks()), long)
    event(outcome.name)
    assert straight.writes == long.writes and straight.archived == long.archived
    assert straight.events == long.events and straight.scheduled == long.scheduled


@pytest.mark.parametrize("more", PLAIN + ODD)
def test_what_is_plain_goes_in_one_stride_and_what_is_odd_leaves_nothing_behind(more: dict[str, object]) -> None:
    """Without this the comparison above might be one of the long way with itself."""
    terms = ChannelTerms(homes=((Site(0, 0, 0, 0), Site(1, 0, 1, 1)),))
    rules = RuleSet(availability=ChannelAvailability(channels=(ChannelRule(),)), channels=(terms,))
    stock = ItemStock(1, (Position(2), Position(5)), **more)  # type: ignore[arg-type]
    command = SubmitOrder(
        id=1000, case=8, channel=0, number="A-8", fingerprint=3, lines=(OrderedLine(1, 3),), placed_at=0
    )
    unit = Direct(Store())
    outcome = in_one_stride(command, [stock], NOW, rules, unit)
    assert outcome is (None if more in ODD else Outcome.ACCEPTED)
    assert bool(unit.writes) is bool(unit.events) is (outcome is not None)
