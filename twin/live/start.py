"""Starts and stops a live process: opens its store and files, goes on from where the last one was, and says how it is.

What it says is one line of JSON a time, for a terminal and a log alike: counters since the start, what stands where,
and the state (`working`, `idle`, `standing by` while another process leads, `stopped`).
"""

import asyncio
import json
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from twin.errors import UsageError
from twin.live.alerts import Told
from twin.live.clock import Clock, RecordedClock
from twin.live.deployment import Deployment
from twin.live.envelopes import enveloped
from twin.live.files import Feed, Sheet
from twin.live.inbound import header_of
from twin.live.opening import open_store
from twin.live.postgres import PostgresStore
from twin.live.process import LiveProcess
from twin.live.sqlite import SqliteStore
from twin.live.store import LiveStore
from twin.model.history import decode_header
from twin.model.instant import SECOND, Elapsed, Instant

Say = Callable[[str], None]


class Terms(NamedTuple):
    """How a live process is to run.

    `once` ends it at the end of the input. `recorded` takes the time of each line for the present, which wants a
    history. `report_us` is how often it says how it is, in microseconds; 0: only at the end. `envelopes` has effects
    written as CloudEvents, with their headers.
    """

    once: bool = False
    recorded: bool = False
    report_us: Elapsed = 10 * SECOND
    envelopes: bool = False


def store_at(url: str) -> LiveStore:
    """Open the store that a URL names: `postgresql://...`, or the path of a SQLite file, also as `sqlite:///path`.

    Raises UsageError for a store that cannot be opened or is of another kind, MissingExtra without the driver.
    """
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresStore(url)
    path = url.removeprefix("sqlite:///")
    if "://" in path:
        raise UsageError(f"a store is a SQLite file or a postgresql:// URL (got {url!r})")
    return SqliteStore(path)


def serve(deployment: Deployment, url: str, source: Path, target: Path, terms: Terms, say: Say) -> None:
    """Run a design on a store until SIGTERM, SIGINT or, with `once`, the end of the input.

    Raises UsageError for a store or file that cannot be used, and for a recording that does not fit the design.
    """
    with ExitStack() as opened:
        store = opened.enter_context(store_at(url))
        name = str(source.absolute())
        feed = Feed(source, store.offset(name))
        opened.callback(feed.close)
        sheet = Sheet(target, enveloped(store)) if terms.envelopes else Sheet(target)
        opened.callback(sheet.close)
        if sheet.mended:
            say(json.dumps({"mended_bytes": sheet.mended, "output": str(target)}))
        clock, start = _begin(store, deployment, feed, recorded=terms.recorded)
        process = LiveProcess(store, deployment, clock, name=name, source=feed, receiver=sheet, start=start)
        process.alerts.tell = lambda told: say(json.dumps(alert_of(told)))
        asyncio.run(_until_stopped(process, terms, say))


def _begin(
    store: LiveStore, deployment: Deployment, feed: Feed, *, recorded: bool
) -> tuple[Clock | RecordedClock, Instant]:
    """Open a new store, or take up one; return the clock that goes on there, and the wall time at elapsed 0."""
    mark = store.mark()
    first = next(store.journal(), None)
    if mark is None or first is None:
        header = header_of(feed.peek()) if feed.offset == 0 else None
        if recorded and header is None:
            raise UsageError("recorded times want a history as input, whose first line is its header")
        clock = RecordedClock(None, header.start) if recorded and header else Clock()
        open_store(store, deployment, header, clock())
        first = next(store.journal())
    start = decode_header(first).start
    return RecordedClock(store.mark(), start) if recorded else Clock(store.mark()), start


async def _until_stopped(process: LiveProcess, terms: Terms, say: Say) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    reports = asyncio.create_task(_report(process, terms, say)) if terms.report_us else None
    try:
        await process.run(stop, once=terms.once)
    finally:
        if reports is not None:
            reports.cancel()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
    say(json.dumps(report_of(process, "stopped")))


async def _report(process: LiveProcess, terms: Terms, say: Say) -> None:
    while True:
        await asyncio.sleep(terms.report_us / SECOND)
        behind = process.source.size() - process.source.offset
        say(
            json.dumps(
                report_of(process, "standing by" if process.publishing is None else "working" if behind else "idle")
            )
        )


def report_of(process: LiveProcess, state: str) -> dict[str, object]:
    """Return what a report says of a process."""
    return {
        "state": state,
        "design": process.deployment.name,
        "handled": sum(process.outcomes.values()),
        "outcomes": dict(sorted(process.outcomes.items())),
        "given_up": dict(sorted(process.given_up.items())),
        "handed_out": process.handed_out,
        "alerts_raised": process.alerts.raised,
        "alerts_on": list(process.alerts.on),
        "behind_bytes": process.source.size() - process.source.offset,
        **process.store.counts(),
    }


def alert_of(told: Told) -> dict[str, object]:
    """Return what is said of an alert; `at_us` is elapsed time."""
    rule = told.rule
    return {
        "alert": rule.name,
        "is": told.what,
        "measure": rule.measure,
        "value": told.value,
        "owner": rule.owner,
        "at_us": told.at,
    }
