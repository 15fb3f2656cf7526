"""Each naive design repeats its public defect, and the standard one does not: the same messages, the same order."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.ground import Ground
from actors.middleware import Middleware
from actors.transactor import Direct, Store, overwrite
from actors.unwatched import Unwatched
from tests.contracts import real_day
from tests.contracts.shells import InOneDatabase, InOneFile, Lasting
from twin.kernel.recorder import Recorder
from twin.kernel.timeline import Timeline
from twin.live.transactor import Stored
from twin.middleware.dispatch import Procedures, dispatch
from twin.middleware.naive.absolute_count import absolute_count
from twin.middleware.naive.arrival_order import arrival_order
from twin.middleware.naive.clamping import clamping
from twin.middleware.naive.double_release import double_release
from twin.middleware.naive.no_waiting import no_waiting
from twin.middleware.naive.resurrection import resurrection
from twin.middleware.naive.rounded_dozens import rounded_dozens
from twin.middleware.orders.header import header
from twin.middleware.procedures import standard
from twin.middleware.unit import ITEMS, LETTERS, ORDERS, RESERVATIONS, Conflict, Missing, Outcome, Unit
from twin.model.commands import (
    CancelOrder,
    ErpConfirmed,
    PaymentCaptured,
    ReleaseCancelled,
    ReservationLapsed,
    StockAdjusted,
    StockCounted,
    StockReceived,
    SubmitOrder,
)
from twin.model.events import CreateErpOrder, OrderAnswered, ReleaseToWarehouse
from twin.model.instant import DAY, SECOND, Now
from twin.model.message import Event, Message
from twin.model.order import Header
from twin.model.stock import ItemStock, Position, Reservation

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


def claimed(store: Store) -> tuple[int, int]:
    """What the position says is claimed, and what the live claims come to."""
    claims = [row for row in store.rows[RESERVATIONS.number].values() if isinstance(row, Reservation)]
    return position(store).committed, sum(claim.live(0) for claim in claims)


def placed(quantity: int, number: str = "P") -> SubmitOrder:
    return real_day.order(number, 0, (ITEM, quantity))


def timers(store: Store, procedures: Procedures, *kinds: type[Message]) -> None:
    """Handle the scheduled messages of these kinds, once."""
    for id, (_, message) in list(store.timers.items()):
        if isinstance(message, kinds):
            del store.timers[id]
            handle(store, procedures, message)


def test_a_double_release_frees_units_that_are_freed_once_more() -> None:
    """medusa#16406: 6 claimed and with the warehouse, cancelled, and then confirmed as cancelled."""
    found = {}
    for name, table in (("ours", standard()), ("naive", double_release())):
        store = opened(10)
        handle(store, table, placed(6))
        (request,) = [event for event in store.outbox.values() if isinstance(event, ReleaseToWarehouse)]
        handle(store, table, CancelOrder(id=2, case=placed(6).case))
        timers(store, table, ReservationLapsed)
        between = position(store).committed
        agreed = ReleaseCancelled(id=3, case=request.case, release=request.release, site=0, lines=request.lines)
        handle(store, table, agreed)
        found[name] = (between, *claimed(store))
    assert found == {"ours": (6, 0, 0), "naive": (0, -6, 0)}


@pytest.mark.parametrize("late", ["confirmation", "payment"])
def test_a_late_word_brings_claims_back_and_nobody_asks_whether_the_units_are_there(late: str) -> None:
    """MultiSafepay/magento2#28: 5 claimed and cancelled; another buyer has them; then the ERP or the bank answers."""
    found = {}
    for name, table in (("ours", standard()), ("naive", resurrection())):
        store = opened(5)
        first = placed(5)
        handle(store, table, first)
        (request,) = [event for event in store.outbox.values() if isinstance(event, ReleaseToWarehouse)]
        handle(store, table, CancelOrder(id=2, case=first.case))
        agreed = ReleaseCancelled(id=3, case=first.case, release=request.release, site=0, lines=request.lines)
        handle(store, table, agreed)
        assert handle(store, table, placed(5, "Q")) is Outcome.ACCEPTED
        word: Message = ErpConfirmed(id=4, case=first.case, reference=1)
        if late == "payment":
            word = PaymentCaptured(id=4, case=first.case, key=1, amount=2500)
        handle(store, table, word)
        found[name] = position(store).sellable - position(store).committed
    assert found == {"ours": 0, "naive": -5}


def test_a_cancellation_before_its_order_is_lost_where_nothing_waits() -> None:
    """ecommerce_integrations#425: the event about an order overtakes the one that brings it."""
    found = {}
    for name, table in (("ours", standard()), ("naive", no_waiting())):
        store = opened(5)
        order = placed(2)
        handle(store, table, CancelOrder(id=2, case=order.case))
        handle(store, table, order)
        timers(store, table, CancelOrder)
        row = store.get(ORDERS, order.case)
        assert row is not None
        found[name] = header(row)
    assert found == {"ours": Header.CANCELLING, "naive": Header.ALLOCATED}


def test_a_conversion_that_rounds_on_the_way_loses_a_piece() -> None:
    """odoo#83876: seven pieces are 0.58 dozen, which are 6.96 pieces."""
    found = {}
    for name, table in (("ours", standard()), ("naive", rounded_dozens())):
        store = opened(50)
        handle(store, table, placed(7))
        found[name] = position(store).committed
    assert found == {"ours": 7, "naive": 6}


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


class Slow(Ground):
    """A world in which nothing is watched and a transaction takes a second."""

    def __init__(self) -> None:
        super().__init__(Timeline(), 0, real_day.START, Recorder(None), Unwatched())


class Sent:
    """A partner that takes everything at once and keeps it."""

    name = "partner"

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.process: Middleware | None = None

    def submit(self, event: Event) -> None:
        assert self.process is not None
        self.events.append(event)
        self.process.delivered(event, None)


@pytest.mark.parametrize("outbox", [True, False])
def test_two_writes_send_a_warehouse_what_the_second_of_them_takes_back(outbox: bool) -> None:
    """Two orders want the last unit at one moment; both transactions run, one commits, the other runs again in vain."""
    ground, sent = Slow(), Sent()
    process = Middleware(
        ground,
        opened(1),
        standard(),
        real_day.rules(),
        workers=2,
        service=lambda identity, attempt: SECOND,
        inbox_kept=DAY,
        outbox=outbox,
    )
    sent.process = process
    kinds = (CreateErpOrder, ReleaseToWarehouse, OrderAnswered)
    process.connect(dict.fromkeys(kinds, lambda _: sent), [])
    for order in last_unit()[:2]:
        process.receive(order)
    ground.timeline.run(until=10 * SECOND)
    assert process.conflicts == 1
    assert position(process.store).committed == 1
    requests = [event for event in sent.events if isinstance(event, ReleaseToWarehouse)]
    assert len(requests) == (1 if outbox else 2), "the warehouse is told to ship"
