"""Orders that come unpaid while the payment provider is away: held or let go on, and authorised in order (DOMAIN 22).

What asks for the money is an event like any other: it stands in the outbox behind those of earlier orders, and goes out
when the provider is back. Its answer releases the hold (row 34).
"""

from policies.payment_fallback import SMALL, PaymentAway
from policies.ruleset import RuleSet
from policies.sources import Verdict
from twin.middleware.unit import ABSENCES, Unit
from twin.model.commands import SubmitOrder
from twin.model.events import AuthorisePayment, FallbackDecided
from twin.model.fallback import PAYMENTS
from twin.model.ids import derive
from twin.model.order import HoldKind

_ASKS = 8_000_009
"""Which of an order message's derived ids the question for its money has; what was decided follows."""


def without_the_provider(command: SubmitOrder, verdict: Verdict | None, rules: RuleSet, unit: Unit) -> Verdict | None:
    """Return the verdict on a new order, without the hold for its payment if it may go on; and ask for the money."""
    away = rules.fallbacks.payments if rules.fallbacks is not None else None
    if away is None or command.channel not in away.channels or verdict is None or verdict.errors:
        return verdict
    if all(held.kind is not HoldKind.PAYMENT for held in verdict.holds) or unit.load(ABSENCES, PAYMENTS) is None:
        return verdict
    return _ruled(command, verdict, away, unit)


def _ruled(command: SubmitOrder, verdict: Verdict, away: PaymentAway, unit: Unit) -> Verdict:
    value = sum(line.quantity * line.price for line in command.lines) + verdict.tax
    reason = away.decide(value)
    asks = derive(command.id, _ASKS)
    unit.emit(AuthorisePayment(id=asks, cause=command.id, case=command.case, channel=command.channel, amount=value))
    unit.emit(
        FallbackDecided(
            id=derive(asks, 1),
            cause=command.id,
            case=command.case,
            partner=PAYMENTS,
            held=reason != SMALL,
            reason=reason,
        )
    )
    if reason != SMALL:
        return verdict
    return verdict._replace(holds=tuple([held for held in verdict.holds if held.kind is not HoldKind.PAYMENT]))
