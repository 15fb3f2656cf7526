"""S-1, S-2 and S-2b: the warehouses' books, our ledger of them, and the claims on it.

Three books are kept here beside those of the run: what each warehouse must have by its own bookings, what our positions
must be by our own movements, and what is claimed by live reservations. Warehouses number their facts about an item;
what the first n of them come to is known here from the warehouse, so a stream that has come to another sum by its n-th
fact has left one out, taken one twice, or taken one that a snapshot had covered.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from twin.middleware.inventory.posting import SITES_MAX, stream_key
from twin.model.instant import DAY
from twin.model.intake import StreamState
from twin.model.message import Message
from twin.model.stock import Bucket, ItemStock, Movement, Position, Reservation
from twin.world.checks.findings import Findings
from twin.world.checks.lately import Lately

MOVEMENTS_KEPT: Final = 7 * DAY
"""How long the id of a movement is remembered here."""
NUMBERED: Final = ("receipt", "count", "transfer", "reblock")
"""Bookings of a warehouse that it tells as numbered facts."""
_PLACE: Final = {Bucket.SELLABLE: 0, Bucket.QUALITY: 1, Bucket.DAMAGED: 2, Bucket.HELD: 3}


class StockChecks:
    """The books of stock; `opening` are (site, item, units)."""

    def __init__(self, findings: Findings, opening: Iterable[tuple[int, int, int]]) -> None:
        self.findings = findings
        self.on_hand = {(site, item): quantity for site, item, quantity in opening}
        self._opening = dict(self.on_hand)
        self._ours: dict[tuple[int, int], list[int]] = {}
        self._applied = Lately(MOVEMENTS_KEPT)
        self._sums: dict[int, list[int]] = {}
        self._last: dict[int, int] = {}
        self._between: dict[int, int] = {}
        """Units by item that left a site for another one, less those that came from one."""
        self._claims: dict[int, Reservation] = {}
        """The claims that are live, as they were written last."""
        self._live: dict[tuple[int, int], int] = {}
        self._soft: dict[tuple[int, int], int] = {}

    # --- warehouses

    def moved(self, site: int, item: int, change: int, reason: str, on_hand: int) -> None:
        """A warehouse booked a change; its book must be the old one plus the change."""
        self.findings.met["S-1"] += 1
        expected = self.on_hand.get((site, item), 0) + change
        self.on_hand[(site, item)] = on_hand
        if expected != on_hand:
            told = f"{reason} {change:+d}: book {on_hand}, not {expected}"
            self.findings.broken("S-1", f"item {item} at site {site}", told)
        if reason == "transfer":
            self._between[item] = between = self._between.get(item, 0) - change
            if between < 0:
                self.findings.broken("S-1", f"item {item} at site {site}", f"{-between} more arrived than ever left")
        if reason in NUMBERED:
            sums = self._sums.setdefault(stream_key(item, site), [0])
            sums.append(sums[-1] + change)

    def books(self, on_books: Iterable[tuple[int, int, int]]) -> None:
        """Compare whole books of warehouses, as (site, item, units), with what was booked."""
        for site, item, quantity in on_books:
            expected = self.on_hand.get((site, item), 0)
            if expected != quantity:
                told = f"at the end the book says {quantity}, not {expected}"
                self.findings.broken("S-1", f"item {item} at site {site}", told)

    def roads(self, on_road: Mapping[int, int], lost: Mapping[int, int]) -> None:
        """Compare what left for another site and has not arrived with what is on the road or was missed, by item."""
        for item, units in self._between.items():
            there = on_road.get(item, 0) + lost.get(item, 0)
            if units != there:
                told = f"{units} left and did not arrive, {there} are on the road or lost there"
                self.findings.broken("S-1", f"item {item}", told)

    # --- our ledger

    def movement(self, id: int, row: Movement, cause: Message) -> None:
        """A movement was written."""
        if self._applied.came(id, self.findings.clock()):
            self.findings.broken("S-2", f"movement {id}", cause, "written before")
        book = self._book(row.item, row.site)
        if row.source is not Bucket.OUTSIDE:
            book[_PLACE[row.source]] -= row.quantity
        if row.target is not Bucket.OUTSIDE:
            book[_PLACE[row.target]] += row.quantity

    def stream(self, key: int, state: StreamState, cause: Message) -> None:
        """A stream of facts was written; S-6: its numbers only rise."""
        item, site = divmod(key, SITES_MAX)
        sums, last = self._sums.get(key, [0]), state.last
        place = f"item {item} at site {site}"
        self.findings.met["S-6"] += 1
        if last < self._last.get(key, 0):
            self.findings.broken("S-6", place, cause, f"stream goes back from {self._last[key]} to {last}")
        self._last[key] = last
        if last >= len(sums):
            self.findings.broken("S-2", place, cause, f"fact {last} is booked, the warehouse has told {len(sums) - 1}")
        elif state.net != sums[last]:
            told = f"facts 1 to {last} come to {sums[last]:+d} there and to {state.net:+d} here"
            self.findings.broken("S-2", place, cause, told)

    def position(self, stock: ItemStock, cause: Message | str) -> None:
        """An item's record was written: it must be what movements and claims make of it."""
        item = stock.item
        met, live = self.findings.met, self._live
        met["S-2"] += 1
        met["S-2b"] += 1
        for site, position in enumerate(stock.positions):
            place = (item, site)
            claimed = live.get(place, 0)
            if position.committed != claimed:
                told = f"committed {position.committed}, live reservations {claimed}"
                self.findings.broken("S-2b", f"item {item} at site {site}", cause, told)
            book = self._ours.get(place)
            if book is None:
                right = position.sellable == self._opening.get((site, item), 0) and not _aside(position)
            else:
                right = book == [position.sellable, position.quality, position.damaged, position.held]
            if not right:
                told = f"position {position}, movements come to {self._book(item, site)}"
                self.findings.broken("S-2", f"item {item} at site {site}", cause, told)
        if stock.claims or self._soft:
            self._soft_claims(stock, cause)

    def _soft_claims(self, stock: ItemStock, cause: Message | str) -> None:
        for site in range(len(stock.positions)):
            soft = sum([claim.quantity for claim in stock.claims if claim.site == site])
            held = self._soft.get((stock.item, site), 0)
            if soft != held:
                place = f"item {stock.item} at site {site}"
                self.findings.broken("S-2b", place, cause, f"soft claims {soft}, holds {held}")

    def _book(self, item: int, site: int) -> list[int]:
        book = self._ours.get((item, site))
        if book is None:
            book = self._ours[(item, site)] = [self._opening.get((site, item), 0), 0, 0, 0]
        return book

    # --- claims

    def reservation(self, id: int, row: Reservation, cause: Message) -> None:
        """A reservation was written; of one that has ended nothing is kept."""
        granted, released, consumed, expired = row.granted, row.released, row.consumed, row.expired
        live = granted - released - consumed - expired
        if live < 0 or released < 0 or consumed < 0 or expired < 0 or granted < 0:
            self.findings.broken("S-2b", f"reservation {id}", cause, f"{row}")
        old = self._claims.pop(id, None)
        if old is not None:
            book = self._live if old.committed else self._soft
            book[(old.item, old.site)] -= old.granted - old.released - old.consumed - old.expired
        if live:
            book = self._live if row.committed else self._soft
            place = (row.item, row.site)
            book[place] = book.get(place, 0) + live
            self._claims[id] = row

    @property
    def claims(self) -> Mapping[int, tuple[int, int]]:
        """Order and live units of each reservation that has some."""
        return {
            id: (claim.order, claim.granted - claim.released - claim.consumed - claim.expired)
            for id, claim in self._claims.items()
        }


def _aside(position: Position) -> int:
    return position.quality or position.damaged or position.held
