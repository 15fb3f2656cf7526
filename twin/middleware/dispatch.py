"""From a message to its procedure, with the inbox kept once around every one of them."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from policies.ruleset import RuleSet
from twin.middleware.delivery.exceptions import KEPT
from twin.middleware.unit import INBOX, Outcome, Unit
from twin.model.instant import Now
from twin.model.message import Message

M = TypeVar("M", bound=Message)
Procedure = Callable[[M, Now, RuleSet, Unit], Outcome]

WithTable = Callable[["Procedures", M, Now, RuleSet, Unit], Outcome]
_STILL_OPEN = frozenset((*KEPT, Outcome.WAITS, Outcome.IN_PROGRESS, Outcome.REFUSED))
_OUTCOMES = {int(outcome): outcome for outcome in Outcome}


class Procedures:
    """Which procedure handles which message; a design chooses one of these tables."""

    def __init__(self, base: "Procedures | None" = None) -> None:
        self.by_type: dict[type[Message], Procedure[Message]] = dict(base.by_type) if base else {}
        self.unremembered: frozenset[type[Message]] = base.unremembered if base else frozenset()
        """Types of messages whose transport identity is not asked for; none in a right table."""
        self._with_table: dict[type[Message], Callable[..., Outcome]] = {}
        for kind, procedure in base._with_table.items() if base else ():
            self.bind_with_table(kind, procedure)

    def bind(self, kind: type[M], procedure: Procedure[M]) -> None:
        """Let `procedure` handle messages of exactly the type `kind`."""
        self.by_type[kind] = procedure  # type: ignore[assignment]  # looked up by the very type it accepts

    def bind_with_table(self, kind: type[M], procedure: "WithTable[M]") -> None:
        """Let `procedure` handle `kind`; it is given this table too, for it handles another message in its own unit."""
        self._with_table[kind] = procedure
        self.by_type[kind] = partial(procedure, self)

    def kinds(self) -> Iterable[type[Message]]:
        """Return the message types that are handled."""
        return self.by_type.keys()


def dispatch(procedures: Procedures, message: Message, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Run the message's procedure, unless the inbox knows the message: then return its earlier outcome.

    A message that waits for something is not remembered: it comes back and is handled then. Nor is one that stays in an
    exception queue, for its redrive or the sender's own repeat is to execute, or one that was refused unread. Raises
    KeyError for a message that no procedure handles, which is a defect of the table.
    """
    kind = type(message)
    if kind in procedures.unremembered:
        return procedures.by_type[kind](message, now, rules, unit)
    earlier = unit.load(INBOX, message.id)
    if earlier is not None:
        return _OUTCOMES[earlier]
    outcome = procedures.by_type[kind](message, now, rules, unit)
    if outcome not in _STILL_OPEN:
        unit.save(INBOX, message.id, int(outcome))
    return outcome
