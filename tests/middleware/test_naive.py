"""Each naive design repeats its public defect, and the standard one does not: the same messages, the same order."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.transactor import Direct, Store, overwrite
from tests.contracts import real_day
from tests.contracts.shells import InOneDatabase, InOneFile, Lasting
from twin.live.transactor import Stored
from twin.middleware.dispatch import Procedures, dispatch
from twin.middleware.naive.absolute_count import absolute_count
from twin.middleware.naive.arrival_order import arrival_order
from twin.middleware.naive.clamping import clamping
from twin.middleware.procedures import standard
from twin.middleware.unit import ITEMS, LETTERS, RESERVATIONS, Conflict, Missing, Outcome, Unit
from twin.model.commands import StockAdjusted, StockCounted, StockReceived, SubmitOrder
from twin.model.instant import Now
from twin.model.message import Message
from twin.model.stock import ItemStock, Position

ITEM = 0
NOW = Now(elapsed=0, wall=real_day.START)


def opened(sellable: int) -> Store:
    store = Store()
    unit = Direct(store)
    one_item(unit, sellable)
    unit.commit()
    return store


def one_item(unit: Unit, sellable: int) -> None:
    unit.save(ITEMS, ITEM, ItemStock(item=ITEM, positions=(Position(sellable=sellable), Position())))


def handle(store: Store, procedures: Procedures, message: Message) -> Outcome:
    unit = Direct(store)
    outcome = dispatch(procedures, message, NOW, real_day.rules(), unit)
    unit.commit()
    return outcome


def position(store: Store) -> Position:
    stock = store.get(ITEMS, ITEM)
    assert stock is not None
    return stock.positions[0]


def test_an_absolute_count_puts_units_back_that_have_left_since() -> None:
    """Counted 10 where the book said 10; 3 were written off before the count was booked. 7 are there, not 10."""
    lost = StockAdjusted(id=1, site=0, item=ITEM, change=-3, reason="damaged", sequence=1, at=2)
    counted = StockCounted(id=2, site=0, item=ITEM, counted=10, book=10, sequence=2, at=1)
    found = {}
    for name, table in (("ours", standard()), ("naive", absolute_count())):
        store = opened(10)
        for message in (lost, counted):
            assert handle(store, table, message) is Outcome.APPLIED
        found[name] = position(store).sellable
    assert found == {"ours": 7, "naive": 10}


def test_a_clamped_loss_hides_that_promised_units_are_gone() -> None:
    """All 5 are promised, 2 are lost: 3 are left, and somebody must hear of it."""
    lost = StockAdjusted(id=1, site=0, item=ITEM, change=-2, reason="damaged", sequence=1, at=0)
    found = {}
    for name, table in (("ours", standard()), ("naive", clamping())):
        store = opened(5)
        assert handle(store, table, real_day.order("P", 0, (ITEM, 5))) is Outcome.ACCEPTED
        handle(store, table, lost)
        codes = [getattr(letter, "code", None) for letter in store.rows[LETTERS.number].values()]
        found[name] = (position(store).sellable, codes)
    assert found == {"ours": (3, ["OVERCOMMITTED"]), "naive": (5, [])}


def test_a_receipt_that_is_sent_again_under_another_id_counts_twice_in_the_order_of_arrival() -> None:
    found = {}
    for name, table in (("ours", standard()), ("naive", arrival_order())):
        store = opened(0)
        for id in (1, 2):
            handle(store, table, StockReceived(id=id, site=0, item=ITEM, quantity=4, sequence=1, at=0))
        found[name] = position(store).sellable
    assert found == {"ours": 4, "naive": 8}


# --- shells

FILL_OR_KILL = 1


def last_unit() -> list[SubmitOrder]:
    return [real_day.order(f"LAST-{buyer}", FILL_OR_KILL, (ITEM, 1)) for buyer in range(10)]


def test_an_unchecked_commit_in_memory_sells_the_last_unit_to_all_ten() -> None:
    """magento/inventory#3072: read, then write. Ours refuses nine of them when they run again."""
    store = opened(1)
    units = [Direct(store) for _ in range(10)]
    outcomes = [
        dispatch(standard(), order, NOW, real_day.rules(), unit) for order, unit in zip(last_unit(), units, strict=True)
    ]
    for unit in units:
        overwrite(unit)
    assert outcomes == [Outcome.ACCEPTED] * 10
    assert len(store.rows[RESERVATIONS.number]) == 10
    assert position(store).committed == 1, "nine claims are lost"


@pytest.fixture(params=[InOneFile, pytest.param(InOneDatabase, marks=pytest.mark.postgres)])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lasting]:
    shell = request.param(standard(), real_day.rules(), tmp_path)
    shell.fill(lambda unit: one_item(unit, 1))
    yield shell
    shell.close()


@pytest.mark.parametrize("checked", [True, False])
def test_an_unchecked_commit_in_a_store_sells_the_last_unit_twice_and_a_checked_one_does_not(
    shell: Lasting, checked: bool
) -> None:
    units = []
    for order in last_unit()[:2]:
        unit = prepared(shell, order)
        unit.checked = checked
        units.append(unit)
    units[0].commit()
    if checked:
        with pytest.raises(Conflict):
            units[1].commit()
    else:
        units[1].commit()
    assert len(list(shell.store.rows(RESERVATIONS))) == (1 if checked else 2)


def prepared(shell: Lasting, message: Message) -> Stored:
    fetched: dict[tuple[int, int], tuple[int, object]] = {}
    while True:
        unit = Stored(shell.store, NOW, fetched)
        try:
            dispatch(shell.procedures, message, NOW, shell.rules, unit)
        except Missing as missing:
            unit.fetch(missing)
        else:
            return unit
