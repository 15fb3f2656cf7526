"""One unit and ten buyers who really come at once: one of them gets it, in both stores that several workers share.

V27 of DOMAIN 18; in memory it is tried with the middleware's procedures.
"""

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contracts import real_day
from tests.contracts.shells import InOneDatabase, InOneFile, Lasting, Shell
from twin.live.transactor import Transactor
from twin.middleware.procedures import standard
from twin.middleware.unit import ITEMS, RESERVATIONS, Outcome, Unit
from twin.model.commands import SubmitOrder
from twin.model.instant import Now
from twin.model.stock import ItemStock, Position, Reservation

BUYERS = 10
FILL_OR_KILL = 1
"""The channel whose orders take all or nothing."""
ITEM = 0
NOW = Now(elapsed=0, wall=real_day.START)


def one_unit(unit: Unit) -> None:
    unit.save(ITEMS, ITEM, ItemStock(item=ITEM, positions=(Position(sellable=1), Position())))


def orders() -> list[SubmitOrder]:
    return [real_day.order(f"LAST-{buyer}", FILL_OR_KILL, (ITEM, 1)) for buyer in range(BUYERS)]


def holds(shell: Shell, outcomes: list[Outcome]) -> None:
    """One grant, nine refusals, the live claims are one unit and nothing is free."""
    assert Counter(outcomes) == {Outcome.ACCEPTED: 1, Outcome.REJECTED: BUYERS - 1}
    rows = shell.kept().rows
    stock = rows["items"][ITEM]
    assert isinstance(stock, ItemStock)
    assert sum(position.sellable - position.committed for position in stock.positions) == 0
    claims = rows[RESERVATIONS.name].values()
    assert sum(claim.live(0) for claim in claims if isinstance(claim, Reservation)) == 1


@pytest.mark.parametrize("make", [InOneFile, pytest.param(InOneDatabase, marks=pytest.mark.postgres)])
def test_ten_requests_in_ten_threads_each_with_a_connection_of_its_own(
    make: Callable[..., Lasting], tmp_path: Path
) -> None:
    shell = make(standard(), real_day.rules(), tmp_path)
    shell.fill(one_unit)
    outcomes: list[Outcome] = []
    together = threading.Barrier(BUYERS)

    def buy(order: SubmitOrder) -> None:
        with shell.reopened() as store:
            transactor = Transactor(store, shell.procedures, shell.rules, lambda: NOW)
            together.wait(timeout=60)
            outcomes.append(transactor.run(order))

    buyers = [threading.Thread(target=buy, args=(order,)) for order in orders()]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    holds(shell, outcomes)
    shell.close()
