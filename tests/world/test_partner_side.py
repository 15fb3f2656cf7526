"""What stands before a server's workers: limits, shedding, keys, and who is left out (POLICIES 1, 3 and 5)."""

from pathlib import Path

import pytest

import scenarios
from twin.errors import ScenarioError
from twin.world.result import RunResult
from twin.world.run import run_once

WORLD = """\
# yaml-language-server: $schema=x
schema_version: 1
question: What does a called side let in?
horizon: {horizon}
landscape:
  use: blank
  parties:
    users: {{kind: clients, {users}}}
    server: {{kind: server, {server}}}
{faults}
designs: {{only: {{{design}}}}}
"""


def world(
    folder: Path,
    server: str,
    *,
    users: str = "open: {law: even, rate: 10/s}, calls: [{to: server}]",
    design: str = "retry: {kind: none}, limiter: {kind: none}",
    horizon: str = "100s",
    faults: str = "",
    seed: int = 1,
) -> RunResult:
    path = folder / "partner.yaml"
    path.write_text(WORLD.format(horizon=horizon, users=users, server=server, design=design, faults=faults))
    return run_once(scenarios.load(path), "only", seed)


@pytest.mark.parametrize(
    ("limit", "admitted"),
    [
        ("{algorithm: token_bucket, rate: 2/s, burst: 20}", 20 + 2 * 100),
        ("{algorithm: leaky_bucket, rate: 2/s, burst: 20}", 20 + 2 * 100),
        ("{algorithm: cost_bucket, rate: 2/s, burst: 20}", 20 + 2 * 100),
        ("{algorithm: fixed_window, burst: 30, window: 10s}", 300),
        ("{algorithm: sliding_window, burst: 30, window: 10s}", 300),
        ("{algorithm: quota, burst: 60, window: 1h}", 60),
        ("{algorithm: interval, window: 1s}", 100),
        ("{algorithm: load_based, rate: 10/s, window: 10s, busy: 50%}", 50 + 10 * 100),
    ],
)
def test_a_limit_lets_in_what_its_algorithm_says(tmp_path: Path, limit: str, admitted: int):
    """Calls come evenly, 10 a second for 100 s, so what gets in is what the limit allows, up to one at each end."""
    found = world(tmp_path, f"workers: 100, service: 1ms, limit: {limit}")
    expected = min(1_000, admitted) / 1_000
    assert 1 - found.kpis["rejected_share{server=server}"] == pytest.approx(expected, abs=0.012)
    assert found.kpis["throttled_calls"] == pytest.approx(1_000 * (1 - expected), abs=12)


def test_calls_in_flight_are_limited_and_given_back(tmp_path: Path):
    """Two in flight of 1 s each are 2 a second, whatever comes: a throughput law, not a count."""
    found = world(tmp_path, "workers: 100, service: 1s, limit: {algorithm: concurrency, concurrency: 2}")
    assert found.kpis["throughput_per_s{server=server}"] == pytest.approx(2, abs=0.1)
    assert found.kpis["in_system{server=server}"] == pytest.approx(2, abs=0.1)


def test_a_limit_that_queues_delays_what_one_that_rejects_refuses(tmp_path: Path):
    users = "open: {law: even, rate: 10/s, shape: [{from: 10s, factor: 0}]}, calls: [{to: server}]"
    limit = "limit: {{algorithm: token_bucket, rate: 5/s, burst: 1, when_full: {what}}}"
    server = "workers: 100, service: 1ms, " + limit
    refuses = world(tmp_path, server.format(what="reject"), users=users)
    queues = world(tmp_path, server.format(what="queue"), users=users)
    assert refuses.kpis["success_share"] == pytest.approx(0.5, abs=0.02)
    assert queues.kpis["success_share"] == 1
    assert queues.kpis["latency_s.max"] == pytest.approx(10, abs=0.3)  # 100 calls at 5/s: the last is 10 s late


def test_servers_of_one_party_share_its_limit(tmp_path: Path):
    found = world(tmp_path, "servers: 4, workers: 9, service: 1ms, limit: {algorithm: interval, window: 1s}")
    assert found.kpis["success_share"] == pytest.approx(0.1, abs=0.012)


def test_a_caller_that_has_learned_the_limit_meets_no_refusal(tmp_path: Path):
    server = "workers: 9, service: 1ms, limit: {algorithm: token_bucket, rate: 5/s, burst: 3}"
    knows = world(tmp_path, server, design="retry: {kind: none}, limiter: {kind: learned}")
    ignores = world(tmp_path, server)
    assert ignores.kpis["throttled_calls"] > 450
    assert knows.kpis["throttled_calls"] == 0
    assert knows.kpis["throughput_per_s"] == pytest.approx(5, abs=0.1)


def test_a_limit_is_taken_from_a_profile(tmp_path: Path):
    """erp.yaml, Odoo Online: one call a second and one in flight."""
    entry = "profile: {file: erp, system: Odoo Online, operation: RPC call}"
    found = world(tmp_path, f"workers: 9, service: 1ms, limit: {{{entry}}}")
    assert found.kpis["success_share"] == pytest.approx(0.1, abs=0.012)


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("{algorithm: token_bucket}", "a limit of kind token_bucket needs its rate"),
        ("{algorithm: burst}", "'burst'"),
        ("{profile: {file: erp, system: Odoo Onlin, operation: RPC call}}", "did you mean 'Odoo Online'?"),
        ("{profile: {file: erpp, system: x, operation: y}}", "no such profile 'erpp'; did you mean 'erp'?"),
    ],
)
def test_a_limit_that_nobody_could_keep_is_refused_with_its_line(tmp_path: Path, limit: str, told: str):
    with pytest.raises(ScenarioError) as refused:
        world(tmp_path, f"service: 1ms, limit: {limit}")
    assert told in str(refused.value.problems[0])
    assert ":9:" in str(refused.value.problems[0])


MIXED = (
    "open: {rate: 30/s}, parallel: true, "
    "calls: [{to: server, priority: 0, timeout: 5s}, {to: server, priority: 2, timeout: 5s}]"
)


def test_what_matters_less_is_refused_so_that_what_matters_more_gets_through(tmp_path: Path):
    """60 calls a second at a server for 40: without shedding all wait until they are late; with it one kind is shed."""
    server = "workers: 1, queue: 100000, discipline: fifo, service: 25ms"
    plain = world(tmp_path, server, users=MIXED)
    sheds = world(tmp_path, server + ", sheds: [{from_priority: 1, waiting: 20}]", users=MIXED)
    # 10 of the 30 less critical calls a second have a place: a third is served, two thirds of half of all are shed
    assert sheds.kpis["shed_share{server=server}"] == pytest.approx(1 / 3, abs=0.03)
    assert sheds.kpis["stay_s.mean{server=server}"] < 1.2
    assert plain.kpis["stay_s.mean{server=server}"] > 10


SLOW = "calls: [{to: server, timeout: 1s}], open: {law: even, rate: 1/s}"
RETRIES = "retry: {kind: fixed, attempts: 4, base: 500ms}, limiter: {kind: none}"


@pytest.mark.parametrize(
    ("keys", "repeated", "success"),
    [
        ("{kind: none}", 3, 0),  # all four attempts are served, and every answer is late
        ("{preset: stripe-v1}", 0, 1),  # the second attempt meets a conflict, the third the stored answer
        ("{kind: keys, in_flight: process}", 1, 1),  # the second is served too, the third meets the stored answer
        ("{kind: keys, retention: 100ms}", 1, 0),  # forgotten before the third comes, which is served and late
    ],
)
def test_keys_decide_how_often_late_calls_are_worked_on(tmp_path: Path, keys: str, repeated: int, success: int):
    """Service takes 1.7 s, an attempt is waited for 1 s, and repeated half a second later."""
    server = f"workers: 50, service: 1700ms, idempotency: {keys}"
    found = world(tmp_path, server, users=SLOW, design=RETRIES)
    effects = found.kpis["worked_calls{party=server}"] - found.kpis["repeated_work{party=server}"]
    assert effects == pytest.approx(99, abs=1)
    assert found.kpis["repeated_work{party=server}"] / effects == pytest.approx(repeated, rel=0.06)
    assert found.kpis["success_share"] == pytest.approx(success, abs=0.05)


def test_a_side_that_asks_for_keys_refuses_calls_without_one_for_good(tmp_path: Path):
    server = "workers: 50, service: 1ms, idempotency: {preset: ietf-draft-07}"
    keyed = world(tmp_path, server, design=RETRIES)
    without = "open: {law: even, rate: 10/s}, calls: [{to: server, idempotency_key: none}]"
    bare = world(tmp_path, server, users=without, design=RETRIES)
    assert (keyed.kpis["success_share"], bare.kpis["success_share"]) == (pytest.approx(1, abs=0.002), 0)
    assert bare.kpis["attempts_per_call"] == pytest.approx(1, abs=0.002)  # 400 is not retried


BAD = "faults: [{name: bad, kind: E1, target: server/2, trigger: {at: 0s}, duration: 300s, probability: 100%}]"


def test_a_server_that_fails_is_left_out_and_tried_again(tmp_path: Path):
    """One of ten fails: a tenth of the calls, but for the few that find it out at each of its returns."""
    server = "servers: 10, workers: 5, service: 5ms"
    users = "open: {rate: 50/s}, calls: [{to: server}]"
    plain = world(tmp_path, server, users=users, faults=BAD, horizon="300s")
    ejects = world(tmp_path, server + ", ejects: {preset: envoy-1}", users=users, faults=BAD, horizon="300s")
    assert plain.kpis["success_share"] == pytest.approx(0.9, abs=0.01)
    assert ejects.kpis["success_share"] > 0.99
    # out for 30, 60, 90, 120 s, each to the next sweep: back four times at most in 300 s
    assert 3 <= ejects.kpis["ejections{party=server}"] <= 4


def test_layers_that_retry_are_reported_as_their_product_by_the_run():
    """C2: k layers of n attempts send n^k; measured and bound agree against a dead endpoint."""
    found = run_once(scenarios.load("nested_retries"), "layered", 1)
    links = ("users/front", "front/middle", "middle/database")
    assert [found.kpis[f"attempts_bound{{link={link}}}"] for link in links] == [3, 9, 27]
    assert found.kpis["attempts_per_request{link=middle/database}"] == pytest.approx(27, rel=0.02)
