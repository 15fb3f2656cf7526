"""The bench of the order path: procedures on the memory store, and whole orders through every party of a world.

The world rows take a scenario from the caller, since this room knows no files; `DENSE` are the settings over
`first_day` that make it a busy firm: 100,000 orders of three lines a day, sized so that no gate is the bottleneck.
Orders go from placed to invoiced; they are closed a day after that, beyond the run. The parties that `peak_season` has
beyond these are not in it: what its orders cost is the row `million`.
"""

from collections.abc import Mapping
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Final

from actors.transactor import Direct, Store
from policies.ruleset import ChannelTerms, RuleSet
from policies.sourcing import Site
from policies.stock_buffer import ChannelAvailability, ChannelRule
from twin.experiment import textbook
from twin.experiment.bench_kernel import PENDING
from twin.experiment.bench_logic import logic_share
from twin.experiment.bench_measure import BenchRow, Measure, interleaved, quiet, timed
from twin.experiment.yardsticks import bare_call
from twin.kernel.recorder import Recorder
from twin.middleware.dispatch import Procedures, dispatch
from twin.middleware.procedures import standard
from twin.middleware.unit import ITEMS, ORDERS, RESERVATIONS, SHOWN, Outcome, Unit
from twin.model.commands import CancelOrder, OrderedLine, SubmitOrder
from twin.model.instant import Now
from twin.model.stock import ItemStock, Position
from twin.world.build import build

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

DENSE: Final = (
    "landscape.size.orders_per_day={storefront: 60000, marketplace_a: 20000, marketplace_b: 20000}",
    "landscape.size.skus=10000",
    "landscape.parties.erp.concurrency=250",
    "landscape.parties.middleware.service=10ms",
    'landscape.parties.wms.sites.east={people: 400, shift: {from: "00:00", to: "24:00"}}',
    'landscape.parties.wms.sites.west={people: 200, shift: {from: "00:00", to: "24:00"}}',
    "demand.lines=3",
    "designs.standard.workers.count=12",
)
"""Settings of the busy firm; 10 ms a transaction, so that conflicts are few."""
_SITES = (Site(0, 0, 0, 0), Site(1, 0, 1, 1))
_RULES = RuleSet(availability=ChannelAvailability(channels=(ChannelRule(),)), channels=(ChannelTerms(homes=(_SITES,)),))
_ITEMS_HELD = 10_000


def bare_call_us(quick: bool) -> float:
    """Return the microseconds of one call on a bare heap loop."""
    return bare_call(50_000 if quick else 300_000, PENDING) * 1e6


def _stocked() -> Store:
    store = Store()
    for item in range(_ITEMS_HELD):
        store.rows[ITEMS.number][item] = ItemStock(item, (Position(1_000_000), Position(1_000_000)))
    return store


def _orders(count: int) -> list[SubmitOrder]:
    return [
        SubmitOrder(
            id=2 * n + 1,
            case=n + 1,
            channel=0,
            number=str(n),
            fingerprint=n,
            lines=tuple([OrderedLine((n * 7 + line * 13) % _ITEMS_HELD, 1) for line in range(3)]),
            placed_at=n,
        )
        for n in range(count)
    ]


def _placing_us(count: int) -> float:
    """Return the microseconds of one `submit_order` of three lines, decided and committed."""
    table, store, orders = standard(), _stocked(), _orders(count)

    def work() -> None:
        for n, order in enumerate(orders):
            unit = Direct(store)
            dispatch(table, order, Now(n, n), _RULES, unit)
            unit.commit()

    return timed(work) / count * 1e6


def place_order_us(quick: bool) -> BenchRow:
    """Measure one `submit_order` of three lines with real decisions on the memory store."""
    count = 3_000 if quick else 20_000
    pairs = interleaved(lambda: _placing_us(count), lambda: bare_call_us(quick), 3)
    measured = median(ours / call for ours, call in pairs)
    took = median(ours for ours, _ in pairs)
    return BenchRow(
        name="place_order_us",
        what="one submit_order of 3 lines, real decisions, memory shell, no simulator",
        measured=measured,
        target=60.0,
        unit="calls",
        how=f"{took:.1f} us; {count} orders over {_ITEMS_HELD} items; a call: of a bare heap loop in the same round",
    )


def _empty_procedures() -> Procedures:
    """Five loads, three saves and one scheduled message, with nothing decided: what the unit of work itself costs."""

    def work(command: CancelOrder, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
        first, second, third = unit.load_many(ITEMS, (command.case, command.case + 1, command.case + 2))
        unit.load(ORDERS, command.case)
        unit.load(RESERVATIONS, command.case)
        unit.load(SHOWN, command.case)
        for stock in (first, second, third):
            if stock is not None:
                unit.save(ITEMS, stock.item, stock)
        unit.schedule(now.elapsed, command)
        return Outcome.APPLIED

    table = Procedures()
    table.bind(CancelOrder, work)
    return table


def store_cost(quick: bool) -> BenchRow:
    """Measure a procedure with an empty decision on the memory store."""
    count = 5_000 if quick else 50_000
    table, store = _empty_procedures(), _stocked()
    rounds = []

    def work() -> None:
        for n in range(count):
            unit = Direct(store)
            dispatch(table, commands[n], Now(n, n), _RULES, unit)
            unit.commit()

    with quiet():
        for turn in range(4):
            commands = [CancelOrder(id=turn * count + n, case=n % (_ITEMS_HELD - 3)) for n in range(count)]
            rounds.append(timed(work) / count * 1e6)
    return BenchRow(
        name="store_cost",
        what="a procedure with an empty decision, memory shell",
        measured=median(rounds[1:]),
        target=4.0,
        unit="us",
        how=f"5 load calls (7 rows with the inbox), 4 saves, 1 scheduled message, checked commit; {count} of them",
    )


def of_a_world(scenario: "Scenario") -> Mapping[str, Measure]:
    """Return the rows that run whole orders through a world: `scenario` is `first_day` under `DENSE`."""
    design = next(iter(scenario.designs))

    def whole(quick: bool, *, checks: bool = True) -> tuple[float, float, int]:
        """Return microseconds an order, records an order, and orders; recording in memory and the checks as told."""
        length = "1h" if quick else "6h"
        chosen = scenario.with_("horizon", length)
        if not checks:
            chosen = chosen.with_("checks.invariants", "none")
        recorder = Recorder()
        world = build(chosen, design, 1, recorder, stops=False)
        took = timed(lambda: world.timeline.run(until=chosen.horizon))
        placed = world.watch.count["orders_placed"]
        return took / placed * 1e6, recorder.count / placed, placed

    def textbook_us(orders: int) -> float:
        return timed(lambda: textbook.run(orders)) / orders * 1e6

    def measured(quick: bool) -> tuple[float, float, int, float]:
        with quiet():
            took, records, placed = whole(quick)
            reference = textbook_us(placed)
        return took, records, placed, reference

    def order_ratio(quick: bool) -> BenchRow:
        took, records, placed, reference = measured(quick)
        return BenchRow(
            name="order_ratio",
            what="one order through the real logic and all parties there are / the textbook program",
            measured=took / reference,
            target=0.9,
            unit="ratio",
            how=f"{took:.0f} us against {reference:.0f} us an order; N = {placed}, placed to invoiced; "
            f"{records:.0f} records an order against 20; checks on, gc off on both sides",
        )

    def order_calls(quick: bool) -> BenchRow:
        took, _, placed, _ = measured(quick)
        call = bare_call_us(quick)
        return BenchRow(
            name="order_calls",
            what="the same order in calls of a bare heap loop",
            measured=took / call,
            target=650.0,
            unit="calls",
            how=f"{took:.0f} us an order, {call * 1000:.0f} ns a call; N = {placed}",
        )

    def check_cost(quick: bool) -> BenchRow:
        pairs = interleaved(lambda: whole(quick)[0], lambda: whole(quick, checks=False)[0], 1 if not quick else 2)
        return BenchRow(
            name="check_cost",
            what="a run with all invariants / without",
            measured=median(a / b for a, b in pairs),
            target=1.30,
            unit="ratio",
            how="the same world and seed, gc off on both sides",
        )

    return {
        "order_ratio": order_ratio,
        "order_calls": order_calls,
        "check_cost": check_cost,
        "logic_share": partial(logic_share, scenario),
    }


ROWS: Final[Mapping[str, Measure]] = {"store_cost": store_cost, "place_order_us": place_order_us}
