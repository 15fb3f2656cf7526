"""A tenacity `Retrying` as a retry rule: its own wait, stop and retry conditions decide (`TenacityRetry`).

An attempt that failed is shown to it as an exception: `TimeoutError` where no answer came, `ConnectionRefusedError`
where a limit or a breaker refused, `ConnectionError` else. Its waits draw from the interpreter's global generator; that
is seeded by the call's own draw for the moment and put back, so that a run stays a function of its seed.
"""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policies.retry import Cause, Failed
from twin.errors import MissingExtra
from twin.model.instant import SECOND, seconds

if TYPE_CHECKING:
    from tenacity import BaseRetrying

_SHOWN: Final[dict[Cause, type[Exception]]] = {
    Cause.TRANSIENT: ConnectionError,
    Cause.TIMEOUT: TimeoutError,
    Cause.THROTTLED: ConnectionRefusedError,
    Cause.REJECTED: ValueError,
    Cause.LOCAL: ConnectionRefusedError,
}


@dataclass(frozen=True, slots=True)
class TenacityRetry:
    """Asks `retrying` after every failure; `attempts` is only the bound that every loop has."""

    retrying: "BaseRetrying"
    attempts: int = 1_000

    def delay(self, failed: Failed) -> int | None:
        """Return the wait in microseconds, None where the object would stop; a wait that was asked for is the least.

        Raises:
            MissingExtra: tenacity is not installed.
        """
        try:
            from tenacity import Future, RetryCallState
        except ImportError as error:
            raise MissingExtra("a retry rule of tenacity", "policies") from error
        call = RetryCallState(self.retrying, None, (), {})
        call.attempt_number = failed.attempt
        call.start_time = 0.0
        call.outcome = Future(failed.attempt)
        call.outcome.set_exception(_SHOWN[failed.cause]())
        call.outcome_timestamp = failed.elapsed_us / SECOND
        if failed.attempt >= self.attempts or not self.retrying.retry(call):
            return None
        call.upcoming_sleep = self._wait(failed, call)
        if self.retrying.stop(call):
            return None
        return max(seconds(call.upcoming_sleep), failed.asked_us or 0)

    def _wait(self, failed: Failed, call: object) -> float:
        before = random.getstate()
        random.seed(failed.draw)  # noqa: TID251  # the library draws there: it is given the keyed draw of this call
        try:
            return float(self.retrying.wait(call))  # type: ignore[arg-type]  # the call state that delay has made
        finally:
            random.setstate(before)
