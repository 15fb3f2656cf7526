"""Every invariant bites: the real thing is broken in a small way, and the invariant of that name says so."""

import pytest

import scenarios
from actors.erp import Erp
from actors.wms import Warehouse
from twin.errors import InvariantViolation
from twin.kernel.recorder import Recorder
from twin.middleware.intake.submit import submit_order
from twin.middleware.inventory.publication import evaluate_publication
from twin.middleware.unit import ITEMS, ORDERS, RESERVATIONS, Outcome
from twin.model.commands import EvaluatePublication, ItemQuantity, SubmitOrder
from twin.model.events import PublishStock
from twin.model.instant import HOUR
from twin.model.order import Intake
from twin.world.build import World, build


def world(*settings: str, stops: bool = False) -> World:
    scenario = scenarios.load("first_day", ["landscape.size.skus=200", *settings])
    return build(scenario, "standard", 3, Recorder(), stops=stops)


def broken(built: World, hours: int = 9) -> dict[str, int]:
    built.timeline.run(until=hours * HOUR)
    books = ((w.site, item, units) for w in built.warehouses for item, units in w.book.items())
    built.invariants.finish(books, built.orders_under_way, list(built.store.rows[ITEMS.number].values()))
    for each in built.invariants.kept:
        assert each["key"]
        assert each["chain"]
    return built.invariants.counts


class Procedure:
    """A procedure around the right one that changes what reaches the unit."""

    def __init__(self, unit):
        self.unit = unit

    def __getattr__(self, name):
        return getattr(self.unit, name)


def test_the_right_world_breaks_nothing_and_has_something_to_check():
    built = world()
    assert broken(built) == {}
    assert all(count > 0 for name, count in built.invariants.antecedents.items() if name != "S-10")


def test_s1_a_book_that_changes_without_a_movement():
    class Leaky(Warehouse):
        def _move(self, item, change, reason):
            self.book[item] = self.book.get(item, 0) - 1
            super()._move(item, change, reason)

    built = world()
    for warehouse in built.warehouses:
        warehouse.__class__ = Leaky
    assert set(broken(built)) == {"S-1"}


def test_s2b_a_reservation_that_no_position_knows():
    class Forgetful(Procedure):
        def save(self, table, id, row):
            if table is not ITEMS:
                self.unit.save(table, id, row)

    built = world()
    built.middleware.procedures.bind(
        SubmitOrder, lambda c, now, rules, unit: submit_order(c, now, rules, Forgetful(unit))
    )
    assert set(broken(built, 2)) == {"S-2b"}  # nobody touches the records again, so it shows at the end

    class Careless(Procedure):
        def save(self, table, id, row):
            if table is not RESERVATIONS:
                self.unit.save(table, id, row)

    built = world()
    built.middleware.procedures.bind(
        SubmitOrder, lambda c, now, rules, unit: submit_order(c, now, rules, Careless(unit))
    )
    built.timeline.run(until=2 * HOUR)
    assert set(built.invariants.counts) == {"S-2b"}


def test_s3_an_erp_that_ignores_its_external_key():
    class Careless(Erp):
        def _create(self, event):
            self.references.pop(event.external, None)
            super()._create(event)
            self.references.pop(event.external, None)
            return super()._create(event)

    built = world()
    built.erp.__class__ = Careless
    assert set(broken(built)) == {"S-3"}


def test_s4_an_acknowledged_order_that_is_dropped():
    built = world()
    built.middleware.procedures.bind(SubmitOrder, lambda command, now, rules, unit: Outcome.ACCEPTED)
    assert set(broken(built)) == {"S-4"}


def test_s5_an_order_that_jumps():
    class Jumping(Procedure):
        def save(self, table, id, row):
            self.unit.save(table, id, row.amid(intake=Intake.CLOSED) if table is ORDERS else row)

    built = world()
    built.middleware.procedures.bind(
        SubmitOrder, lambda c, now, rules, unit: submit_order(c, now, rules, Jumping(unit))
    )
    built.timeline.run(until=2 * HOUR)
    assert set(built.invariants.counts) == {"S-5"}


def test_s10_a_figure_that_was_never_right():
    class Boasting(Procedure):
        def emit(self, event):
            if type(event) is PublishStock:
                rows = tuple(ItemQuantity(row.item, row.quantity + 50) for row in event.rows)
                event = PublishStock(
                    id=event.id, channel=event.channel, sequence=event.sequence, as_of=event.as_of, rows=rows
                )
            self.unit.emit(event)

    def settings(publication):
        return ("stock={rule: none, opening: 1}", f"designs.standard.publication={publication}")

    built = world(*settings("{kind: every_event}"))
    built.middleware.procedures.bind(
        EvaluatePublication, lambda c, now, rules, unit: evaluate_publication(c, now, rules, Boasting(unit))
    )
    assert "S-10" in broken(built)


def test_a_run_that_stops_names_the_invariant_the_key_and_the_chain():
    built = world(stops=True)
    built.middleware.procedures.bind(SubmitOrder, lambda command, now, rules, unit: Outcome.ACCEPTED)
    with pytest.raises(InvariantViolation) as caught:
        broken(built)
    assert (caught.value.id, bool(caught.value.key), bool(caught.value.chain)) == ("S-4", True, True)
