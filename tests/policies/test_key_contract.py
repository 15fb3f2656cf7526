"""What called sides do with idempotency keys, contract by contract (POLICIES 5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.key_contract import Answer, Arrived, Ending, Finished, KeyContract, KeyRecord
from policies.presets import IDEMPOTENCY
from twin.model.instant import HOUR, MINUTE, SECOND

A, B = 11, 22
"""Two contents."""


def contract(name: str) -> KeyContract:
    policy = IDEMPOTENCY[name].policy
    assert isinstance(policy, KeyContract)
    return policy


def after_first(rule: KeyContract, ending: Ending) -> KeyRecord | None:
    """Return what is known of a key whose first call, content A, came at 0 and ended at 1 s."""
    record, reply = rule.step(None, Arrived(0, A))
    assert reply.answer is Answer.PROCESS
    return rule.step(record, Finished(SECOND, A, ending, answer=7))[0]


ROWS = [
    # contract, same key done, in flight, other content, a server's error, a refusal, retention
    ("ietf-draft-07", "replay", "conflict", "mismatch", "replay", "replay", 24 * HOUR),
    ("stripe-v1", "replay", "conflict", "mismatch", "replay", "process", 24 * HOUR),
    ("stripe-v2", "replay", "conflict", "mismatch", "process", "process", 24 * HOUR),
    ("adyen-2026", "replay", "conflict", "mismatch", "replay", "replay", 24 * HOUR),
    ("square-2026", "replay", "conflict", "mismatch", "replay", "replay", 24 * HOUR),
    ("zuora-2026", "replay", "conflict", "mismatch", "replay", "replay", 24 * HOUR),
    ("checkout-com-2026", "replay", "conflict", "mismatch", "process", "process", 24 * HOUR),
    ("ppro-2026", "replay", "conflict", "mismatch", "replay", "process", 24 * HOUR),
    ("qonto-2026", "replay", "conflict", "replay", "process", "process", 30 * MINUTE),
    ("truelayer-2026", "replay", "conflict", "mismatch", "replay", "replay", 6 * HOUR),
    ("powertools-python-2024", "replay", "conflict", "mismatch", "process", "process", HOUR),
    ("nservicebus-outbox", "replay", "conflict", "mismatch", "process", "process", 7 * 24 * HOUR),
]


def test_every_contract_of_the_table_has_its_row():
    assert [row[0] for row in ROWS] == list(IDEMPOTENCY)


@pytest.mark.parametrize(("name", "done", "in_flight", "other", "failed", "refused", "kept"), ROWS)
def test_a_contract_answers_as_it_is_published(
    name: str, done: str, in_flight: str, other: str, failed: str, refused: str, kept: int
):
    rule = contract(name)
    good = after_first(rule, Ending.OK)
    again = rule.step(good, Arrived(2 * SECOND, A))[1]
    assert (again.answer.value, again.stored) == (done, 7)
    assert rule.step(rule.step(None, Arrived(0, A))[0], Arrived(1, A))[1].answer.value == in_flight
    assert rule.step(good, Arrived(2 * SECOND, B))[1].answer.value == other
    assert rule.step(after_first(rule, Ending.FAILED), Arrived(2 * SECOND, A))[1].answer.value == failed
    assert rule.step(after_first(rule, Ending.REFUSED), Arrived(2 * SECOND, A))[1].answer.value == refused
    at = SECOND + kept
    assert rule.step(good, Arrived(at - 1, A))[1].answer is Answer.REPLAY
    assert rule.step(good, Arrived(at, A))[1].answer is Answer.PROCESS  # a new effect: the declared risk


def test_the_draft_asks_for_a_key_and_others_do_not():
    assert contract("ietf-draft-07").step(None, Arrived(0, A, keyed=False))[1].answer is Answer.MISSING
    assert contract("stripe-v1").step(None, Arrived(0, A, keyed=False))[1].answer is Answer.PROCESS


def test_a_crash_after_the_effect_is_a_conflict_until_the_lock_ends_and_then_a_second_effect():
    """POLICIES 5, g3 and g4: the end was never written down; without a lock the key is blocked for good."""
    locks = KeyContract(lock_us=30 * SECOND)
    crashed, _ = locks.step(None, Arrived(0, A))
    assert locks.step(crashed, Arrived(30 * SECOND - 1, A))[1].answer is Answer.CONFLICT
    taken, reply = locks.step(crashed, Arrived(30 * SECOND, A))
    assert reply.answer is Answer.PROCESS
    assert locks.step(taken, Arrived(31 * SECOND, A))[1].answer is Answer.CONFLICT
    blocks = KeyContract()
    assert blocks.step(blocks.step(None, Arrived(0, A))[0], Arrived(10**12, A))[1].answer is Answer.CONFLICT


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from((A, B)), st.sampled_from([*Ending, None])), max_size=40
    ),
    stores=st.sampled_from(("everything", "no_refusals", "successes")),
    lock=st.one_of(st.none(), st.integers(1, 50)),
)
def test_a_contract_is_a_table_of_who_may_work(steps: list[tuple[int, int, Ending | None]], stores, lock):
    """A naive model: one call works at a time until its lock ends; its stored answer is told until retention ends."""
    rule = KeyContract(retention_us=60, stores=stores, lock_us=lock)
    record, now = None, 0
    working: tuple[int, int] | None = None  # content, since
    told: tuple[int, int, Ending] | None = None  # content, until, how
    keeps = {"everything": set(Ending), "no_refusals": {Ending.OK, Ending.FAILED}, "successes": {Ending.OK}}[stores]
    for gap, content, ending in steps:
        now += gap
        if working and lock is not None and now >= working[1] + lock:
            working = None
        if told and now >= told[1]:
            told = None
        if ending is None:
            record, reply = rule.step(record, Arrived(now, content))
            if told:
                expected = Answer.REPLAY if told[0] == content else Answer.MISMATCH
            elif working:
                expected = Answer.CONFLICT if working[0] == content else Answer.MISMATCH
            else:
                expected, working = Answer.PROCESS, (content, now)
            assert reply.answer is expected
            assert reply.ending is (told[2] if told and expected is Answer.REPLAY else None)
        elif working:
            record, _ = rule.step(record, Finished(now, working[0], ending))
            told = (working[0], now + 60, ending) if ending in keeps else None
            working = None
