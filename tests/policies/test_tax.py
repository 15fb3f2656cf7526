"""Tax: by jurisdiction, class and date, rounded per line or once per document; certificates end when they end."""

from fractions import Fraction

import pytest

from policies.tax import Net, Rate, Taxing

RATES = {
    ("DE", ""): (Rate(Fraction(19, 100), 0, 1_000), Rate(Fraction(20, 100), 1_000, 2_000)),
    ("DE", "food"): (Rate(Fraction(7, 100), 0, 2_000),),
}
LINES = [Net("", 333)] * 3


@pytest.mark.vector("V108", rule="23", code="policies.tax.Taxing.tax", scenario="customer_terms")
@pytest.mark.parametrize(("per", "due"), [("line", 189), ("document", 190)])
def test_v108_rounding_per_line_or_once_per_document(per: str, due: int) -> None:
    taxing = Taxing(rates=RATES, per=per)  # type: ignore[arg-type]  # a Literal
    assert taxing.tax(LINES, jurisdiction="DE", customer=0, at=0) == (due, "COMPUTED")


@pytest.mark.vector("V108", rule="23", code="policies.tax.Taxing.tax", scenario="customer_terms")
@pytest.mark.parametrize(
    ("amounts", "line", "document"),
    [
        ((), 0, 0),
        ((0, 0), 0, 0),
        ((-333, -333, -333), -189, -190),
        ((333, -333), 0, 0),
        ((50, 50), 20, 19),
        ((10**15,), 19 * 10**13, 19 * 10**13),
    ],
)
def test_v108_further_documents(amounts: tuple[int, ...], line: int, document: int) -> None:
    """As V108: nothing; free of charge; a credit, halves away from zero; one that cancels; 9.5 each; a large sum."""
    for per, due in (("line", line), ("document", document)):
        taxing = Taxing(rates=RATES, per=per)  # type: ignore[arg-type]  # a Literal
        lines = [Net("", amount) for amount in amounts]
        assert taxing.tax(lines, jurisdiction="DE", customer=0, at=0).amount == due


def test_a_rate_holds_in_a_half_open_interval_and_each_rate_is_rounded_by_itself() -> None:
    taxing = Taxing(rates=RATES, per="document")
    assert taxing.tax([Net("", 100)], jurisdiction="DE", customer=0, at=999).amount == 19
    assert taxing.tax([Net("", 100)], jurisdiction="DE", customer=0, at=1_000).amount == 20
    assert taxing.tax([Net("", 100)], jurisdiction="DE", customer=0, at=2_000) == (0, "NO_RATE")
    assert taxing.tax([Net("", 150), Net("food", 150)], jurisdiction="DE", customer=0, at=0).amount == 29 + 11


def test_what_a_marketplace_collects_is_carried_and_not_computed() -> None:
    taxing = Taxing(kind="CHANNEL", rates=RATES)
    assert taxing.tax(LINES, jurisdiction="DE", customer=0, at=0, submitted=77) == (77, "CARRIED")


@pytest.mark.parametrize(("at", "tax"), [(9, (189, "COMPUTED")), (10, (0, "EXEMPT")), (20, (189, "COMPUTED"))])
def test_a_certificate_exempts_while_it_is_valid(at: int, tax: tuple[int, str]) -> None:
    taxing = Taxing(kind="EXEMPT", rates=RATES, certificates={(7, "DE"): (10, 20)})
    assert taxing.tax(LINES, jurisdiction="DE", customer=7, at=at) == tax


@pytest.mark.parametrize(("submitted", "reason"), [(189, "COMPUTED"), (190, "COMPUTED"), (191, "DIFFERS")])
def test_what_a_checkout_computed_is_checked(submitted: int, reason: str) -> None:
    taxing = Taxing(rates=RATES)
    assert taxing.tax(LINES, jurisdiction="DE", customer=0, at=0, submitted=submitted) == (189, reason)
