"""From a message to its procedure, with the inbox kept once around every one of them."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from policies.ruleset import RuleSet
from twin.middleware.unit import INBOX, Outcome, Unit
from twin.model.instant import Now
from twin.model.message import Message

M = TypeVar("M", bound=Message)
Procedure = Callable[[M, Now, RuleSet, Unit], Outcome]

_OUTCOMES = {int(outcome): outcome for outcome in Outcome}


class Procedures:
    """Which procedure handles which message; a design chooses one of these tables."""

    def __init__(self, base: "Procedures | None" = None) -> None:
        self.by_type: dict[type[Message], Procedure[Message]] = dict(base.by_type) if base else {}

    def bind(self, kind: type[M], procedure: Procedure[M]) -> None:
        """Let `procedure` handle messages of exactly the type `kind`."""
        self.by_type[kind] = procedure  # type: ignore[assignment]  # looked up by the very type it accepts

    def kinds(self) -> Iterable[type[Message]]:
        """Return the message types that are handled."""
        return self.by_type.keys()


def dispatch(procedures: Procedures, message: Message, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Run the message's procedure, unless the inbox knows the message: then return its earlier outcome.

    A message that waits for something is not remembered: it comes back and is handled then. Raises KeyError for a
    message that no procedure handles, which is a defect of the table.
    """
    earlier = unit.load(INBOX, message.id)
    if earlier is not None:
        return _OUTCOMES[earlier]
    outcome = procedures.by_type[type(message)](message, now, rules, unit)
    if outcome is not Outcome.WAITS:
        unit.save(INBOX, message.id, int(outcome))
    return outcome
