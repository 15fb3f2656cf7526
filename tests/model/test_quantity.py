"""Claims about exact quantities, units and their wire form."""

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import WireError
from twin.model.quantity import QUANTUM, X12_ALIASES, ItemUnits, Rounding, from_wire, steps, to_wire

PIECES = ItemUnits(packages={"XBX": Fraction(12), "XCT": Fraction(48)})
POUNDS = ItemUnits(base="LBR", quantum=Fraction(1, 1000))
KILOS = ItemUnits(base="KGM", quantum=QUANTUM["KGM"])


@pytest.mark.vector("V39", rule="7", code="twin.model.quantity.ItemUnits.quanta", scenario="packs_and_kits")
def test_v39_boxes_are_whole_pieces() -> None:
    """V39, odoo#5667: 5 boxes of 12 are 60, not 61."""
    assert PIECES.quanta(Fraction(5), "XBX") == 60


@pytest.mark.vector("V40", rule="7", code="twin.model.quantity.ItemUnits.amount", scenario="packs_and_kits")
def test_v40_one_piece_shown_in_dozens_stays_one_piece() -> None:
    """V40, odoo#83876: 1 EA is exactly 1/12 DZN and reads 1 EA when delivered, not 0.96."""
    ordered = PIECES.quanta(Fraction(1), "EA")
    assert ordered == 1
    assert PIECES.amount(1, "DZN") == Fraction(1, 12)
    assert PIECES.quanta(Fraction(1, 12), "DZN") == 1


@pytest.mark.vector("V41", rule="7", code="twin.model.quantity.ItemUnits.whole", scenario="packs_and_kits")
def test_v41_supply_is_bought_in_whole_packs() -> None:
    """V41, OCA/stock-logistics-warehouse#832: 200 EA in whole dozens are 17 dozen, 204 EA."""
    dozens = PIECES.whole(200, "DZN", Rounding.CEIL)
    assert dozens == 17
    assert PIECES.quanta(Fraction(17), "DZN") == 204


@pytest.mark.vector("V42", rule="7", code="twin.model.quantity.ItemUnits.quanta", scenario="packs_and_kits")
def test_v42_one_millilitre_of_bottles() -> None:
    """V42, odoo#21403: base MLT, bottle of 120 MLT, ten bottles; reserving 1 MLT takes 1, not 2."""
    bottles = ItemUnits(base="MLT", packages={"XBO": Fraction(120)})
    assert bottles.quanta(Fraction(10), "XBO") == 1200
    assert bottles.quanta(Fraction(1), "MLT") == 1
    assert bottles.amount(1199, "XBO") == 10 - Fraction(1, 120)


@pytest.mark.vector("V43", rule="7", code="twin.model.quantity.ItemUnits.convert", scenario="packs_and_kits")
def test_v43_long_tons_received_as_pounds() -> None:
    """V43, odoo#18712: 60 LTN ordered, 42,760 LBR received."""
    ordered = POUNDS.convert(Fraction(60), "LTN", "LBR")
    assert isinstance(ordered, Fraction)
    assert ordered - 42_760 == 91_640


@pytest.mark.vector("V44", rule="7", code="twin.model.quantity.ItemUnits.quanta", scenario="packs_and_kits")
def test_v44_a_quantity_is_converted_once() -> None:
    """V44, erpnext#40885: 1 box of 4 is 4 EA, not 16; later steps read base quanta."""
    boxed = ItemUnits(packages={"XBX": Fraction(4)})
    base = boxed.quanta(Fraction(1), "XBX")
    assert base == 4
    assert boxed.quanta(Fraction(4), "EA") == 4


@pytest.mark.vector("V45", rule="7", code="twin.model.quantity.ItemUnits.quanta", scenario="packs_and_kits")
def test_v45_units_by_weight() -> None:
    """V45, erpnext#38781, #34060: 5 units of 100 g; 0.81 kg in units of 90 g, 8 sold."""
    assert ItemUnits(base="KGM", packages={"XPK": Fraction(1, 10)}).convert(Fraction(5), "XPK", "KGM") == Fraction(1, 2)
    portions = ItemUnits(base="KGM", quantum=Fraction(1, 1000), packages={"XPK": Fraction(9, 100)})
    stock, sold = portions.quanta(Fraction("0.81"), "KGM"), portions.quanta(Fraction(8), "XPK")
    assert (stock, sold) == (810, 720)
    assert portions.whole(810, "XPK") == 9
    assert portions.amount(810 - 720, "KGM") == Fraction("0.09")


@pytest.mark.vector("V46", rule="1,7", code="twin.model.quantity.steps", scenario="packs_and_kits")
@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        (Rounding.EXACT, "UOM_NOT_EXACT"),
        (Rounding.FLOOR, 4535),
        (Rounding.HALF_UP, 4536),
        (Rounding.CEIL, 4536),
    ],
)
def test_v46_one_amount_rounded_for_each_boundary(rounding: Rounding, expected: int | str) -> None:
    """V46, computed: 10 LBR in KGM at 1/1000 is 4.5359237 exactly; publish, invoice, purchase."""
    assert KILOS.convert(Fraction(10), "LBR", "KGM") == Fraction("4.5359237")
    assert KILOS.quanta(Fraction(10), "LBR", rounding) == expected


@pytest.mark.vector("V47", rule="1,7", code="twin.model.quantity.ItemUnits.whole", scenario="packs_and_kits")
def test_v47_boxes_published_and_ordered() -> None:
    """V47, computed: 100 EA in boxes of 12; 2.5 boxes of 12; 2.5 boxes of 5."""
    assert PIECES.whole(100, "XBX") == 8
    assert 100 - 8 * 12 == 4
    assert PIECES.quanta(Fraction("2.5"), "XBX") == 30
    assert ItemUnits(packages={"XBX": Fraction(5)}).quanta(Fraction("2.5"), "XBX") == "UOM_NOT_EXACT"


@pytest.mark.vector("V41", rule="7", code="twin.model.quantity.ItemUnits.whole", scenario="packs_and_kits")
@pytest.mark.parametrize(
    ("pieces", "dozens"), [(0, 0), (1, 1), (12, 1), (13, 2), (10**15, 83_333_333_333_334), (-1, 0), (-13, -1)]
)
def test_v41_further_needs(pieces: int, dozens: int) -> None:
    """As V41: nothing; a remainder; beyond a float; and what is given back is rounded up too."""
    assert PIECES.whole(pieces, "DZN", Rounding.CEIL) == dozens


@pytest.mark.vector("V46", rule="1,7", code="twin.model.quantity.steps", scenario="packs_and_kits")
@pytest.mark.parametrize(
    ("amount", "floor", "half_up", "ceil"),
    [
        ("0.0005", 0, 1, 1),
        ("0.00049", 0, 0, 1),
        ("-0.0005", -1, -1, 0),
        ("-0.0004", -1, 0, 0),
        ("1.0005", 1000, 1001, 1001),
        ("0.1", 100, 100, 100),
    ],
)
def test_v46_further_roundings(amount: str, floor: int, half_up: int, ceil: int) -> None:
    """As V46: halves go away from zero on both sides of it."""
    found = [KILOS.quanta(Fraction(amount), "KGM", each) for each in (Rounding.FLOOR, Rounding.HALF_UP, Rounding.CEIL)]
    assert found == [floor, half_up, ceil]


@pytest.mark.vector("V47", rule="1,7", code="twin.model.quantity.ItemUnits.quanta", scenario="packs_and_kits")
@pytest.mark.parametrize(
    ("quantity", "unit", "expected"),
    [
        ("0.25", "XCT", 12),
        ("1/48", "XCT", 1),
        ("1/7", "XCT", "UOM_NOT_EXACT"),
        ("0.5", "EA", "UOM_NOT_EXACT"),
        ("0", "XBX", 0),
        ("1/3", "DZN", 4),
        ("1000000000000", "XBX", 12 * 10**12),
    ],
)
def test_v47_further_orders(quantity: str, unit: str, expected: int | str) -> None:
    """As V47: a quarter of a carton; a piece of one; what is no whole piece; thirds of a dozen; very many."""
    assert PIECES.quanta(Fraction(quantity), unit) == expected


def test_a_package_has_no_size_outside_its_item() -> None:
    assert PIECES.quanta(Fraction(1), "XPX") == "UOM_UNKNOWN"
    assert PIECES.quanta(Fraction(1), "KGM") == "UOM_UNKNOWN"
    assert PIECES.convert(Fraction(1), "XBX", "LBR") == "UOM_UNKNOWN"
    assert PIECES.whole(5, "XPX") == "UOM_UNKNOWN"


def test_a_partner_names_units_its_own_way() -> None:
    partner = ItemUnits(packages={"XBX": Fraction(12)}, aliases={**X12_ALIASES, "CA": "XBX"})
    assert [partner.quanta(Fraction(2), word) for word in ("CA", "DZ", "EA", "XBX")] == [24, 24, 2, 24]


@pytest.mark.parametrize(("value", "expected"), [("2.5", 3), ("-2.5", -3), ("2.4", 2), ("-2.4", -2), ("-2.6", -3)])
def test_half_up_rounds_halves_away_from_zero(value: str, expected: int) -> None:
    assert steps(Fraction(value), Fraction(1), Rounding.HALF_UP) == expected


@pytest.mark.parametrize(
    "value",
    [1.0, 2.5, True, None, "1e3", "", "1.", ".5", "NaN", "٣", " 1", {"num": 1, "den": 0}, {"num": 1.0, "den": 2},
     {"num": 1, "den": 2, "unit": "EA"}, {"num": True, "den": 1}, [1], 10**31, "1" * 31],
)  # fmt: skip
def test_the_wire_refuses_floats_and_everything_that_is_no_quantity(value: object) -> None:
    with pytest.raises(WireError):
        from_wire(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(7, Fraction(7)), ("7", Fraction(7)), ("-0.125", Fraction(-1, 8)), ({"num": 1, "den": 12}, Fraction(1, 12))],
)
def test_the_wire_takes_integers_decimal_strings_and_fractions(value: object, expected: Fraction) -> None:
    assert from_wire(value) == expected


def test_the_wire_never_says_what_it_would_not_read() -> None:
    assert to_wire(Fraction(1, 2**40)) == {"num": 1, "den": 2**40}
    with pytest.raises(WireError, match="too long"):
        to_wire(Fraction(1, 10**30))


@given(st.fractions(max_denominator=10**9, min_value=-(10**9), max_value=10**9))
def test_a_quantity_survives_the_wire_exactly(quantity: Fraction) -> None:
    assert from_wire(json.loads(json.dumps(to_wire(quantity)))) == quantity


@given(st.fractions(min_value=-1000, max_value=1000), st.fractions(min_value=Fraction(1, 1000), max_value=50))
def test_roundings_bracket_the_quantity(quantity: Fraction, step: Fraction) -> None:
    floor, ceiling = steps(quantity, step, Rounding.FLOOR), steps(quantity, step, Rounding.CEIL)
    nearest, exact = steps(quantity, step, Rounding.HALF_UP), steps(quantity, step, Rounding.EXACT)
    assert isinstance(floor, int)
    assert isinstance(ceiling, int)
    assert isinstance(nearest, int)
    assert floor * step <= quantity <= ceiling * step
    assert nearest in (floor, ceiling)
    assert abs(nearest * step - quantity) <= step / 2
    assert exact == (floor if floor == ceiling else "UOM_NOT_EXACT")
