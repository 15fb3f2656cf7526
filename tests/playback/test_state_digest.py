"""The digest of a state that is written piece by piece is that of the whole."""

import hashlib
from pathlib import Path

import pytest

from actors.tap import ROWS_AT_ONCE, state_digest, state_of
from scenarios.replays import completed, versions
from twin.middleware.unit import ITEMS
from twin.model import wire
from twin.model.commands import CancelOrder
from twin.model.events import CancelErpOrder
from twin.model.history import snapshot_of
from twin.model.stock import ItemStock, Position
from twin.playback.expected import Expected
from twin.playback.feed import Feed
from twin.playback.history import HistoryFile


@pytest.mark.parametrize("more", [0, ROWS_AT_ONCE - 40, 3 * ROWS_AT_ONCE])
def test_the_digest_is_that_of_the_canonical_json_of_rows_outbox_and_timers(recorded: Path, more: int):
    file = HistoryFile(recorded)
    (version,) = versions(file.header, (), "verbatim")
    header = completed(file.header, version, "verbatim")
    feed = Feed(header, version.scenario, version.design, expected=Expected(file))
    feed.play(list(file)[:400])
    store = feed.alone.store
    for number in range(more):
        store.rows[ITEMS.number][1000 + number] = ItemStock(1000 + number, (Position(number),))
    store.timers[5] = (7, CancelOrder(id=5, case=9))
    store.outbox[3] = CancelErpOrder(id=3, case=9, external=9)
    outbox = [event for _, event in sorted(store.outbox.items())]
    timers = [entry for _, entry in sorted(store.timers.items())]
    whole = wire.encode((snapshot_of(state_of(store)), outbox, timers))
    assert state_digest(store) == "sha256:" + hashlib.sha256(whole).hexdigest()
