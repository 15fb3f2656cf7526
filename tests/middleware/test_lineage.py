"""A stock fact whose links are not there after their time is an item of a person."""

import pytest

from policies.reconciliation import Reconciliation, Tolerance
from tests.middleware.shop import Shop, rules
from twin.middleware.unit import LETTERS, SHOWN, Outcome
from twin.model.commands import EvaluatePublication, LineageDue, PostingBooked, PublicationAnswered
from twin.model.dead_letter import DeadLetter
from twin.model.events import MovementRecorded, PublishStock
from twin.model.instant import HOUR, MINUTE
from twin.model.publication import Shown, shown_key

ITEM = 1


def shop(**more: object) -> Shop:
    made = Shop(rules(lineage_us=HOUR, **more))
    made.item(ITEM, 0)
    made.now = MINUTE
    return made


def publish(made: Shop, at: int) -> PublishStock:
    made.now = at
    made.do(EvaluatePublication(id=made.id(), channel=0, items=(ITEM,)))
    push = made.sent(PublishStock)[-1]
    assert isinstance(push, PublishStock)
    return push


def acknowledge(made: Shop, push: PublishStock, at: int) -> None:
    made.now = at
    made.do(PublicationAnswered(id=made.id(), channel=0, sequence=push.sequence, items=(ITEM,)))


def gaps(made: Shop) -> list[str]:
    letters = [row for row in made.store.rows[LETTERS.number].values() if isinstance(row, DeadLetter)]
    return [row.detail for row in letters if row.code == "LINEAGE_GAP"]


def test_a_fact_that_nobody_published_lacks_its_publication() -> None:
    made = shop()
    made.receive(ITEM, 5)
    made.until(MINUTE + HOUR - 1)
    assert gaps(made) == []
    made.until(MINUTE + HOUR)
    assert gaps(made) == ["item 1: no publication to channel 0"]


@pytest.mark.parametrize(("answered", "found"), [(True, []), (False, ["item 1: no acknowledgement to channel 0"])])
def test_a_push_that_was_not_acknowledged_is_half_the_way(answered: bool, found: list[str]) -> None:
    made = shop()
    made.store.rows[SHOWN.number][shown_key(0, ITEM)] = Shown()
    made.receive(ITEM, 5)
    push = publish(made, 2 * MINUTE)
    if answered:
        acknowledge(made, push, 3 * MINUTE)
    made.until(2 * HOUR)
    assert gaps(made) == found


def test_a_figure_that_is_right_again_needs_no_push() -> None:
    """Five come and five are sold before anybody was told: the page shows 0, which is right."""
    made = shop()
    made.store.rows[SHOWN.number][shown_key(0, ITEM)] = Shown()
    made.receive(ITEM, 5)
    made.submit(7, (ITEM, 5))
    made.until(2 * HOUR)
    assert gaps(made) == []


def test_a_fact_that_changes_nothing_is_not_followed_and_without_the_setting_none_is() -> None:
    made = Shop(rules())
    made.item(ITEM, 0)
    made.receive(ITEM, 5)
    assert not [message for _, message in made.store.timers.values() if isinstance(message, LineageDue)]


def test_an_item_that_is_gone_has_no_gap() -> None:
    made = shop()
    assert made.do(LineageDue(id=made.id(), item=99, at=0, movements=())) is Outcome.NOOP


@pytest.mark.parametrize("booked", [True, False])
def test_where_the_books_are_compared_a_movement_that_the_erp_did_not_book_is_a_gap(booked: bool) -> None:
    made = shop(reconciliation=Reconciliation(tolerance=Tolerance(), sites=1))
    made.store.rows[SHOWN.number][shown_key(0, ITEM)] = Shown()
    made.receive(ITEM, 5)
    acknowledge(made, publish(made, 2 * MINUTE), 3 * MINUTE)
    (posted,) = [event for event in made.out if isinstance(event, MovementRecorded)]
    if booked:
        made.do(PostingBooked(id=made.id(), items=(ITEM,), movements=posted.movements, at=made.now))
    made.until(2 * HOUR)
    assert gaps(made) == ([] if booked else ["item 1: no posting"])
