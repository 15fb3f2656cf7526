"""The first rows of a new store: every item of the scenario at every site, empty, or what a recording began with.

A live middleware learns its stock from its warehouses, so nothing is drawn: each item is known, and no unit of it is
there until a receipt or a count says so.
"""

from twin.errors import UsageError, WireError
from twin.live.deployment import Deployment
from twin.live.store import LiveStore, Progress
from twin.live.transactor import Stored
from twin.middleware.inventory.quotas import opened, renewals
from twin.middleware.inventory.reconciliation import comparisons
from twin.middleware.master_data.feed import opened as opened_master
from twin.middleware.unit import ITEMS, MASTER, TABLES
from twin.model.commands import ReconcileDue
from twin.model.history import MOMENTS, Header, Snapshot, encode_header, snapshot_of
from twin.model.instant import Elapsed, Instant, Now
from twin.model.stock import ItemStock, Position, SalesRate
from twin.model.wire import Incoming, reader

RECORD = 0
"""The id of the journal's header among its records."""


def open_store(store: LiveStore, deployment: Deployment, recorded: Header | None, now: Now) -> None:
    """Write the first rows and the journal's header, in one commit.

    Raises UsageError for a recording of other items, sites or channels than the deployment's.
    """
    unit = Stored(store, now, {})
    if recorded is None:
        rates = tuple([SalesRate()] * len(deployment.channels)) if deployment.rules.rate_half_life_us else ()
        empty = tuple([Position()] * len(deployment.sites))
        catalogue = deployment.rules.catalogue
        kits = catalogue.kits.parts if catalogue is not None else {}
        master = deployment.rules.master
        known = master.at_first if master is not None else len(deployment.items)
        items = [item for item in range(known) if item not in kits]
        stocks = {item: opened(ItemStock(item, empty, rates=rates), deployment.rules) for item in items}
        for item, stock in stocks.items():
            unit.save(ITEMS, item, stock)
        for row in opened_master(deployment.rules, now):
            unit.save(MASTER, row.item, row)
        timers: tuple[tuple[Elapsed, Incoming], ...] = (
            *renewals(deployment.rules, items),
            *comparisons(deployment.rules),
        )
        for due, message in timers:
            unit.schedule(due, message)
        snapshot = Snapshot(rows=snapshot_of({ITEMS.name: stocks}), timers=timers)
    else:
        _agree(recorded, deployment)
        snapshot = _comparing(recorded.snapshot, deployment, now)
        _take_over(snapshot, unit)
    header = journal_header(deployment, snapshot, recorded.start if recorded else now.wall - now.elapsed)
    unit.progress = Progress(records=((RECORD, encode_header(header)),))
    unit.commit()


def journal_header(deployment: Deployment, snapshot: Snapshot, start: Instant) -> Header:
    """Return the first line of the journal: a full history, since what is written to the effects file is taken."""
    return Header(
        made_by=f"live/{deployment.name}",
        start=start,
        zone=deployment.zone.key,
        pinned=("orders", "facts", "answers", MOMENTS),
        completeness={"orders": "full", "facts": "full", "stock": "full", "answers": "full"},
        design=deployment.name,
        rules=deployment.rules_version,
        setup=dict(deployment.setup),
        items=deployment.items,
        sites=deployment.sites,
        channels=deployment.channels,
        snapshot=snapshot,
    )


def _agree(recorded: Header, deployment: Deployment) -> None:
    for what in ("items", "sites", "channels"):
        theirs, ours = getattr(recorded, what), getattr(deployment, what)
        if theirs != ours:
            raise UsageError(
                f"the recording is about {len(theirs)} {what}, the design's scenario about other {len(ours)}"
            )


def _comparing(snapshot: Snapshot, deployment: Deployment, now: Now) -> Snapshot:
    """Return the snapshot with the first comparison of the books among its timers, if the design compares them."""
    if any(isinstance(message, ReconcileDue) for _, message in snapshot.timers):
        return snapshot
    first = tuple([(now.elapsed + due, message) for due, message in comparisons(deployment.rules)])
    return snapshot.with_timers(first) if first else snapshot


def _take_over(snapshot: Snapshot, unit: Stored) -> None:
    tables = {table.name: table for table in TABLES}
    for name, rows in snapshot.rows.items():
        if name not in tables:
            raise WireError(f"no such table {name!r} in the snapshot of a recording")
        read = reader(tables[name].row)
        for id, row in rows:
            unit.save(tables[name], id, read(bytes(row)))
    for event in snapshot.outbox:
        unit.emit(event)
    for due, message in snapshot.timers:
        unit.schedule(due, message)
    for message in snapshot.queue:
        unit.schedule(unit.now.elapsed, message)
