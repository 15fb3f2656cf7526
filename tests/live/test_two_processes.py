"""Two processes on one PostgreSQL: both work, each with files of its own, and nothing is done twice or left out.

Method: the orders of a day are split over two inputs by order; every third one stands in both, as a broker that moves a
partition sends what it is not sure of. Both processes start at one time, at real times, and end with their inputs.
"""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import scenarios
from tests.contracts import real_day
from tests.contracts.shells import InOneDatabase
from tests.contracts.small_trade import procedures, rules
from twin.live.effects import EffectReader
from twin.live.start import store_at
from twin.middleware.unit import ITEMS, LETTERS, ORDERS, RESERVATIONS
from twin.model import wire
from twin.model.commands import StockReceived
from twin.model.events import CreateErpOrder, OrderAnswered, ReleaseToWarehouse
from twin.model.history import Stimulus, decode_header, decode_record
from twin.model.message import Message

PATIENCE_S = 100
ITEMS_SOLD, ORDERS_PLACED, UNITS_EACH = 5, 90, 40
PROGRAM = "import sys; from twin.cli import main; sys.exit(main(sys.argv[1:]))"


def stock() -> list[Message]:
    """Return the receipts that open the store."""
    return [
        StockReceived(id=1 + item, site=0, item=item, quantity=UNITS_EACH, sequence=1, at=0)
        for item in range(ITEMS_SOLD)
    ]


def orders() -> list[list[Message]]:
    """Return each process's orders, together for more than there is of any item; every third one comes to both."""
    placed = [
        real_day.order(f"T-{number}", number % 3, (number % ITEMS_SOLD, 1 + number % 4))
        for number in range(ORDERS_PLACED)
    ]
    return [[order for number, order in enumerate(placed) if number % 2 == mine or number % 3 == 0] for mine in (0, 1)]


def started(scenario: Path, url: str, source: Path, target: Path) -> subprocess.Popen[bytes]:
    words = ["live", "--design", f"{scenario}#standard", "--store", url, "--in", str(source), "--out", str(target)]
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *words, "--once", "--quiet"])


def write(path: Path, messages: list[Message]) -> None:
    path.write_bytes(b"".join(wire.encode(message) + b"\n" for message in messages))


@pytest.mark.postgres
@pytest.mark.timeout(200)
def test_two_processes_share_the_work_and_do_each_thing_once(tmp_path: Path) -> None:
    shipped = Path(scenarios.__file__).with_name("first_day.yaml").read_text(encoding="utf-8")
    scenario = tmp_path / "day.yaml"
    scenario.write_text(shipped.replace("skus: 2000", "skus: 20"), encoding="utf-8")
    shell = InOneDatabase(procedures(), rules(), tmp_path / "shared")
    shell.store.close()
    files = [(tmp_path / f"in{n}.jsonl", tmp_path / f"out{n}.jsonl") for n in range(3)]
    for (source, _), messages in zip(files, (stock(), *orders()), strict=True):
        write(source, messages)
    assert started(scenario, shell.url, *files[0]).wait(timeout=PATIENCE_S) == 0, "one opens the store"
    both = [started(scenario, shell.url, *each) for each in files[1:]]
    assert [process.wait(timeout=PATIENCE_S) for process in both] == [0, 0]

    reader = EffectReader()
    effects = [[effect.event for effect in reader.read(target)] for _, target in files]
    assert all(effects), "both have handed something out"
    everything = [event for part in effects for event in part]
    placed = {order.case: order for part in orders() for order in part}
    answered = Counter(event.case for event in everything if isinstance(event, OrderAnswered))
    assert answered == Counter(dict.fromkeys(placed, 1)), "every order is answered, once"
    assert max(Counter(event.case for event in everything if isinstance(event, CreateErpOrder)).values()) == 1
    with store_at(shell.url) as store:
        claims = Counter[tuple[int, int]]()
        for _, claim in store.rows(RESERVATIONS):
            claims[claim.item, claim.site] += claim.live(0)
        for item, row in store.rows(ITEMS):
            for site, position in enumerate(row.positions):
                assert position.committed == claims[item, site]
                assert position.sellable - position.committed >= 0
        assert len(list(store.rows(ORDERS))) == ORDERS_PLACED
        assert list(store.rows(LETTERS)) == []
        counts = store.counts()
        header, *lines = store.journal()
    assert counts["outbox_open"] == 0, "nothing is left in the store"
    start = decode_header(header).start
    recorded = [decode_record(line, start) for line in lines]
    taken = Counter(record.message.id for record in recorded if isinstance(record, Stimulus))
    assert set(taken) == {message.id for message in (*stock(), *placed.values())}
    sold = sum(row.quantity for event in everything if isinstance(event, ReleaseToWarehouse) for row in event.items)
    assert sold == ITEMS_SOLD * UNITS_EACH, "to the last unit, and not one more"
    shell.close()
