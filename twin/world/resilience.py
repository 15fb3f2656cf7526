"""From a design's slots to the policies of one caller towards one called side."""

from policies.calling import Calling
from policies.retry import Retry
from twin.model.instant import Elapsed
from twin.world.breaker_specs import NoBreaker
from twin.world.budget_specs import NoBudget
from twin.world.designs import Design


def calling_of(design: Design, *, user_waits: bool, deadline: Elapsed | None = None) -> Calling | None:
    """Return the policies of a caller, or None where a plain retry is all there is.

    `user_waits` says that a local refusal is an answer that somebody waits for; a queue lets the call wait instead.
    `deadline` is in microseconds from the begin of a call.
    """
    retry = design.retry.rule()
    budget = None if isinstance(design.budget, NoBudget) else design.budget.budget()
    breaker = None if isinstance(design.breaker, NoBreaker) else design.breaker.breaker()
    if isinstance(retry, Retry) and budget is None and breaker is None and deadline is None:
        return None
    return Calling(
        retry=retry,
        budget=budget,
        breaker=breaker,
        deadline=deadline,
        when_refused="fail" if user_waits else "wait",
    )
