"""Rate limits, as a caller keeps them and as the other side does: one limit a module, one question for all."""

from policies.throttle.admission import NEVER as NEVER
from policies.throttle.admission import Admission as Admission
from policies.throttle.admission import Held as Held
from policies.throttle.admission import Learner as Learner
from policies.throttle.admission import State as State
from policies.throttle.admission import Throttle as Throttle
from policies.throttle.all_of import AllOf as AllOf
from policies.throttle.bucket import TokenBucket as TokenBucket
from policies.throttle.bucket import token_bucket as token_bucket
from policies.throttle.concurrency import Concurrency as Concurrency
from policies.throttle.cycles import Cycles as Cycles
from policies.throttle.gcra import Gcra as Gcra
from policies.throttle.interval import Interval as Interval
from policies.throttle.load import LoadBased as LoadBased
from policies.throttle.published import Algorithm as Algorithm
from policies.throttle.published import PublishedLimit as PublishedLimit
from policies.throttle.queue import LeakyQueue as LeakyQueue
from policies.throttle.sliding_counter import SlidingCounter as SlidingCounter
from policies.throttle.windows import FixedWindow as FixedWindow
from policies.throttle.windows import SlidingWindow as SlidingWindow

__all__ = [
    "NEVER",
    "Admission",
    "Algorithm",
    "AllOf",
    "Concurrency",
    "Cycles",
    "FixedWindow",
    "Gcra",
    "Held",
    "Interval",
    "LeakyQueue",
    "Learner",
    "LoadBased",
    "PublishedLimit",
    "SlidingCounter",
    "SlidingWindow",
    "State",
    "Throttle",
    "TokenBucket",
    "token_bucket",
]
