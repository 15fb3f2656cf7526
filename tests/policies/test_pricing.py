"""Prices: the most specific one of the date and quantity, and what a buyer may say instead."""

from fractions import Fraction

import pytest

from policies.pricing import Asked, Price, PriceBook, Pricing

ITEM, CUSTOMER = 5, 7
BOOK = PriceBook(
    customer={(CUSTOMER, ITEM): (Price(((1, 950),)),)},
    group={("trade", ITEM): (Price(((1, 980), (50, 960))),)},
    listed={ITEM: (Price(((1, 1_000), (100, 900))),), 6: (Price(((10, 500),), since=100, until=200),)},
)
CONTRACT = Pricing(kind="CONTRACT", book=BOOK, absolute=5, relative=Fraction(5, 1000))


@pytest.mark.vector("V107", rule="23", code="policies.pricing.Pricing.price", scenario="customer_terms")
@pytest.mark.parametrize(
    ("says", "price", "reason"), [(950, 950, "STANDS"), (955, 955, "STANDS"), (956, 956, "BEYOND_TOLERANCE")]
)
def test_v107_the_customers_own_price_is_expected_and_the_buyers_stands_within_the_tolerance(
    says: int, price: int, reason: str
) -> None:
    assert BOOK.price(CUSTOMER, "", ITEM, 100, 0) == 950
    priced = CONTRACT.price([Asked(ITEM, 100, says)], customer=CUSTOMER, group="", at=0)
    assert priced == ((price,), reason)


@pytest.mark.vector("V107", rule="23", code="policies.pricing.Pricing.price", scenario="customer_terms")
@pytest.mark.parametrize(
    ("expected", "says", "reason"),
    [
        (2_000, 2_010, "STANDS"),
        (2_000, 2_011, "BEYOND_TOLERANCE"),
        (2_000, 1_990, "STANDS"),
        (2_000, 1_989, "BEYOND_TOLERANCE"),
        (0, 5, "STANDS"),
        (0, 6, "BEYOND_TOLERANCE"),
        (3, 0, "STANDS"),
    ],
)
def test_v107_further_tolerances(expected: int, says: int, reason: str) -> None:
    """As V107: where the share is more than the amount, above and below; goods for nothing; a price of nothing."""
    rule = Pricing(
        kind="CONTRACT",
        book=PriceBook(listed={ITEM: (Price(((1, expected),)),)}),
        absolute=5,
        relative=Fraction(5, 1000),
    )
    assert rule.price([Asked(ITEM, 1, says)], customer=0, group="", at=0).reason == reason


@pytest.mark.parametrize(
    ("customer", "group", "quantity", "price"),
    [(0, "trade", 49, 980), (0, "trade", 50, 960), (0, "", 99, 1_000), (0, "", 100, 900), (0, "none", 1, 1_000)],
)
def test_the_most_specific_price_and_the_largest_break_not_above_the_quantity(
    customer: int, group: str, quantity: int, price: int
) -> None:
    assert BOOK.price(customer, group, ITEM, quantity, 0) == price


@pytest.mark.parametrize(("quantity", "at"), [(9, 150), (10, 99), (10, 200)])
def test_no_price_below_the_first_break_or_outside_its_time(quantity: int, at: int) -> None:
    assert BOOK.price(0, "", 6, 10, 199) == 500 and BOOK.price(0, "", 6, quantity, at) is None
    assert CONTRACT.price([Asked(6, quantity, 500)], customer=0, group="", at=at).reason == "NO_PRICE"


def test_beyond_the_tolerance_ours_may_hold_and_a_submitted_price_is_never_changed() -> None:
    ours = Pricing(kind="CONTRACT", book=BOOK, beyond="expected")
    assert ours.price([Asked(ITEM, 1, 900)], customer=0, group="", at=0) == ((1_000,), "EXPECTED")
    assert Pricing(book=BOOK).price([Asked(ITEM, 1, 1)], customer=0, group="", at=0) == ((1,), "STANDS")


@pytest.mark.parametrize(
    ("price", "approved", "reason"),
    [(900, False, "STANDS"), (899, False, "DISCOUNT"), (899, True, "STANDS"), (1_100, False, "STANDS")],
)
def test_a_discount_above_the_limit_needs_an_approver(price: int, approved: bool, reason: str) -> None:
    rep = Pricing(kind="CONTRACT", book=BOOK, discount_limit=Fraction(1, 10))
    assert rep.price([Asked(ITEM, 1, price)], customer=0, group="", at=0, approved=approved) == ((price,), reason)
