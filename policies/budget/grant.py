"""What every budget is asked and told, and what it answers.

Theory of operation. A budget belongs to a process and one called side, and is lost with the process. It hears of every
attempt twice: before it (`Asked`), when it may refuse, and when it has ended (`Ended`). An attempt that was granted and
then not sent, because a breaker or a limiter of the caller stood in its way, comes back as `Returned`: a local refusal
costs no budget (POLICIES 4). What a grant cost is kept by the call and handed back with what follows. State is a tuple
of whole numbers that only the budget reads.
"""

from typing import NamedTuple, Protocol, runtime_checkable

from policies.retry.failed import Cause

State = tuple[int, ...]


class Asked(NamedTuple):
    """An attempt wants to be made at `now` (ticks): the first of its call, or a retry after `cause`."""

    now: int
    retry: bool
    cause: Cause = Cause.TRANSIENT
    draw: float = 0.0
    """Uniform in [0, 1), for budgets that refuse with a probability."""


class Returned(NamedTuple):
    """A granted attempt was not sent; `cost` is what its grant said."""

    now: int
    retry: bool
    cost: int


class Ended(NamedTuple):
    """An attempt ended: `cause` is None when it succeeded; `cost` is that of the call's last grant, 0 unretried."""

    now: int
    retry: bool
    cost: int
    cause: Cause | None = None


Event = Asked | Returned | Ended


class Grant(NamedTuple):
    """The answer to `Asked`, with what it costs; to the other events it is always a grant of nothing."""

    allowed: bool
    cost: int = 0
    reason: str = ""


NOTED = Grant(True)
"""The answer to what is only noted."""


@runtime_checkable
class Budget(Protocol):
    """What all budgets have in common."""

    def initial(self) -> State:
        """Return the state of a process that has just started."""

    def step(self, state: State, event: Event) -> tuple[State, Grant]:
        """Return the next state, and for `Asked` whether the attempt may be made."""
