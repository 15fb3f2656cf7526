"""The catalogue of faults: every kind of RELIABILITY 1 by its identifier, in the order of the families."""

from typing import Final

from twin.world.fault_kind import LINK, FaultKind
from twin.world.fault_kinds_calls import CALLS
from twin.world.fault_kinds_process import PROCESS
from twin.world.fault_kinds_trade import TRADE

__all__ = ["KINDS", "LINK", "FaultKind"]

KINDS: Final[dict[str, FaultKind]] = CALLS | PROCESS | TRADE
