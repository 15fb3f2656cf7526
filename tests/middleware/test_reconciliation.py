"""The books compared at a common cut: what is under way is no difference, what is small is corrected, more waits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.posting import Period, Posting
from policies.reconciliation import Reconciliation, Tolerance
from tests.middleware.shop import Shop, rules
from twin.middleware.unit import FLIGHTS, LETTERS, MOVEMENTS, Outcome
from twin.model.commands import (
    ItemQuantity,
    LineQuantity,
    PostingBooked,
    ReconcileDue,
    ShipmentConfirmed,
    StockAdjusted,
    StockCut,
    StockSnapshot,
)
from twin.model.events import FulfilmentRecorded, MovementRecorded, ReleaseToWarehouse, StockCutAsked
from twin.model.instant import DAY, HOUR, MINUTE
from twin.model.posting import booked

ITEM = 1


class Books:
    """A middleware that compares, and the two books it is told of at each cut."""

    def __init__(self, *sellable: int, posting: Posting | None = None) -> None:
        rule = Reconciliation(tolerance=Tolerance(), sites=len(sellable))
        self.shop = Shop(rules(sites=len(sellable), reconciliation=rule, posting=posting or Posting()))
        self.shop.item(ITEM, *sellable)
        self.wms = list(sellable)
        self.erp = sum(sellable)
        self._posted: dict[int, None] = {}

    def adjust(self, change: int, site: int = 0) -> None:
        self.wms[site] += change
        shop = self.shop
        number = shop.next(ITEM, site)
        shop.do(
            StockAdjusted(
                id=shop.id(), site=site, item=ITEM, change=change, reason="found", sequence=number, at=shop.now
            )
        )

    def book(self, *, lose: bool = False) -> None:
        """The ERP takes every posting that it has not got yet; with `lose` it only says so."""
        for event in self.shop.out:
            if isinstance(event, MovementRecorded | FulfilmentRecorded) and event.id not in self._posted:
                self._posted[event.id] = None
                if not lose:
                    rows = [event.change] if isinstance(event, MovementRecorded) else [-r.quantity for r in event.items]
                    self.erp += sum(rows)
                answer = booked(event, self.shop.now)
                assert answer is not None
                self.shop.do(answer)

    def compare(self, *, erp: int | None = None, later: int = 0) -> list[str]:
        """Go to the next cut and send both books as of it; return the codes of what is open.

        `later` units are found after the cut, and booked before the books of the cut arrive.
        """
        shop = self.shop
        before = len(shop.sent(StockCutAsked))
        shop.do(ReconcileDue(id=shop.id()))
        asked = shop.sent(StockCutAsked)[before:]
        cut = asked[0].cut  # type: ignore[attr-defined]  # an event of that type
        wms, booked_then = list(self.wms), self.erp if erp is None else erp
        shop.until(cut)
        if later:
            shop.until(cut + MINUTE)
            self.adjust(later)
        for site, units in enumerate(wms):
            shop.do(self._cut(site, cut, units))
        shop.do(self._cut(-1, cut, booked_then))
        return [letter.code for letter in shop.store.rows[LETTERS.number].values()]  # type: ignore[attr-defined]

    def _cut(self, site: int, cut: int, units: int) -> StockCut:
        rows = (ItemQuantity(ITEM, units),)
        return StockCut(id=self.shop.id(), site=site, cut=cut, as_of=cut, part=0, rows=rows)

    def corrections(self) -> list[int]:
        return [e.change for e in self.shop.out if isinstance(e, MovementRecorded) and e.reason == "reconciliation"]


def test_what_is_on_its_way_is_no_difference() -> None:
    books = Books(100)
    books.adjust(-3)
    assert books.compare() == []
    assert books.corrections() == []
    books.book()
    assert books.compare() == []


@pytest.mark.vector(
    "V69", rule="13", code="twin.middleware.inventory.reconciliation.take_cut", scenario="stock_reconciliation"
)
def test_v69_a_small_difference_is_posted_to_the_book_that_is_not_the_authority() -> None:
    """V69, computed: WMS 96, ERP 100, 3 out under way: one unit is corrected, once."""
    books = Books(99)
    books.erp = 100
    books.adjust(-3)
    assert books.compare() == []
    assert books.corrections() == [-1]
    books.book()
    assert books.erp == 96
    assert books.compare() == []
    assert books.corrections() == [-1]


@pytest.mark.vector(
    "V70", rule="13", code="twin.middleware.inventory.reconciliation.take_cut", scenario="stock_reconciliation"
)
@pytest.mark.parametrize(("counted", "corrected", "codes"), [(995, [-5], []), (994, [], ["RECONCILIATION"])])
def test_v70_beyond_tolerance_somebody_looks(counted: int, corrected: list[int], codes: list[str]) -> None:
    """V70, computed: ERP 1,000, tolerance max(2, 0.5 %)."""
    books = Books(counted)
    books.erp = 1000
    assert books.compare() == codes
    assert books.corrections() == corrected


def test_items_with_serial_numbers_have_no_tolerance() -> None:
    """One piece is within two, and still somebody must say which one."""
    books = Books(10)
    rule = books.shop.rules.reconciliation
    assert rule is not None
    books.shop.rules = replace(books.shop.rules, reconciliation=replace(rule, exact={ITEM: None}))
    assert books.compare(erp=11) == ["RECONCILIATION"]
    assert books.corrections() == []


def test_units_that_are_not_in_both_books_are_promised_to_nobody_until_they_are_explained() -> None:
    books = Books(50)
    books.erp = 40
    assert books.compare() == ["RECONCILIATION"]
    assert books.shop.submit(1, (ITEM, 45)) is Outcome.BACKORDERED
    assert books.shop.order(1).lines[0].allocated == 40
    books.erp = 50
    books.compare()
    assert books.shop.stock(ITEM).disputed == 0


def test_a_posting_that_the_erp_only_said_it_took_is_found_at_the_next_cut() -> None:
    books = Books(10)
    books.adjust(-2)
    books.book(lose=True)
    books.compare()
    assert books.corrections() == [-2]


def test_a_shipment_is_under_way_from_the_moment_it_left() -> None:
    books = Books(10)
    shop = books.shop
    shop.submit(1, (ITEM, 4))
    (release,) = shop.sent(ReleaseToWarehouse)
    assert isinstance(release, ReleaseToWarehouse)
    books.wms[0] -= 4
    shop.do(
        ShipmentConfirmed(
            id=shop.id(), case=1, key=5, release=release.release, site=0, lines=(LineQuantity(1, 4),), at=shop.now
        )
    )
    assert books.compare() == []
    books.book()
    assert books.compare() == []
    assert books.erp == 6


def test_a_fact_that_never_came_is_mended_when_the_same_gap_is_there_at_two_cuts() -> None:
    books = Books(10, 5)
    books.wms[1] = 4
    assert books.compare() == []
    assert books.shop.stock(ITEM).positions[1].sellable == 5
    books.shop.until(books.shop.now + DAY)
    assert books.compare() == ["LEDGER_DRIFT"]
    assert [position.sellable for position in books.shop.stock(ITEM).positions] == [10, 4]
    assert books.corrections() == []
    books.compare()
    assert books.corrections() == [-1]
    books.book()
    assert books.erp == 14


def test_what_has_come_since_the_cut_is_not_mended_away() -> None:
    """A fact is newer than the books that are compared: the gap is that of the cut, and the fact stays."""
    books = Books(10)
    books.wms[0] = 8
    assert books.compare() == []
    assert books.compare(later=5) == ["LEDGER_DRIFT"]
    assert books.shop.stock(ITEM).positions[0].sellable == 8 + 5 == books.wms[0]


def test_what_the_erp_had_been_told_before_we_forgot_it_is_not_booked_there_again() -> None:
    """A restored store: seven units left, the ERP has booked them, and our ledger knows nothing of it."""
    books = Books(30)
    books.wms[0] = books.erp = 23
    for _ in range(3):
        books.compare()
        books.book()
        books.shop.until(books.shop.now + DAY)
    assert (books.shop.stock(ITEM).positions[0].sellable, books.erp) == (23, 23)
    assert books.corrections() == [] and books.shop.stock(ITEM).disputed == 0


def test_what_neither_we_nor_the_erp_have_is_posted_however_much_it_is_once_the_ledger_is_mended() -> None:
    """Thirty units left and nobody was told: far beyond the tolerance, and explained by what our ledger had lost."""
    books = Books(100)
    books.wms[0] = 70
    codes = [books.compare(), books.compare()]
    assert codes == [[], ["LEDGER_DRIFT"]]
    assert books.compare() == ["LEDGER_DRIFT"] and books.corrections() == [-30]
    books.book()
    assert books.erp == 70
    books.wms[0], books.erp = 70, 100
    assert "RECONCILIATION" in books.compare(), "the explanation holds for one comparison"


def test_a_gap_that_a_snapshot_passed_explains_what_the_erp_has_twice() -> None:
    """After a restore the snapshot books what the ERP had been told already: nine units that it now has twice."""
    books = Books(20)
    shop = books.shop
    books.wms[0], books.erp = 29, 29  # nine came in, were posted, and are forgotten
    shop.do(StockSnapshot(id=shop.id(), site=0, item=ITEM, net=9, sequence=1, at=shop.now))
    books.book()
    assert (shop.stock(ITEM).positions[0].sellable, books.erp) == (29, 38)
    assert books.compare() == [] and books.corrections() == [-9]
    books.book()
    assert books.erp == 29


def test_a_book_of_another_moment_is_not_compared() -> None:
    books = Books(10)
    shop = books.shop
    shop.do(ReconcileDue(id=shop.id()))
    late = StockCut(id=shop.id(), site=0, cut=HOUR, as_of=HOUR + 1, part=0, rows=(ItemQuantity(ITEM, 1),))
    assert shop.do(late) is Outcome.SUPERSEDED


def test_summed_movements_go_out_under_one_key_after_the_interval_and_shifted_out_of_a_closed_period() -> None:
    posting = Posting(kind="summed", every_us=15 * MINUTE, closed=(Period(0, HOUR),))
    books = Books(10, posting=posting)
    books.adjust(-3)
    books.adjust(-2)
    assert books.shop.sent(MovementRecorded) == []
    books.shop.until(15 * MINUTE)
    (event,) = books.shop.sent(MovementRecorded)
    assert isinstance(event, MovementRecorded)
    assert (event.change, len(event.movements), event.book_on) == (-5, 2, HOUR)
    assert "PERIOD_SHIFTED" in [letter.code for letter in books.shop.store.rows[LETTERS.number].values()]  # type: ignore[attr-defined]


def test_a_posting_that_never_arrives_is_blocked_after_its_limit() -> None:
    books = Books(10)
    books.adjust(-1)
    books.shop.until(2 * DAY)
    assert books.compare() == ["POSTING_BLOCKED"]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("adjust"), st.integers(-3, 3).filter(bool), st.integers(0, 1)),
        st.tuples(st.just("wait"), st.integers(1, 40), st.just(0)),
        st.tuples(st.just("book"), st.just(0), st.just(0)),
        st.tuples(st.just("compare"), st.just(0), st.just(0)),
    ),
    max_size=16,
)


@given(steps, st.sampled_from([Posting(), Posting(kind="summed", every_us=15 * MINUTE)]))
def test_i13_every_movement_is_in_one_posting_and_comparing_at_any_time_finds_nothing(
    history: list[tuple[str, int, int]], posting: Posting
) -> None:
    """I13: while no posting is lost, no comparison corrects anything, whatever is under way when it is made."""
    books = Books(50, 50, posting=posting)
    for kind, amount, site in history:
        if kind == "adjust":
            books.adjust(amount, site)
        elif kind == "wait":
            books.shop.until(books.shop.now + amount * MINUTE)
        elif kind == "book":
            books.book()
        else:
            assert books.compare() == []
    books.shop.until(books.shop.now + HOUR)
    books.book()
    assert books.erp == sum(books.wms)
    posted = [id for e in books.shop.out if isinstance(e, MovementRecorded) for id in e.movements]
    ledger = [id for table, id, _ in books.shop.store.journal if table == MOVEMENTS.name]
    assert sorted(posted) == sorted(ledger)
    flights = books.shop.store.get(FLIGHTS, ITEM)
    assert flights is None or all(row.booked_at >= 0 for row in flights.rows)


def test_an_acknowledgement_of_nothing_known_changes_nothing() -> None:
    books = Books(10)
    message = PostingBooked(id=books.shop.id(), items=(ITEM,), movements=(77,), at=5)
    assert books.shop.do(message) is Outcome.NOOP
