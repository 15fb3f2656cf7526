"""Orders in their senders' words through the procedures: read, refused, kept, and sold as kits."""

from dataclasses import replace
from fractions import Fraction

import pytest

from actors.transactor import Direct
from policies.catalogue import Catalogue
from policies.kits import Kits, Part
from tests.middleware.shop import Shop, rules
from twin.middleware.inventory.kit_figures import figures_of
from twin.middleware.orders.header import header
from twin.middleware.unit import LETTERS, Outcome
from twin.model.commands import EvaluatePublication, SubmitOrder
from twin.model.events import CreateErpOrder, OrderAnswered, PublishStock
from twin.model.identifiers import Reference, Target, cross_reference, foreign_key
from twin.model.instant import Now
from twin.model.order import Header, LinePolicy
from twin.model.quantity import ItemUnits
from twin.model.written import WrittenLine

A, B, KIT = 1, 2, 9
KITS = Kits({KIT: (Part(A, 2), Part(B, 1))})
NAMES = (("A", A), ("B", B), ("KIT", KIT))


def shop(*, names: tuple[tuple[str, int], ...] = NAMES, policy: LinePolicy = LinePolicy.BACKORDER) -> Shop:
    references = [Reference(foreign_key("sku", "web", name), Target(item, "EA")) for name, item in names]
    catalogue = Catalogue(
        references=cross_reference(3, references),
        issuers=("web",),
        units={A: ItemUnits(packages={"XBX": Fraction(4)})},
        kits=KITS,
    )
    return Shop(rules((policy,), catalogue=catalogue))


def order(case: int, *lines: tuple[str, str, str], id: int = 0) -> SubmitOrder:
    written = tuple([WrittenLine("sku", value, quantity, unit, 100) for value, quantity, unit in lines])
    return SubmitOrder(
        id=id or case,
        case=case,
        channel=0,
        number=f"PO-{case}",
        fingerprint=id or case,
        lines=(),
        placed_at=0,
        written=written,
    )


@pytest.mark.vector("V44", rule="7", code="twin.middleware.intake.submit.submit_order", scenario="packs_and_kits")
def test_v44_a_box_is_converted_once_and_the_order_keeps_what_was_said() -> None:
    """V44, erpnext#40885: a box of 4, ordered, reserved and sent to the ERP as 4, not as 16."""
    made = shop()
    made.item(A, 10)
    assert made.do(order(7, ("A", "1", "XBX"))) is Outcome.ACCEPTED
    (line,) = made.order(7).lines
    assert (line.ordered, line.allocated, made.stock(A).positions[0].committed) == (4, 4, 4)
    (created,) = made.sent(CreateErpOrder)
    assert isinstance(created, CreateErpOrder) and created.lines[0].quantity == 4
    wording = made.order(7).wording
    assert wording is not None and wording.mapping == 3
    assert (wording.lines[0].quantity, wording.lines[0].unit) == ("1", "XBX")


@pytest.mark.vector("V47", rule="1,7", code="twin.middleware.intake.reading.read", scenario="packs_and_kits")
def test_v47_a_part_of_a_piece_goes_back_to_its_sender_and_into_the_queue_of_bad_quantities() -> None:
    """V47, computed: 2.3 boxes are no whole pieces: UOM_NOT_EXACT."""
    made = shop()
    made.item(A, 10)
    assert made.do(order(7, ("A", "2.3", "XBX"))) is Outcome.REJECTED
    assert header(made.order(7)) is Header.REJECTED
    assert [event.code for event in made.sent(OrderAnswered) if isinstance(event, OrderAnswered)] == ["IR"]
    (letter,) = made.store.rows[LETTERS.number].values()
    assert (letter.code, letter.category) == ("UOM_NOT_EXACT", "VALIDATION")  # type: ignore[attr-defined]  # a letter
    assert made.do(order(7, ("A", "2", "XBX"), id=8)) is Outcome.ACCEPTED, "a corrected order under the same number"


@pytest.mark.parametrize(
    ("packages", "word", "ordered"),
    [
        ({"XBX": Fraction(4)}, "BX", 8),
        ({"XBX": Fraction(4)}, "CA", 8),  # the only pack level that the item has
        ({"XBX": Fraction(4), "XCS": Fraction(24)}, "CA", 48),
        ({"XBX": Fraction(4), "XPX": Fraction(96)}, "CA", None),  # two, and neither is a case
        ({}, "DZ", 24),
        ({}, "EA", 2),
        ({}, "BX", None),
    ],
)
def test_an_edi_partners_unit_codes_are_those_of_x12(
    packages: dict[str, Fraction], word: str, ordered: int | None
) -> None:
    catalogue = Catalogue(
        references=cross_reference(3, [Reference(foreign_key("sku", "web", "A"), Target(A, "EA"))]),
        issuers=("web",),
        units={A: ItemUnits(packages=packages)},
        in_x12={0: None},
    )
    made = Shop(rules(catalogue=catalogue))
    made.item(A, 100)
    made.do(order(7, ("A", "2", word)))
    assert (made.order(7).lines[0].ordered if made.order(7).lines else None) == ordered


def test_a_box_is_not_taken_apart_over_two_places() -> None:
    """Seven pieces here and nine there: two boxes of four at the second, one at the first, never one from both."""
    plain = rules(sites=2)
    (rule,) = plain.availability.channels
    boxed = replace(plain.availability, channels=(replace(rule, sell_units={A: 4}),))
    made = Shop(replace(plain, availability=boxed))
    made.item(A, 7, 9)
    made.submit(7, (A, 16))
    assert [position.committed for position in made.stock(A).positions] == [4, 8]
    assert made.order(7).lines[0].backordered == 4
    made.submit(8, (A, 3))
    assert made.order(8).lines[0].allocated == 0, "the rest is promised to the box that waits"


def test_a_name_that_nobody_knows_keeps_the_order_until_the_name_is_entered() -> None:
    made = shop(names=(("A", A),))
    made.item(A, 10)
    made.item(B, 10)
    assert made.do(order(7, ("B", "1", ""))) is Outcome.QUEUED
    assert made.store.rows[LETTERS.number][7].category == "REFERENCE_MISSING"  # type: ignore[attr-defined]
    made.rules = shop().rules
    assert made.do(order(7, ("B", "1", ""))) is Outcome.ACCEPTED


@pytest.mark.vector("V81", rule="6", code="twin.middleware.intake.submit.submit_order", scenario="packs_and_kits")
def test_v81_kits_are_claimed_as_one_batch_with_the_single_units_beside_them() -> None:
    """V81, computed: kit = 2 a + 1 b; free a 7, b 5; two kits and one single a leave a 2 and b 3."""
    made = shop()
    made.item(A, 7)
    made.item(B, 5)
    assert figures_of((KIT,), 0, Now(0, 0), made.rules, Direct(made.store), {}, {}) == [3]
    assert made.do(order(7, ("KIT", "2", ""), ("A", "1", ""))) is Outcome.ACCEPTED
    assert [sum(made.rules.atp.available(made.stock(item), 0)) for item in (A, B)] == [2, 3]


@pytest.mark.parametrize("policy", [LinePolicy.BACKORDER, LinePolicy.PARTIAL, LinePolicy.FILL_OR_KILL])
def test_no_component_is_claimed_that_makes_no_whole_kit(policy: LinePolicy) -> None:
    made = shop(policy=policy)
    made.item(A, 5)
    made.item(B, 1)
    made.do(order(7, ("KIT", "2", "")))
    whole = 0 if policy is LinePolicy.FILL_OR_KILL else 1
    assert [line.allocated for line in made.order(7).lines] == [2 * whole, whole]


@pytest.mark.vector(
    "V81", rule="6", code="twin.middleware.inventory.publication.evaluate_publication", scenario="packs_and_kits"
)
def test_v81_a_kits_figure_goes_out_whenever_a_components_does() -> None:
    """V81, computed: a 7 and b 5 make three kits."""
    made = shop()
    made.item(A, 7)
    made.item(B, 5)
    made.do(EvaluatePublication(id=1, channel=0, items=(A,)))
    pushes = [event for event in made.sent(PublishStock) if isinstance(event, PublishStock)]
    assert [(row.item, row.quantity) for push in pushes for row in push.rows] == [(A, 7), (KIT, 3)]
