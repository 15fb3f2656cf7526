"""The first state of a world, written into the middleware's store, the channels' pages, the ERP and the supplier."""

from twin.middleware.inventory.quotas import opened, renewals
from twin.model.commands import SupplyAnnounced
from twin.model.ids import derive
from twin.model.stock import ItemStock, Position, SalesRate, Supply
from twin.world.process import erp_writes_files, fill, fill_kits
from twin.world.scaled import weigh_opening
from twin.world.wiring import Wiring


def fill_world(wiring: Wiring) -> None:
    """Write the opening into the store, the pages and the publishers."""
    rules = wiring.rules
    coming: dict[int, list[Supply]] = {}
    for n, order in enumerate(wiring.opening.under_way):
        purchase = derive(derive(order.item, 2_000_003), n)
        expected = Supply(purchase, order.site, order.quantity, 0, order.arrives_us)
        coming.setdefault(order.item, []).append(expected)
        supply = SupplyAnnounced(
            id=purchase,
            order=purchase,
            item=order.item,
            site=order.site,
            quantity=order.quantity,
            due=order.arrives_us,
        )
        wiring.supplier.deliver(supply, order.arrives_us)
        wiring.erp.on_order[order.item] = wiring.erp.on_order.get(order.item, 0) + order.quantity
    rates = tuple([SalesRate()] * len(wiring.channels)) if rules.rate_half_life_us else ()
    from_erp = erp_writes_files(wiring.design, rules)
    kits = wiring.rules.catalogue.kits.parts if wiring.rules.catalogue is not None else {}
    for item, row in enumerate(wiring.opening.record):
        if item in kits or item >= wiring.known:
            continue
        stock = ItemStock(
            item, tuple([Position(units) for units in row]), supply=tuple(coming.get(item, ())), rates=rates
        )
        stock = opened(stock, rules)
        available = rules.atp.available(stock, 0)
        shown = []
        for channel in wiring.channels:
            value = rules.availability.value(stock, available, channel.index, 0)
            if from_erp:
                value = wiring.erp.available(item)
            channel.shown[item] = (value, 0)
            wiring.watch.showed(channel.index, item, value * channel.packs.get(item, 1))
            shown.append(value)
        fill(wiring.middleware, stock, shown)
    weigh_opening(wiring)
    for kit, figures in fill_kits(wiring.middleware, tuple(kits)):
        for channel, value in zip(wiring.channels, figures, strict=True):
            channel.shown[kit] = (value, 0)
    for due, message in renewals(rules, range(wiring.known)):
        wiring.store.timers[message.id] = (due, message)
