"""A day of the real procedures: orders, supply, shipments, money and publication, with partners that answer at once.

The partners are as plain as can be: each event that leaves gets the answer that a willing partner gives. Every third
message comes a second time, as brokers do. The script of a day is what a store without latency made of it; the shells
under contract are then given the same messages at the same moments.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from actors.transactor import Direct, Store
from policies.fallback import ErpAway, Fallbacks, WmsSilent
from policies.ruleset import ChannelTerms, RuleSet
from policies.sourcing import Site
from policies.stock_buffer import ChannelAvailability, ChannelRule
from twin.middleware.dispatch import dispatch
from twin.middleware.procedures import standard
from twin.middleware.unit import ITEMS, Unit
from twin.model import wire
from twin.model.commands import (
    CancelOrder,
    ErpConfirmed,
    EvaluatePublication,
    ItemQuantity,
    OrderedLine,
    OrderInvoiced,
    PartnerBack,
    PartnerSilent,
    PublicationAnswered,
    ReleaseCancelled,
    ShipmentConfirmed,
    StockAdjusted,
    StockCounted,
    StockReceived,
    SubmitOrder,
    SupplyAnnounced,
)
from twin.model.events import (
    AvailabilityChanged,
    CancelRelease,
    CreateErpOrder,
    FulfilmentRecorded,
    PublishStock,
    ReleaseToWarehouse,
)
from twin.model.fallback import ERP, warehouse
from twin.model.ids import business_id, derive
from twin.model.instant import DAY, MINUTE, Now
from twin.model.message import Event, Message
from twin.model.order import LinePolicy
from twin.model.stock import ItemStock, Position

START = 1_700_000_000_000_000
ITEM_COUNT, CHANNEL_COUNT, SITE_COUNT = 4, 2, 2
MESSAGES_MAX = 2_000


class Given(NamedTuple):
    """A message and the moment at which it is handled."""

    message: Message
    now: Now


def rules() -> RuleSet:
    """Return rules of two channels over two sites: one lets buyers wait, one takes all or nothing.

    While the ERP is away every order waits, while a warehouse is silent nothing of it is shown.
    """
    sites = tuple(Site(priority=site, cost=1, id=site, position=site) for site in range(SITE_COUNT))
    return RuleSet(
        availability=ChannelAvailability(channels=(ChannelRule(), ChannelRule(priority=1))),
        channels=(
            ChannelTerms(homes=(sites,), line_policy=LinePolicy.BACKORDER, push_rows=2),
            ChannelTerms(homes=(sites,), line_policy=LinePolicy.FILL_OR_KILL, push_rows=2),
        ),
        fallbacks=Fallbacks(erp=ErpAway(accept="none"), wms=WmsSilent(publish="zero")),
    )


def stock_items(unit: Unit, sites: int = 2) -> None:
    """Open every item at every site, with a little stock of all but the last at the first two."""
    for item in range(ITEM_COUNT):
        sellable = 6 if item < ITEM_COUNT - 1 else 0
        positions = (Position(sellable=sellable), Position(sellable=2), *(Position() for _ in range(sites - 2)))
        unit.save(ITEMS, item, ItemStock(item=item, positions=positions))


def order(number: str, channel: int, *lines: tuple[int, int], id: int = 0) -> SubmitOrder:
    case = _case(number, channel)
    ordered = tuple(OrderedLine(item=item, quantity=quantity, price=500) for item, quantity in lines)
    return SubmitOrder(
        id=id or derive(case, 1),
        case=case,
        channel=channel,
        number=number,
        fingerprint=wire.fingerprint(channel, number, 1, ordered),
        lines=ordered,
        placed_at=0,
    )


def openings() -> list[Message]:
    """Return what comes from outside of itself: orders with repeats, stock facts out of turn, supply."""
    return [
        order("PO-1", 0, (0, 2), (1, 1)),
        order("PO-1", 0, (0, 2), (1, 1), id=77),  # sent again under another message id
        order("PO-2", 1, (0, 5)),
        StockReceived(id=201, site=0, item=2, quantity=4, sequence=2, at=0),  # before number 1
        order("PO-3", 0, (1, 9), (2, 1)),  # more than there is: the rest waits
        SupplyAnnounced(id=202, order=900, item=3, site=1, quantity=8, due=DAY),
        StockReceived(id=203, site=0, item=2, quantity=1, sequence=1, at=0),
        order("PO-4", 1, (3, 9)),  # more than there is: refused
        StockAdjusted(id=204, site=1, item=1, change=-1, reason="damaged", sequence=1, at=0),
        StockReceived(id=205, site=1, item=3, quantity=8, order=900, sequence=1, at=0),
        StockReceived(id=206, site=0, item=1, quantity=9, sequence=1, at=0),
        ErpConfirmed(id=207, case=_case("PO-5", 0), reference=1),  # before its order
        order("PO-5", 0, (3, 1), (0, 1)),
        order("PO-5", 0, (3, 2), (0, 1), id=78),  # the same number with other content
        PartnerSilent(id=211, partner=ERP, since=0),
        PartnerSilent(id=212, partner=warehouse(0), since=0),
        order("PO-8", 0, (3, 1)),  # while the ERP is away: it waits
        PartnerBack(id=213, partner=ERP),
        PartnerBack(id=214, partner=warehouse(0)),
        order("PO-6", 0, (2, 7)),
        CancelOrder(id=208, case=_case("PO-6", 0)),
        ErpConfirmed(id=209, case=_case("PO-7", 0), reference=2),  # its order never comes
        StockCounted(id=210, site=1, item=0, counted=1, book=2, sequence=1, at=0),
    ]


def script() -> list[Given]:
    """Play the day on a store without latency and return what was handled when."""
    procedures = standard()
    store = Store()
    opening = Direct(store)
    stock_items(opening)
    opening.commit()
    waiting = deque(openings())
    given: list[Given] = []
    elapsed = 0
    while waiting or store.timers:
        assert len(given) < MESSAGES_MAX, "the day has no end"
        if waiting:
            message = waiting.popleft()
            elapsed += MINUTE
        else:
            due, message = min(store.timers.values(), key=lambda timer: (timer[0], timer[1].id))
            del store.timers[message.id]
            elapsed = max(elapsed, due)
        now = Now(elapsed=elapsed, wall=START + elapsed)
        unit = Direct(store)
        dispatch(procedures, message, now, rules(), unit)
        unit.commit()
        given.append(Given(message, now))
        if len(given) % 3 == 0:
            given.append(Given(message, now))
        for event in unit.events:
            waiting.extend(answers(event))
    return given


def answers(event: Event) -> Iterator[Message]:
    """Yield what a willing partner says to the event."""
    id = derive(event.id, 0)
    match event:
        case AvailabilityChanged():
            for channel in range(CHANNEL_COUNT):
                items = tuple(row.item for row in event.rows)
                yield EvaluatePublication(id=derive(event.id, channel), cause=event.id, channel=channel, items=items)
        case PublishStock():
            items = _items(event.rows)
            yield PublicationAnswered(
                id=id, cause=event.id, channel=event.channel, sequence=event.sequence, items=items
            )
        case CreateErpOrder():
            yield ErpConfirmed(id=id, cause=event.id, case=event.case, reference=event.external % 1000)
        case ReleaseToWarehouse():
            yield ShipmentConfirmed(
                id=id,
                cause=event.id,
                case=event.case,
                key=derive(event.release, 7),
                release=event.release,
                site=event.site,
                lines=event.lines,
                at=0,
            )
        case CancelRelease():
            yield ReleaseCancelled(
                id=id, cause=event.id, case=event.case, release=event.release, site=event.site, lines=event.lines
            )
        case FulfilmentRecorded():
            yield OrderInvoiced(id=id, cause=event.id, case=event.case, key=derive(event.key, 8), lines=event.lines)
        case _:
            pass


def _case(number: str, channel: int) -> int:
    return business_id(f"channel-{channel}", "order", number)


def _items(rows: Sequence[ItemQuantity]) -> tuple[int, ...]:
    return tuple(row.item for row in rows)
