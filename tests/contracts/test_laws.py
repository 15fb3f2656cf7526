"""Whatever comes, in whatever order, twice, late or into a dying process: the invariants hold in every store."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.contracts import laws, real_day
from tests.contracts.days import Day, Player, days
from tests.contracts.shells import AT_HAND, SHELLS, Kept, Shell
from twin.middleware.dispatch import Procedures
from twin.middleware.naive.resurrection import resurrection
from twin.middleware.procedures import standard
from twin.middleware.unit import INBOX, ITEMS, Unit
from twin.model.commands import CloseDue, StockReceived
from twin.model.instant import DAY, Now
from twin.model.message import Message
from twin.model.stock import ItemStock, Position, Quota

RULES = replace(real_day.rules(), fallbacks=None)
EXAMPLES = {"direct": 60, "waiting": 30, "sqlite": 12}


def opening(unit: Unit) -> None:
    """Open the day's items; of the first, two units are kept for the second channel."""
    real_day.stock_items(unit)
    kept = Quota(channel=1, granted=2, consumed=0, expires_at=30 * DAY)
    unit.save(ITEMS, 0, ItemStock(item=0, positions=(Position(sellable=6), Position(sellable=2)), quotas=(kept,)))


@contextmanager
def opened(kind: str, procedures: Callable[[], Procedures]) -> Iterator[Shell]:
    with tempfile.TemporaryDirectory() as folder:
        shell = SHELLS[kind](procedures(), RULES, Path(folder))
        shell.fill(opening)
        yield shell
        shell.close()


def played(shell: Shell, day: Day) -> Player:
    """Play a day, and ask every law after every delivery."""
    began = laws.stocks(shell.kept())

    def check(before: Kept, message: Message, kept: Kept, now: Now) -> None:
        laws.i1_buckets_are_the_fold_of_movements(began, kept)
        laws.i2_claims_add_up_to_positions(kept, now)
        laws.i3_no_decision_of_ours_makes_less_free_than_nothing(before, message, kept)
        laws.i4_units_of_a_line_are_conserved(kept)
        laws.i5_figures_and_quotas_fit_the_pool(RULES, before, kept, now)
        laws.i8_every_effect_has_one_cause(kept, set(player.handled))
        laws.i11_what_is_oversold_was_not_free(RULES, before, message, kept, now)
        laws.i12_money_goes_back_once(kept, at_the_end=False)
        laws.i13_every_movement_is_posted_once(kept)

    player = Player(shell, day, check)
    player.play()
    laws.i12_money_goes_back_once(player.kept, at_the_end=True)
    return player


def unchecked(before: Kept, message: Message, kept: Kept, now: Now) -> None:
    """Ask nothing."""


def the_invariants_hold(kind: str, day: Day) -> None:
    with opened(kind, standard) as shell:
        player = played(shell, day)
        for message, _ in player.handled.values():
            if message.id in player.kept.rows[INBOX.name]:
                shell.run(message, player.now())
        assert shell.kept() == player.kept, "I7: what comes again changes nothing"


@pytest.mark.parametrize("kind", AT_HAND)
def test_the_invariants_hold_over_any_day_in_every_store_at_hand(kind: str) -> None:
    @settings(max_examples=EXAMPLES[kind], deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(day=days())
    def hold(day: Day) -> None:
        the_invariants_hold(kind, day)

    hold()


@pytest.mark.postgres
@settings(max_examples=5, deadline=None)
@given(day=days())
def test_the_invariants_hold_over_any_day_on_a_server(day: Day) -> None:
    the_invariants_hold("postgres", day)


def test_days_are_found_in_which_a_naive_table_breaks_a_law() -> None:
    """Without this, checks that ask nothing would hold as well."""

    @settings(max_examples=300, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
    @given(day=days())
    def hold(day: Day) -> None:
        with opened("direct", resurrection) as shell:
            played(shell, day)

    with pytest.raises(AssertionError):
        hold()


# --- I6


@st.composite
def shuffled(draw: st.DrawFn) -> tuple[Day, list[int]]:
    """Draw two orders and some facts that share no item, and in which order, with repeats, all that happened comes."""
    first = real_day.order("A", 0, (0, draw(st.integers(1, 9))))
    second = real_day.order("B", 0, (1, draw(st.integers(1, 9))))
    facts: list[Message] = [
        StockReceived(id=900 + n, site=0, item=2, quantity=draw(st.integers(1, 5)), sequence=n, at=0)
        for n in range(1, 1 + draw(st.integers(0, 3)))
    ]
    day = Day((first, second, *facts), (), ())
    return day, draw(st.lists(st.integers(0, 30), min_size=5, max_size=40))


@settings(max_examples=80, deadline=None)
@given(drawn=shuffled())
def test_messages_in_any_order_and_number_end_where_they_end_in_order_or_in_an_exception(
    drawn: tuple[Day, list[int]],
) -> None:
    """I6: of keys that share no pool. What comes too early waits or stands open; nothing is done twice or lost."""
    day, order = drawn
    with opened("direct", standard) as shell:
        player = Player(shell, day, unchecked, closes=False)
        player.play()
        wanted, usual = laws.state(player.kept), laws.open_exceptions(player.kept)
    happened = [message for message, _ in player.handled.values()]
    with opened("direct", standard) as shell:
        pile, moment = list(happened), Now(player.now().elapsed, player.now().wall)
        for place in order:
            message = pile[place % len(pile)]
            if place % 3 and len(pile) > 1:
                pile.remove(message)
            shell.run(message, moment)
        for message in pile:
            shell.run(message, moment)
        for _, message in sorted(shell.kept().timers.values(), key=lambda timer: timer[0]):
            if not isinstance(message, CloseDue):
                shell.run(message, moment)
        kept = shell.kept()
    assert laws.state(kept) == wanted or laws.open_exceptions(kept) > usual
