"""Whether a call may cost another attempt, or any at all: one budget a module, one step for all."""

from policies.budget.admission import AdmissionControl as AdmissionControl
from policies.budget.envoy import EnvoyBudget as EnvoyBudget
from policies.budget.failure_rate import FailureRate as FailureRate
from policies.budget.finagle import FinagleBudget as FinagleBudget
from policies.budget.google import AdaptiveThrottling as AdaptiveThrottling
from policies.budget.grant import Asked as Asked
from policies.budget.grant import Budget as Budget
from policies.budget.grant import Ended as Ended
from policies.budget.grant import Grant as Grant
from policies.budget.grant import Returned as Returned
from policies.budget.grpc import GrpcThrottle as GrpcThrottle
from policies.budget.microsoft import WindowBudget as WindowBudget
from policies.budget.quota import TokenQuota as TokenQuota
from policies.budget.ratio import RatioBudget as RatioBudget

__all__ = [
    "AdaptiveThrottling",
    "AdmissionControl",
    "Asked",
    "Budget",
    "Ended",
    "EnvoyBudget",
    "FailureRate",
    "FinagleBudget",
    "Grant",
    "GrpcThrottle",
    "RatioBudget",
    "Returned",
    "TokenQuota",
    "WindowBudget",
]
