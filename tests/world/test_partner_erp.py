"""The ERP of the distributor: its limit, its line, what it knows of keys; and what a crash takes from its caller."""

import scenarios
from twin.world.result import RunResult
from twin.world.run import run_once

ERP = "landscape.parties.erp"
LINK = "landscape.links.middleware/erp"
SHORT = ("horizon=4h",)


def day(*settings: str, seed: int = 5) -> RunResult:
    return run_once(scenarios.load("first_day", [*SHORT, *settings]), "standard", seed, on_violation="report")


LOST_ANSWERS = (f"{LINK}={{lost: 20%, direction: response}}", f"{ERP}.timeout=1m")


def test_an_erp_that_forgets_keys_books_orders_twice_when_answers_are_lost():
    """POLICIES 5, g3: the effect is there, its answer is not; only the key makes the repeat harmless."""
    kept = day(*LOST_ANSWERS)
    long = day(*LOST_ANSWERS, f"{ERP}.idempotency={{kind: keys, retention: 1d}}")
    none = day(*LOST_ANSWERS, f"{ERP}.idempotency={{kind: none}}")
    assert kept.kpis["attempts_per_call{link=middleware/erp}"] > 1.1
    assert (kept.kpis["duplicate_erp_orders"], long.kpis["duplicate_erp_orders"]) == (0, 0)
    assert none.kpis["duplicate_erp_orders"] > 10


def test_an_erp_that_queues_refuses_nobody():
    tight = (f"{ERP}.concurrency=1", "designs.standard.limiter={kind: none}")
    rejects = day(*tight)
    queues = day(*tight, f"{ERP}.when_full=queue")
    assert rejects.kpis["throttled_calls"] > queues.kpis["throttled_calls"] + 100  # channels refuse in both
    assert rejects.kpis["attempts_per_call{link=middleware/erp}"] > 1.2
    assert queues.kpis["attempts_per_call{link=middleware/erp}"] == 1
    assert (
        queues.kpis["api_latency_s.p95{link=middleware/erp}"] > rejects.kpis["api_latency_s.p95{link=middleware/erp}"]
    )


def test_a_caller_meets_the_limit_of_the_erp_unless_it_has_learned_it():
    """Nothing lies between them here: a link whose latency varies lets a compliant sender collect refusals (P-5)."""
    limit = (f"{ERP}.limit={{algorithm: token_bucket, rate: 20/min, burst: 1}}", f"{LINK}={{latency: 0s}}")
    learned, ignores = day(*limit), day(*limit, "designs.standard.limiter={kind: none}")
    assert learned.kpis["throttled_calls"] == 0
    assert ignores.kpis["throttled_calls"] > 100


FAILS = "faults=[{name: down, kind: E1, target: erp, trigger: {at: 1h}, duration: 10m, probability: 100%}"
CRASH = ", {name: crash, kind: P1, target: middleware, trigger: {at: 80m}, restart: 1m}"
BREAKER = "designs.standard.breaker={kind: count, window: 5, minimum: 5, failures: 50%, open_for: 1h}"


def test_a_crash_loses_the_breaker_and_not_the_calls():
    """POLICIES 0: what is known of a partner is the process's, attempts and keys are the store's."""
    plain = day(BREAKER, FAILS + "]")
    crashed = day(BREAKER, FAILS + CRASH + "]")
    assert plain.kpis["breaker_open_s"] > 3_500
    assert crashed.kpis["breaker_open_s"] < 1_500  # from about 60m to the crash at 80m
    assert (plain.kpis["lost_orders"], crashed.kpis["lost_orders"]) == (0, 0)
    assert crashed.kpis["duplicate_erp_orders"] == 0
    assert not crashed.violations


def test_a_bulkhead_counts_on_over_a_crash():
    """What was under way at the crash ends later, and must not be given back to a limit that never gave it out."""
    limit = "designs.standard.concurrency={kind: fixed, limit: 2}"
    found = day(limit, FAILS + CRASH + "]")
    assert found.kpis["lost_orders"] == 0
    assert found.kpis["orders_accepted"] > 100
