"""Claims about what senders' words mean: identifiers, units, kits, and what is said of lines that mean nothing."""

from fractions import Fraction

import pytest

from policies.catalogue import GS1, Catalogue
from policies.kits import Kits, Part
from twin.model.commands import OrderedLine
from twin.model.identifiers import Reference, Supersessions, Target, cross_reference, foreign_key
from twin.model.quantity import ItemUnits
from twin.model.written import KitLines, WrittenLine

BOLT, NUT, KIT, CHEESE, NEW_BOLT = range(5)
PARTNER = "partner"


def ref(id_type: str, value: str, item: int, unit: str = "EA", issuer: str = PARTNER) -> Reference:
    return Reference(foreign_key(id_type, issuer, value), Target(item, unit))


CATALOGUE = Catalogue(
    references=cross_reference(
        7,
        [
            ref("sku", "01234", BOLT),
            ref("sku", "1234", NUT),
            ref("sku", "KIT", KIT),
            ref("sku", "CHEESE", CHEESE, "KGM"),
            ref("sku", "TWO", BOLT),
            ref("sku", "TWO", NUT),
            ref("gtin", "06291041500213", BOLT, issuer=GS1),
            ref("gtin", "16291041500210", BOLT, "XBX", issuer=GS1),
        ],
    ),
    issuers=(PARTNER,),
    units={
        BOLT: ItemUnits(packages={"XBX": Fraction(12)}),
        CHEESE: ItemUnits(base="KGM", quantum=Fraction(1, 1000), packages={"XPK": Fraction(9, 100)}),
    },
    kits=Kits({KIT: (Part(BOLT, 2), Part(NUT, 1))}),
)


def line(value: str, quantity: str = "1", unit: str = "", id_type: str = "sku", price: int = 0) -> WrittenLine:
    return WrittenLine(id_type, value, quantity, unit, price)


def meant(*lines: WrittenLine, catalogue: Catalogue = CATALOGUE, at: int = 0) -> list[tuple[int, int]]:
    reading = catalogue.read((), lines, 0, at)
    assert reading.errors == () == reading.missing
    return [(each.item, each.quantity) for each in reading.lines]


def faults(*lines: WrittenLine) -> list[str]:
    reading = CATALOGUE.read((), lines, 0, 0)
    assert reading.lines == ()
    return [fault.code for fault in (*reading.errors, *reading.missing)]


@pytest.mark.vector("V48", rule="7", code="policies.catalogue.Catalogue.read", scenario="packs_and_kits")
def test_v48_leading_zeros_mean_another_item_and_outer_space_does_not() -> None:
    """V48, magento2#35171 and #10080: "01234" and "1234" are two keys, "1234 " and "1234" one."""
    assert meant(line("01234"), line("1234"), line(" 1234 ")) == [(BOLT, 1), (NUT, 1), (NUT, 1)]


@pytest.mark.vector("V49", rule="7", code="policies.catalogue.Catalogue.read", scenario="packs_and_kits")
def test_v49_a_gtin_is_read_in_any_length_and_refused_with_a_wrong_check_digit() -> None:
    """V49, computed."""
    assert meant(line("6291041500213", id_type="gtin")) == [(BOLT, 1)]
    assert faults(line("6291041500214", id_type="gtin")) == ["GTIN_INVALID"]


@pytest.mark.vector("V50", rule="7", code="policies.catalogue.Catalogue.read", scenario="packs_and_kits")
def test_v50_the_gtin_of_a_box_is_so_many_pieces() -> None:
    """V50, computed: indicator 1 names another pack level of the item."""
    assert meant(line("16291041500210", "2", id_type="gtin")) == [(BOLT, 24)]
    assert faults(line("16291041500214", id_type="gtin")) == ["GTIN_INVALID"]


@pytest.mark.vector("V39", rule="7", code="policies.catalogue.Catalogue.read", scenario="packs_and_kits")
@pytest.mark.vector("V47", rule="1,7", code="policies.catalogue.Catalogue.read", scenario="packs_and_kits")
@pytest.mark.parametrize(("quantity", "pieces"), [("5", 60), ("2.5", 30)])
def test_v39_v47_boxes_are_whole_pieces(quantity: str, pieces: int) -> None:
    """V39, odoo#5667, and V47, computed: 5 boxes of 12 are 60, two and a half are 30."""
    assert meant(line("01234", quantity, "XBX")) == [(BOLT, pieces)]


def test_what_is_no_whole_number_of_quanta_is_refused() -> None:
    assert faults(line("01234", "2.3", "XBX"), line("01234", "1", "KGM"), line("01234", "x"), line("01234", "0")) == [
        "UOM_NOT_EXACT",
        "UOM_UNKNOWN",
        "UNFIT",
        "UNFIT",
    ]


@pytest.mark.vector("V45", rule="7", code="policies.catalogue.Catalogue.read", scenario="packs_and_kits")
def test_v45_packs_by_weight_are_whole_grams() -> None:
    """V45, erpnext#38781: eight units of 90 g of a stock of 0.81 kg leave 0.09 kg."""
    assert 810 - meant(line("CHEESE", "8", "XPK"))[0][1] == 90


def test_an_unknown_name_is_missing_and_one_with_two_meanings_is_refused() -> None:
    reading = CATALOGUE.read((), (line("NEW"), line("TWO")), 0, 0)
    assert [fault.code for fault in reading.missing] == ["REFERENCE_MISSING"]
    assert [fault.code for fault in reading.errors] == ["XREF_AMBIGUOUS"]


def test_an_item_that_is_replaced_stands_for_its_successor_from_its_date_on() -> None:
    later = Catalogue(
        references=CATALOGUE.references, issuers=(PARTNER,), replaced=Supersessions({BOLT: (NEW_BOLT, 100)})
    )
    assert meant(line("01234"), catalogue=later, at=99) == [(BOLT, 1)]
    assert meant(line("01234"), catalogue=later, at=100) == [(NEW_BOLT, 1)]


def test_a_kit_stands_as_its_components_and_the_one_that_it_holds_once_bears_its_price() -> None:
    reading = CATALOGUE.read((), (line("1234"), line("KIT", "2", price=500)), 0, 0)
    assert reading.lines == (OrderedLine(NUT, 1), OrderedLine(BOLT, 4, 0), OrderedLine(NUT, 2, 500))
    assert reading.wording is not None and reading.wording.mapping == 7
    assert reading.wording.kits == (KitLines(KIT, 2, 2, (2, 1)),)
    assert CATALOGUE.read((OrderedLine(KIT, 2, 500),), (), 0, 0).lines == reading.lines[1:]


def test_lines_in_our_own_words_pass_as_they_are() -> None:
    lines = (OrderedLine(BOLT, 3, 100),)
    assert CATALOGUE.read(lines, (), 0, 0).lines is lines and CATALOGUE.read(lines, (), 0, 0).wording is None
