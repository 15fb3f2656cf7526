"""Claims about foreign identifiers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import UsageError
from twin.model.identifiers import (
    Reference,
    Supersessions,
    Target,
    at_pack_level,
    check_digit,
    cross_reference,
    foreign_key,
    gtin,
    pack_level,
)

PIECE, BOX, OTHER = Target(1, "EA"), Target(1, "XBX"), Target(2, "EA")


@pytest.mark.vector("V48", rule="7", code="twin.model.identifiers.foreign_key", scenario="packs_and_kits")
def test_v48_leading_zeros_mean_something_and_outer_space_does_not() -> None:
    """V48, magento2#35171, #10080."""
    assert foreign_key("sku", "shop", "01234") != foreign_key("sku", "shop", "1234")
    assert foreign_key("sku", "shop", "SKU123 ") == foreign_key("sku", "shop", "SKU123")


def test_case_is_folded_only_where_the_issuer_says_so() -> None:
    assert foreign_key("sku", "shop", "ab") != foreign_key("sku", "shop", "AB")
    assert foreign_key("sku", "shop", "ab", fold_case=True) == foreign_key("sku", "shop", "AB", fold_case=True)


def test_one_letter_written_in_two_ways_is_one_key() -> None:
    assert foreign_key("sku", "shop", "e\u0301") == foreign_key("sku", "shop", "\u00e9")


@pytest.mark.vector("V49", rule="7", code="twin.model.identifiers.gtin", scenario="packs_and_kits")
@pytest.mark.vector("V50", rule="7", code="twin.model.identifiers.gtin", scenario="packs_and_kits")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6291041500213", "06291041500213"),
        ("012345678905", "00012345678905"),
        ("6291041500214", "GTIN_INVALID"),
        ("16291041500210", "16291041500210"),
        ("16291041500214", "GTIN_INVALID"),
        ("629104150021", "GTIN_INVALID"),
        ("629104150021x", "GTIN_INVALID"),
        ("٦٢٩١٠٤١٥٠٠٢١٣", "GTIN_INVALID"),
        ("", "GTIN_INVALID"),
    ],
)
def test_v49_v50_gtins_are_padded_and_checked(text: str, expected: str) -> None:
    """V49 and V50, computed; a number of 12 digits is read as it stands, not completed."""
    assert gtin(text) == expected


@pytest.mark.vector("V49", rule="7", code="twin.model.identifiers.gtin", scenario="packs_and_kits")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("40170725", "00000040170725"),
        ("12345670", "00000012345670"),
        ("036000291452", "00036000291452"),
        ("4006381333931", "04006381333931"),
        ("00000000000000", "00000000000000"),
        ("96291041500216", "96291041500216"),
        ("40170726", "GTIN_INVALID"),
        ("4017072", "GTIN_INVALID"),
        ("006291041500213", "GTIN_INVALID"),
        ("6291041500213 ", "GTIN_INVALID"),
        ("-291041500213", "GTIN_INVALID"),
    ],
)
def test_v49_further_numbers(text: str, expected: str) -> None:
    """As V49: 8, 12, 13 and 14 digits; a variable measure; a wrong digit, other lengths, and what is no digit."""
    assert gtin(text) == expected


@pytest.mark.vector("V50", rule="7", code="twin.model.identifiers.at_pack_level", scenario="packs_and_kits")
def test_v50_an_indicator_names_another_pack_level() -> None:
    """V50, computed: it maps to another unit of the item and is not a spelling of the same key."""
    boxed = at_pack_level("06291041500213", 1)
    assert (boxed, pack_level(boxed)) == ("16291041500210", 1)
    known = cross_reference(
        1,
        [
            Reference(foreign_key("gtin", "gs1", "06291041500213"), PIECE),
            Reference(foreign_key("gtin", "gs1", boxed), BOX),
        ],
    )
    assert known.resolve(foreign_key("gtin", "gs1", boxed), 0) == BOX
    assert known.resolve(foreign_key("gtin", "gs1", "06291041500213"), 0) == PIECE


def test_a_reference_is_valid_from_its_date_until_before_its_end() -> None:
    key = foreign_key("sku", "shop", "A-1")
    known = cross_reference(7, [Reference(key, PIECE, 10, 20), Reference(key, OTHER, 20)])
    assert [known.resolve(key, now) for now in (9, 10, 19, 20)] == ["REFERENCE_MISSING", PIECE, PIECE, OTHER]
    assert known.resolve(foreign_key("sku", "elsewhere", "A-1"), 10) == "REFERENCE_MISSING"


def test_two_live_targets_are_ambiguous_and_one_said_twice_is_not() -> None:
    key = foreign_key("sku", "shop", "A-1")
    assert cross_reference(1, [Reference(key, PIECE), Reference(key, BOX)]).resolve(key, 0) == "XREF_AMBIGUOUS"
    assert cross_reference(1, [Reference(key, PIECE), Reference(key, PIECE, 0, 9)]).resolve(key, 0) == PIECE


def test_supersession_is_followed_by_date() -> None:
    chain = Supersessions({1: (2, 10), 2: (3, 20)})
    assert [chain.current(1, now) for now in (9, 10, 19, 20)] == [1, 2, 2, 3]
    assert chain.current(5, 20) == 5


@pytest.mark.parametrize(
    "circle", [{1: (1, 0)}, {1: (2, 10), 2: (1, 20)}, {4: (1, 0), 1: (2, 0), 2: (3, 0), 3: (1, 99)}]
)
def test_a_circle_of_supersessions_is_refused(circle: dict[int, tuple[int, int]]) -> None:
    with pytest.raises(UsageError, match="circle"):
        Supersessions(circle)


@given(st.text("0123456789", min_size=13, max_size=13), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(body: str, place: int, shift: int) -> None:
    right = body + check_digit(body)
    wrong = right[:place] + str((int(right[place]) + shift) % 10) + right[place + 1 :]
    assert gtin(right) == right
    assert gtin(wrong) == "GTIN_INVALID"
