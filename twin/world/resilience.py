"""From a design's slots to the policies of one caller towards one called side."""

from policies.calling import Calling
from policies.deadline import Deadline
from policies.retry import Retry
from twin.model.instant import Elapsed
from twin.world.breaker_specs import NoBreaker
from twin.world.budget_specs import NoBudget
from twin.world.concurrency_specs import NoConcurrency
from twin.world.designs import Design
from twin.world.hedge_specs import NoHedge
from twin.world.limiter_specs import LimiterBlock
from twin.world.own_code import OwnLimiter


def calling_of(
    design: Design, *, user_waits: bool, deadline: Elapsed | None = None, once: bool = False
) -> Calling | None:
    """Return the policies of a caller, or None where a plain retry is all there is.

    `user_waits` says that a local refusal is an answer that somebody waits for; a queue lets the call wait instead.
    `deadline` is in microseconds from the begin of a call; without one, that of the design holds. `once` leaves retry,
    budget and hedge out, of a call that is repeated as a part of something larger.
    """
    within = design.deadline if deadline is None else deadline
    calling = Calling(
        retry=Retry(kind="none") if once else design.retry.rule(),
        budget=None if once or isinstance(design.budget, NoBudget) else design.budget.budget(),
        breaker=None if isinstance(design.breaker, NoBreaker) else design.breaker.breaker(),
        limiter=design.limiter.limiter() if isinstance(design.limiter, LimiterBlock | OwnLimiter) else None,
        in_flight=None if isinstance(design.concurrency, NoConcurrency) else design.concurrency.in_flight(),
        deadline=None if within is None else Deadline(within),
        hedge=None if once or isinstance(design.hedge, NoHedge) else design.hedge.hedge(),
        when_refused="fail" if user_waits else "wait",
    )
    plain = Calling(retry=calling.retry, when_refused=calling.when_refused)
    return None if calling == plain and isinstance(calling.retry, Retry) else calling
