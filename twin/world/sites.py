"""Where goods lie and how they move: the warehouses, the carriers they ask for labels, and the supplier."""

from collections.abc import Callable
from functools import partial

from actors.calls import Address, Endpoint
from actors.carrier import Carrier
from actors.supplier import Supplier
from actors.troubled_site import TroubledWarehouse
from policies.throttle import FixedWindow, SlidingWindow
from twin.kernel.staffed import Staffed
from twin.kernel.station import Hours, Station
from twin.model.fallback import warehouse as warehouse_number
from twin.model.instant import MINUTE, SECOND, Elapsed
from twin.world import away, landscape
from twin.world.coming_back import desk_of
from twin.world.further import windows_of_day
from twin.world.labels import asked_instead, hears_of_carrier, held_at_dock, take_numbers
from twin.world.laws import compiled
from twin.world.opening import local_midnight
from twin.world.parcels import luck_of, scanner_of, take_back_undelivered
from twin.world.rules import the_wms
from twin.world.scaled import scales_of
from twin.world.stocking import split
from twin.world.wiring import LABELS_AGAIN, Wiring

FLOOR_QUEUE_MAX = 10_000_000
TMS_TIMEOUT: Elapsed = 15 * MINUTE
"""How long a warehouse waits for a TMS, which asks carriers one after the other: 15 minutes, assumed."""


def add_warehouses(wiring: Wiring) -> None:
    """Add the sites of the WMS, each with its floor, its interface, and its paid hours."""
    name, _ = wiring.party("wms")
    wms = the_wms(wiring.scenario)
    midnight = -local_midnight(wiring.scenario)
    picks, puts = compiled(wms.pick), compiled(wms.dock_to_stock)
    write = compiled(wms.write_latency)
    errors: dict[tuple[int, int], int] = {(e.item, e.site): e.difference for e in wiring.opening.errors}
    counted = wiring.ground.lag("wms/count", compiled(wms.count_delay)) if wms.count_delay is not None else None
    for site, (site_name, block) in enumerate(wms.sites.items()):
        book = {item: row[site] for item, row in enumerate(wiring.opening.record)}
        shelf = {item: units + errors.get((item, site), 0) for item, units in book.items()}
        label = f"wms/{site_name}"
        hours = Hours(windows_of_day(block.shift), start_us=midnight)
        warehouse = wiring.troubles.warehouse(name, label)(
            wiring.ground,
            site,
            label,
            book=book,
            shelf=shelf,
            floor=wiring.staff.station(label, block.people, FLOOR_QUEUE_MAX, hours, name, site_name),
            pick=wiring.ground.lag(f"{label}/pick", picks),
            mispicked=wiring.ground.coin(f"{label}/mispick", 1 - wms.picks_right),
            put_away=wiring.ground.lag(f"{label}/put_away", puts),
            counted=counted,
            returns=wiring.further.returns_desk(desk_of(wiring.ground, label, wms.returns)),
            facts=wiring.feed(name, label),
        )
        warehouse.scales = scales_of(wiring, label, book)
        wiring.troubles.pull(warehouse, name, label)
        if isinstance(warehouse, TroubledWarehouse):
            warehouse.wishes = wiring.door(f"{label}/wishes")
        wiring.paid_us[label] = _paid(hours, warehouse.floor)
        plain = Endpoint(wiring.ground, service=wiring.ground.lag(f"{label}/write", write), handle=warehouse.take)
        endpoint = wiring.troubles.endpoint(plain, name, f"{name}/{site_name}")
        client = wiring.client(
            f"middleware/{label}", "middleware", name, endpoint, pace=wiring.doors.get(warehouse_number(site))
        )
        wiring.wms_clients.append(client)
        wiring.warehouses.append(warehouse)


def carriers_of(wiring: Wiring) -> list[Carrier]:
    """Return the carriers; warehouses ask the one there is for labels, or the TMS, which asks them in turn."""
    made = {name: _carrier(wiring, name, block) for name, block in wiring.scenario.landscape.of_kind("carrier").items()}
    tms = wiring.further.planner()
    if tms is None:
        wiring.party("carrier")
        ((name, (_, interface)),) = made.items()
        _ask_for_labels(wiring, name, interface)
    else:
        for name in wiring.further.guide(list(made)):
            place = list(made).index(name)
            patient = wiring.client(
                f"{tms.name}/{name}", tms.name, name, made[name][1],
                retry=away.ONE_QUESTION, done=tms.labelled, parked=tms.unlabelled, pace=held_at_dock(wiring, place),
            )  # fmt: skip
            tms.carriers.append(patient)
            tms.numbers.append(place)
            hears_of_carrier(wiring, place, partial(tms.turn, place))
        tms.instead = asked_instead(wiring)
        wiring.watch.fallbacks.diverted = lambda: tms.diverted
        _ask_for_labels(wiring, tms.name, tms)
    for warehouse in wiring.warehouses:
        warehouse.tracked = any(carrier.scanner is not None for carrier, _ in made.values())
    return [carrier for carrier, _ in made.values()]


def _ask_for_labels(wiring: Wiring, name: str, interface: Address) -> None:
    for warehouse in wiring.warehouses:
        warehouse.carrier = wiring.client(
            f"{warehouse.name}/{name}",
            "wms",
            name,
            interface,
            timeout=landscape.CALL_TIMEOUT if wiring.further.tms is None else TMS_TIMEOUT,
            retry=LABELS_AGAIN,
            done=warehouse.labelled,
            parked=warehouse.unlabelled,
            caller=warehouse.name,
            pace=held_at_dock(wiring, 0) if wiring.further.tms is None else None,
        )
        if wiring.further.tms is None:
            take_numbers(wiring, warehouse, name, interface)


def _carrier(wiring: Wiring, name: str, block: landscape.Party) -> tuple[Carrier, Address]:
    """Return one carrier and its interface for labels."""
    assert isinstance(block, landscape.Carrier)
    scans = block.scans
    carrier = Carrier(
        wiring.ground,
        name,
        wiring.ground.lag(f"{name}/transit", compiled(block.transit)),
        luck=luck_of(wiring.ground, name, scans) if scans else None,
        scanner=scanner_of(wiring.ground, name, scans, wiring.feed(name, f"{name}/scans", scans)) if scans else None,
    )
    take_back_undelivered(carrier, wiring.warehouses)
    limit = block.limit
    throttle = (
        FixedWindow(limit.burst, limit.window)
        if limit.algorithm == "fixed_window"
        else SlidingWindow(limit.burst, limit.window)
    )
    plain = Endpoint(
        wiring.ground,
        service=wiring.ground.lag(f"{name}/label", compiled(block.label_latency)),
        handle=carrier.take,
        gate=wiring.troubles.gate(throttle, name),
    )
    return carrier, wiring.troubles.endpoint(plain, name)


def supplier_of(wiring: Wiring) -> Supplier:
    """Return the supplier, which delivers to the warehouses."""
    name, block = wiring.party("supplier")
    assert isinstance(block, landscape.Supplier)
    rule = wiring.scenario.stock.rule
    stated = getattr(rule, "lead_time", None)
    lead = compiled(stated if stated is not None else block.lead_time)
    shares = list(wiring.opening.site_shares)

    def divided(item: int, quantity: int) -> list[tuple[int, int]]:
        return [(site, units) for site, units in enumerate(split(quantity, shares)) if units]

    return Supplier(
        wiring.ground,
        lead_time=wiring.ground.lag("supplier/lead_time", lead),
        expected=int(lead.mean * SECOND),
        split=wiring.ground.coin("supplier/split", block.split),
        second_after=wiring.ground.lag("supplier/second", compiled(block.second_after)),
        short=wiring.ground.coin("supplier/short", block.short),
        short_by=block.short_by,
        shares=divided,
        arrive=wiring.troubles.dock(wiring.ground, lambda supply: wiring.warehouses[supply.site].arrive(supply), name),
        asn=block.asn or 0,
        tell=wiring.feed(name, name).send if block.asn is not None else None,
    )


def _paid(hours: Hours, floor: Station) -> Callable[[Elapsed], int]:
    """Return the time paid until now, of a floor whose people may have changed."""
    if isinstance(floor, Staffed):
        return lambda _: floor.paid_us()
    return lambda now: hours.worked(now) * floor.workers
