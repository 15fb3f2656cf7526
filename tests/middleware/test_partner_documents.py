"""What the middleware tells a trading partner of a shipment and of a bill, once each, and only where he takes it."""

from dataclasses import replace

from tests.middleware.shop import Shop, rules
from twin.model.commands import LineQuantity, OrderInvoiced, ShipmentConfirmed
from twin.model.events import InvoiceIssued, ReleaseToWarehouse, ShipmentAdvised
from twin.model.instant import HOUR

ITEM, ORDER, KEY, BILL = 1, 500, 91, 92


def shop(documents: bool = True) -> Shop:
    made = rules()
    shop = Shop(replace(made, channels=tuple([replace(terms, documents=documents) for terms in made.channels])))
    shop.item(ITEM, 10)
    shop.submit(ORDER, (ITEM, 4))
    return shop


def ship(shop: Shop, units: int, key: int = KEY) -> ShipmentConfirmed:
    (release,) = shop.sent(ReleaseToWarehouse)
    assert isinstance(release, ReleaseToWarehouse)
    return ShipmentConfirmed(
        id=shop.id(), case=ORDER, key=key, release=release.release, site=0, lines=(LineQuantity(1, units),),
        at=2 * HOUR, tracking=(7,),
    )  # fmt: skip


def bill(shop: Shop, units: int, key: int = BILL) -> OrderInvoiced:
    return OrderInvoiced(id=shop.id(), case=ORDER, key=key, lines=(LineQuantity(1, units),))


def test_a_shipment_is_announced_under_its_key_and_a_bill_sent_at_the_prices_of_the_order():
    middle = shop()
    middle.do(ship(middle, 3))
    middle.do(bill(middle, 3))
    (notice,), (invoice,) = middle.sent(ShipmentAdvised), middle.sent(InvoiceIssued)
    assert isinstance(notice, ShipmentAdvised) and isinstance(invoice, InvoiceIssued)
    assert (notice.key, notice.number, notice.lines, notice.at) == (KEY, "PO-500", (LineQuantity(1, 3),), 2 * HOUR)
    assert notice.tracking == (7,)
    assert (invoice.key, invoice.amount, invoice.lines) == (BILL, 300, (LineQuantity(1, 3),))
    assert notice.aggregate == invoice.aggregate


def test_each_part_has_a_document_of_its_own_and_a_repeat_has_none():
    middle = shop()
    for key, units in ((KEY, 3), (KEY + 1, 1)):
        middle.do(ship(middle, units, key))
        middle.do(ship(middle, units, key))  # under another id: the key is known
    for key, units in ((BILL, 3), (BILL, 3), (BILL + 1, 1)):
        middle.do(bill(middle, units, key))
    assert [event.key for event in middle.sent(ShipmentAdvised)] == [KEY, KEY + 1]
    assert [event.key for event in middle.sent(InvoiceIssued)] == [BILL, BILL + 1]


def test_a_bill_beyond_what_left_is_no_document():
    middle = shop()
    middle.do(ship(middle, 3))
    middle.do(bill(middle, 4))
    assert middle.sent(InvoiceIssued) == []


def test_a_channel_that_takes_none_hears_of_neither():
    middle = shop(documents=False)
    middle.do(ship(middle, 4))
    middle.do(bill(middle, 4))
    assert middle.sent(ShipmentAdvised) == middle.sent(InvoiceIssued) == []
