"""Production objects of an imaginary house, as its services use them; the twin runs them under simulated time."""

from interlock import CircuitBreaker, Config
from pyrate_limiter import Duration, InMemoryBucket, Rate
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_random_exponential


def retry(attempts: int = 4) -> Retrying:
    """Our house rule: give up after so many attempts, or ten seconds."""
    return Retrying(
        wait=wait_random_exponential(multiplier=0.1, max=20),
        stop=stop_after_attempt(attempts) | stop_after_delay(10),
        retry=retry_if_exception_type((ConnectionError, TimeoutError)),
    )


def breaker(clock, name: str = "erp") -> CircuitBreaker:
    """Our breaker; its clock is handed in, so that it can be tested, and so that the twin can run it."""
    config = Config(minimum_number_of_calls=20, window_size=50, wait_duration_in_open=5, permitted_calls_in_half_open=3)
    return CircuitBreaker(name=name, config=config, clock=clock)


def limit(per_second: int) -> InMemoryBucket:
    """Our limiter."""
    return InMemoryBucket([Rate(per_second, Duration.SECOND)])


class Stubborn:
    """A rule of our own, without a library: three quick retries, whatever happens."""

    attempts = 4

    def delay(self, failed):
        """Return the wait in microseconds, or None."""
        return 50_000 if failed.attempt < self.attempts else None
