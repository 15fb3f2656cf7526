"""What each term of an idempotency contract does in a run, at a server and at the ERP (POLICIES 5)."""

from pathlib import Path

import pytest

import scenarios
from twin.world.result import RunResult
from twin.world.run import run_once

WORLD = """\
# yaml-language-server: $schema=x
schema_version: 1
question: What does a called side do with a key that it knows?
horizon: 60s
landscape:
  use: blank
  parties:
{parties}
designs: {{only: {{{design}}}}}
"""


def world(folder: Path, parties: str, design: str = "retry: {kind: none}", seed: int = 1) -> RunResult:
    path = folder / "keys.yaml"
    path.write_text(WORLD.format(parties=parties, design=design))
    return run_once(scenarios.load(path), "only", seed)


TWO_STEPS = """\
    users: {{kind: clients, open: {{rate: 10/s, shape: [{{from: 50s, factor: 0}}]}}, calls: [
      {{to: bank, operation: reserve, idempotency_key: {key}}},
      {{to: bank, operation: capture, idempotency_key: {key}}}]}}
    bank: {{kind: server, workers: 100, service: {{reserve: 1ms, capture: 1ms}}, idempotency: {contract}}}
"""


@pytest.mark.parametrize(
    ("key", "contract", "success", "worked"),
    [
        ("call", "{preset: zuora-2026}", 1, 2),
        ("request", "{preset: zuora-2026}", 0, 1),  # 422: the key belongs to another request
        ("request", "{preset: qonto-2026}", 1, 1),  # the first answer again: nothing was captured, and nobody knows
        ("request", "{kind: keys, scope: operation}", 1, 2),
        ("none", "{preset: zuora-2026}", 1, 2),
        ("none", "{preset: ietf-draft-07}", 0, 0),  # 400: a key is asked for
    ],
)
def test_one_key_for_two_different_calls(tmp_path: Path, key: str, contract: str, success: int, worked: int):
    """(K, A) then (K, B): refused without an effect, or answered as A was; apart where each operation has its keys."""
    found = world(tmp_path, TWO_STEPS.format(key=key, contract=contract)).kpis
    assert found["success_share"] == success
    assert found["worked_calls{party=bank}"] == pytest.approx(worked * 500, rel=0.12)  # 500 requests, a Poisson number
    assert found["repeated_work{party=bank}"] == 0


CONTENDED = """\
    writers: {{kind: clients, count: 10, closed: {{think: 0s}}, requests: 1, whole: true, calls: [
      {{to: row, operation: read, idempotency_key: none}}, {{to: row, operation: write, idempotency_key: request}}]}}
    row: {{kind: server, workers: 1, service: {{read: 1ms, write: 1ms}}, versioned: write, idempotency: {contract}}}
"""


@pytest.mark.parametrize(
    ("contract", "success"),
    [
        ("{preset: stripe-v1}", 1.0),  # the refusal of an outdated write is not stored: the next one is worked on
        ("{preset: checkout-com-2026}", 1.0),
        ("{preset: zuora-2026}", 0.1),  # it is stored, and the next one, with another version, is another request
    ],
)
def test_a_stored_refusal_bars_its_key_to_the_corrected_request(tmp_path: Path, contract: str, success: float):
    """Ten writers of one row: all but one are refused at first, read again and write under the same key."""
    found = world(tmp_path, CONTENDED.format(contract=contract), "retry: {kind: fixed, attempts: 20, base: 10ms}")
    assert found.kpis["success_share"] == success


LAYERS = """\
    users: {{kind: clients, calls: [{{to: shop, timeout: 100ms}}],
      open: {{law: even, rate: 10/s, shape: [{{from: 50s, factor: 0}}]}}}}
    shop: {{kind: server, workers: 100, service: 1ms, calls: [{{to: bank, timeout: 50ms, idempotency_key: {key}}}]}}
    bank: {{kind: server, workers: 100, service: 80ms, idempotency: {{preset: stripe-v1}}}}
"""


@pytest.mark.parametrize(("key", "repeated"), [("call", 1), ("request", 0)])
def test_a_key_made_inside_a_retry_does_not_protect_from_it(tmp_path: Path, key: str, repeated: int):
    """POLICIES 4: the bank's answers come too late for the shop, and the users ask the shop again."""
    found = world(tmp_path, LAYERS.format(key=key), "retry: {kind: fixed, attempts: 2, base: 100ms}").kpis
    worked = found["worked_calls{party=bank}"]
    assert worked == pytest.approx(500 * (1 + repeated), rel=0.02)
    assert found["repeated_work{party=bank}"] == 0  # the bank saw every key once


ERP = "landscape.parties.erp"


def day(contract: str, *settings: str) -> RunResult:
    set_ = ["horizon=4h", f"{ERP}.idempotency={contract}", *settings]
    return run_once(scenarios.load("first_day", set_), "standard", 5, on_violation="report")


LOST = (
    "faults=[{name: lies, kind: E4, target: erp, trigger: {at: 0s}, duration: 4h, probability: 30%}]",
    "designs.standard.retry.attempts=20",
)


def test_the_erp_stores_failures_or_makes_the_order_again():
    """E4: the order is there and its answer is a 500. Stored, it stays one; a free key makes a second order."""
    own = run_once(scenarios.load("first_day", ["horizon=4h", *LOST]), "standard", 5, on_violation="report")
    stored, free = day("{preset: stripe-v1}", *LOST), day("{preset: checkout-com-2026}", *LOST)
    assert (own.kpis["duplicate_erp_orders"], own.kpis["dlq_length.max"]) == (0, 0)
    assert (stored.kpis["duplicate_erp_orders"], free.kpis["dlq_length.max"]) == (0, 0)
    assert stored.kpis["dlq_length.max"] > 50
    assert free.kpis["duplicate_erp_orders"] > 50


SLOW = (f"{ERP}.timeout=1s", f"{ERP}.write_latency=1500ms", "designs.standard.retry.attempts=20")


def test_the_erp_says_conflict_while_it_works_or_works_twice():
    """Each call is given up after 1 s of 1.5 s: its repeat meets the first one under way."""
    conflict, twice = day("{kind: keys}", *SLOW), day("{kind: keys, in_flight: process}", *SLOW)
    assert (conflict.kpis["duplicate_erp_orders"], conflict.kpis["lost_orders"]) == (0, 0)
    assert twice.kpis["duplicate_erp_orders"] > 50
    assert conflict.kpis["throttled_calls"] > twice.kpis["throttled_calls"]


HANG = "faults=[{name: hangs, kind: E3, target: erp, trigger: {at: 1h}, duration: 10m}]"


def test_a_lock_that_ends_lets_an_order_through_whose_first_call_was_forgotten():
    """E3: calls hang and are forgotten. Without an end of the lock their keys stay in progress for good."""
    short = (HANG, f"{ERP}.timeout=30s", "designs.standard.retry.attempts=100")
    stuck, freed = day("{kind: keys}", *short), day("{kind: keys, lock: 1m}", *short)
    assert (freed.kpis["dlq_length.max"], freed.kpis["duplicate_erp_orders"]) == (0, 0)
    assert stuck.kpis["dlq_length.max"] > 10
