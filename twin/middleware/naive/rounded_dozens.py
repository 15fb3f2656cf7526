"""Quantities kept in dozens with two decimals, and read back in whole pieces.

The defect that this repeats is that of unit conversions which round at every step (odoo#83876: one piece is kept as
0.08 dozen and comes back as 0.96 piece; odoo#5667: sixty pieces come back as sixty-one). An order of seven becomes six:
a piece is lost between the channel and the warehouse, and nobody is told. Right is an exact ratio and one rounding at
the end of the chain, where it must come out whole or is refused (DOMAIN 1 and 7, V39 and V40).
"""

from typing import Final

from policies.ruleset import RuleSet
from twin.middleware.dispatch import Procedures
from twin.middleware.intake.identity import take_in_order
from twin.middleware.procedures import standard
from twin.middleware.unit import Outcome, Unit
from twin.model.commands import OrderedLine, SubmitOrder
from twin.model.instant import Now

_DOZEN: Final = 12


def there_and_back(pieces: int) -> int:
    """Return what two decimals of a dozen leave of a number of pieces, at least one.

    >>> [there_and_back(pieces) for pieces in (1, 5, 6, 7, 12, 60)]
    [1, 5, 6, 6, 12, 60]
    """
    hundredths = (100 * pieces + _DOZEN // 2) // _DOZEN
    return max(1, hundredths * _DOZEN // 100)


def take_in_rounded(command: SubmitOrder, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Take an order in as the database keeps its quantities."""
    lines = tuple([OrderedLine(line.item, there_and_back(line.quantity), line.price) for line in command.lines])
    rounded = SubmitOrder(
        id=command.id,
        cause=command.cause,
        case=command.case,
        channel=command.channel,
        number=command.number,
        revision=command.revision,
        fingerprint=command.fingerprint,
        lines=lines,
        placed_at=command.placed_at,
        request_key=command.request_key,
        document=command.document,
        particulars=command.particulars,
    )
    return take_in_order(rounded, now, rules, unit)


def rounded_dozens() -> Procedures:
    """Return the table in which quantities pass through dozens."""
    table = Procedures(standard())
    table.bind(SubmitOrder, take_in_rounded)
    return table
