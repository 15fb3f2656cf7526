"""Claims about two books of one stock."""

from fractions import Fraction

import pytest

from policies.reconciliation import Finding, Tolerance


@pytest.mark.vector("V69", rule="13", code="policies.reconciliation.Tolerance.compare", scenario="stock_reconciliation")
@pytest.mark.vector("V70", rule="13", code="policies.reconciliation.Tolerance.compare", scenario="stock_reconciliation")
@pytest.mark.parametrize(
    ("warehouse", "erp", "in_flight", "finding", "difference"),
    [
        (97, 100, -3, Finding.MATCH, 0),
        (96, 100, -3, Finding.CORRECTED, -1),
        (995, 1000, 0, Finding.CORRECTED, -5),
        (994, 1000, 0, Finding.EXCEPTION, -6),
    ],
)
def test_v69_v70_the_warehouse_against_the_erp(
    warehouse: int, erp: int, in_flight: int, finding: Finding, difference: int
) -> None:
    """V69 and V70, computed: tolerance max(2, 0.5 %)."""
    found = Tolerance(2, Fraction(5, 1000)).compare(warehouse, erp, in_flight)
    assert (found.finding, found.difference) == (finding, difference)


@pytest.mark.vector("V70", rule="13", code="policies.reconciliation.Tolerance.compare", scenario="stock_reconciliation")
@pytest.mark.parametrize(
    ("warehouse", "erp", "in_flight", "finding", "difference"),
    [
        (0, 0, 0, Finding.MATCH, 0),
        (2, 0, 0, Finding.CORRECTED, 2),
        (3, 0, 0, Finding.EXCEPTION, 3),
        (0, 5, -5, Finding.MATCH, 0),
        (9_950, 10_000, 0, Finding.CORRECTED, -50),
        (9_949, 10_000, 0, Finding.EXCEPTION, -51),
        (-1_005, -1_000, 0, Finding.CORRECTED, -5),
        (-1_006, -1_000, 0, Finding.EXCEPTION, -6),
        (10**15, 10**15 + 5 * 10**12, 0, Finding.CORRECTED, -5 * 10**12),
    ],
)
def test_v70_further_differences(warehouse: int, erp: int, in_flight: int, finding: Finding, difference: int) -> None:
    """As V70: nothing; the limit and one more; all on its way; a book below 0; figures beyond a float's."""
    found = Tolerance(2, Fraction(5, 1000)).compare(warehouse, erp, in_flight)
    assert (found.finding, found.difference) == (finding, difference)


def test_serial_items_have_no_tolerance() -> None:
    assert Tolerance(0, Fraction(0)).compare(999, 1000).finding is Finding.EXCEPTION
