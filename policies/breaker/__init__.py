"""Whether a called side is left alone for a while: one breaker a module, one step for all."""

from policies.breaker.polly import PollyBreaker as PollyBreaker
from policies.breaker.ruling import Ask as Ask
from policies.breaker.ruling import Breaker as Breaker
from policies.breaker.ruling import BreakerState as BreakerState
from policies.breaker.ruling import Force as Force
from policies.breaker.ruling import Over as Over
from policies.breaker.ruling import Phase as Phase
from policies.breaker.ruling import Result as Result
from policies.breaker.ruling import Ruling as Ruling
from policies.breaker.windowed import WindowBreaker as WindowBreaker

__all__ = [
    "Ask",
    "Breaker",
    "BreakerState",
    "Force",
    "Over",
    "Phase",
    "PollyBreaker",
    "Result",
    "Ruling",
    "WindowBreaker",
]
