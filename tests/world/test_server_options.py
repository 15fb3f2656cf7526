"""What each option of clients and servers does, against a closed form where there is one.

Seeds are fixed. Over twenty other seeds every result kept at least four standard deviations of itself away from the end
of its tolerance, and every bound held; what an option that does nothing would show lies far outside.
"""

from math import exp, factorial
from pathlib import Path

import pytest

import scenarios
from twin.world.result import RunResult
from twin.world.run import run_once

WORLD = """\
# yaml-language-server: $schema=x
schema_version: 1
question: What does an option do?
horizon: {horizon}
warm_up: {warm_up}
landscape: {{use: blank, parties: {{{parties}}}}}
designs: {{only: {{{design}}}}}
"""
ONCE = "retry: {kind: none}"
SERVER = "server: {{kind: server, {options}}}"
STAY = "stay_s.mean{server=server}"


def world(
    folder: Path, *parties: str, design: str = ONCE, horizon: str = "2000s", warm_up: str = "0s", seed: int = 1
) -> RunResult:
    text = WORLD.format(horizon=horizon, warm_up=warm_up, parties=", ".join(parties), design=design)
    path = folder / "options.yaml"
    path.write_text(text)
    return run_once(scenarios.load(path), "only", seed)


def users(rate: str, more: str = "", *, name: str = "users", timeout: str = "1000s") -> str:
    return f"{name}: {{kind: clients, open: {{rate: {rate}}}, calls: [{{to: server, timeout: {timeout}{more}}}]}}"


def server(options: str) -> str:
    return SERVER.format(options=options)


def test_a_refusal_that_costs_takes_time_from_the_work(tmp_path: Path):
    """Goodput is 1 / (S / (1 - lambda c) + 1 / lambda): whoever comes while it is busy makes it busy for c longer."""
    rate, service, cost = 5, 0.2, 0.05
    found = world(tmp_path, users("5/s"), server("queue: 0, service: 200ms, reject_cost: 50ms"))
    free = world(tmp_path, users("5/s"), server("queue: 0, service: 200ms"))
    assert found.kpis["goodput_per_s"] == pytest.approx(1 / (service / (1 - rate * cost) + 1 / rate), rel=0.04)
    assert free.kpis["goodput_per_s"] == pytest.approx(1 / (service + 1 / rate), rel=0.04)


@pytest.mark.parametrize(
    ("workers", "slows", "per_s"),
    [
        (100, "", 30 / 0.1),
        (100, "slows: {with: in_service, from: 10, factor: 0.1, at_most: 20}", 30 / 0.3),  # 1 + 0.1 x 20
        (100, "slows: {with: in_service, from: 10, factor: 0.1, at_most: 1.5}", 30 / 0.15),
        (100, "slows: {with: in_service, from: 10, factor: 0.01, power: 2, at_most: 20}", 30 / 0.5),  # 1 + 0.01 x 400
        (10, "slows: {with: in_service, from: 10, factor: 0.1, at_most: 20}", 10 / 0.1),  # never more than ten
        (10, "slows: {with: in_system, from: 10, factor: 0.1, at_most: 20}", 10 / 0.29),  # who left is not back
    ],
)
def test_a_server_slows_with_the_number_it_has(tmp_path: Path, workers: int, slows: str, per_s: float):
    """Thirty sessions that never think keep thirty calls there, so every service begins at the same number."""
    sessions = "users: {kind: clients, closed: {think: 0s, sessions: 30}, calls: [{to: server}]}"
    options = f"workers: {workers}, service: 100ms" + (f", {slows}" if slows else "")
    found = world(tmp_path, sessions, server(options), horizon="60s", warm_up="10s")
    assert found.kpis["throughput_per_s{server=server}"] == pytest.approx(per_s, rel=0.01)


def erlang_wait(k: int, rate: float, mu: float) -> float:
    """Return Wq of E_k/M/1 with stages of `rate`: sigma / (mu (1 - sigma)), by fixed point."""
    sigma = 0.5
    for _ in range(200):
        sigma = (rate / (rate + mu * (1 - sigma))) ** k
    return sigma / (mu * (1 - sigma))


def waits(found: RunResult, servers: int) -> float:
    keys = [f"wait_s.mean{{server=server/{number}}}" for number in range(1, servers + 1)]
    return sum(found.kpis[key] for key in keys) / servers


def test_balance_decides_how_long_calls_wait(tmp_path: Path):
    """At random two servers are two M/M/1; in turn each is E2/M/1; the least busy lies between that and M/M/2."""
    found = {
        rule: world(
            tmp_path,
            users("14/s"),
            server(f"servers: 2, balance: {rule}, service: {{law: exponential, mean: 100ms}}"),
            horizon="4000s",
        )
        for rule in ("random", "round_robin", "least")
    }
    together = 0.7**2 / (1 - 0.7**2) / 10  # M/M/2: Wq = rho^2 / (mu (1 - rho^2))
    assert waits(found["random"], 2) == pytest.approx(0.7 / 3, rel=0.12)  # rho / (mu - lambda)
    assert waits(found["round_robin"], 2) == pytest.approx(erlang_wait(2, 14, 10), rel=0.13)
    assert together < waits(found["least"], 2) < waits(found["round_robin"], 2)


def test_by_key_sends_a_key_always_to_the_same_server(tmp_path: Path):
    """One key has one server; keys that are drawn alike spread over all of them."""
    options = server("servers: 4, balance: by_key, service: 1ms")
    one = world(tmp_path, users("20/s"), options, horizon="200s")
    many = world(tmp_path, users("20/s", ", key: {law: zipf, exponent: 0, count: 10000}"), options, horizon="200s")
    per_server = [
        [found.kpis[f"throughput_per_s{{server=server/{number}}}"] for number in range(1, 5)] for found in (one, many)
    ]
    assert sorted(per_server[0])[:3] == [0, 0, 0]
    assert min(per_server[1]) > 4


MM1 = "workers: 1, service: {law: exponential, mean: 100ms}"


def test_newest_first_waits_as_long_on_average_and_far_longer_at_worst(tmp_path: Path):
    """M/M/1 at 0.7: W is 1/3 s in any order that does not look at the work; its spread is not."""
    fifo, lifo = (
        world(tmp_path, users("7/s"), server(f"{MM1}, discipline: {rule}"), horizon="8000s")
        for rule in ("fifo", "lifo")
    )
    for found in (fifo, lifo):
        assert found.kpis[STAY] == pytest.approx(1 / 3, rel=0.1)
    assert lifo.kpis["latency_s.p50"] < 0.8 * fifo.kpis["latency_s.p50"]
    assert lifo.kpis["latency_s.p99"] > 1.5 * fifo.kpis["latency_s.p99"]


def test_priority_makes_others_wait_as_cobham_says(tmp_path: Path):
    """Without interruption: W1 = W0 / (1 - rho1), W2 = W1 / (1 - rho), W0 = rho / mu (Cobham 1954)."""
    found = world(
        tmp_path,
        users("3/s", ", priority: 0", name="first"),
        users("4/s", ", priority: 1", name="second"),
        server(f"{MM1}, discipline: priority"),
        horizon="8000s",
    )
    first = 0.07 / (1 - 0.3)
    assert found.kpis["latency_s.mean{clients=first}"] == pytest.approx(first + 0.1, rel=0.08)
    assert found.kpis["latency_s.mean{clients=second}"] == pytest.approx(first / (1 - 0.7) + 0.1, rel=0.12)


def test_work_that_nobody_waits_for_is_dropped_from_the_line_and_not_in_hand(tmp_path: Path):
    """M/M/1 + D: who waits longer than tau leaves (Barrer 1957); P(leaves) at lambda 12, mu 10, tau 0.5 is 0.224."""
    rate, mu, tau = 12.0, 10.0, 0.5
    beyond = exp(-(mu - rate) * tau)
    idle = 1 / (1 + rate / (mu - rate) * (1 - beyond) + rate / mu * beyond)
    served = rate * (1 - idle * rate / mu * beyond)
    some = users("12/s", timeout="500ms")
    drops = world(tmp_path, some, server(f"{MM1}, cancel_abandoned: true"), horizon="3000s")
    keeps = world(tmp_path, some, server(MM1), horizon="3000s")
    assert drops.kpis["throughput_per_s{server=server}"] == pytest.approx(served, rel=0.03)
    assert drops.kpis["success_share"] > 0.4
    assert keeps.kpis["success_share"] < 0.05  # everybody waits for those who have gone


def test_a_closed_loop_is_the_machine_repair_model(tmp_path: Path):
    """N sessions think for 1/lambda: throughput mu (1 - P0), P0 = 1 / sum over k of N!/(N-k)! (lambda/mu)^k."""
    sessions, rho, mu = 10, 0.2, 5.0
    idle = 1 / sum(factorial(sessions) / factorial(sessions - k) * rho**k for k in range(sessions + 1))
    thinking = "closed: {think: {law: exponential, mean: 1s}, sessions: 10}, calls: [{to: server, timeout: 1000s}]"
    found = world(
        tmp_path,
        f"users: {{kind: clients, {thinking}}}",
        server("service: {law: exponential, mean: 200ms}"),
        horizon="5000s",
        warm_up="20s",
    )
    assert found.kpis["throughput_per_s"] == pytest.approx(mu * (1 - idle), rel=0.025)
    # the response time law: R = N / X - Z
    assert found.kpis["latency_s.mean"] == pytest.approx(sessions / (mu * (1 - idle)) - 1, rel=0.05)


@pytest.mark.parametrize(
    ("kind", "expected", "off"),
    [
        ("open: {law: even, rate: 10/s}", 500, 2),
        ("open: {rate: 10/s}", 500, 100),  # 4.4 times the root of 500
        ("closed: {think: 1s, sessions: 10}", 490, 6),  # each of ten sessions thinks first
    ],
)
def test_a_ramp_makes_half_of_the_whole_load(tmp_path: Path, kind: str, expected: int, off: int):
    ramped = f"users: {{kind: clients, {kind}, ramp: {{from: 0%, to: 100%, over: 100s}}, calls: [{{to: server}}]}}"
    found = world(tmp_path, ramped, server("workers: 100, service: 0s"), horizon="100s")
    assert found.kpis["requests"] == pytest.approx(expected, abs=off)


def test_who_is_blocked_waits_outside_and_is_served_in_turn(tmp_path: Path):
    """A line of 2 with blocking is M/M/1 all the same; one that rejects, M/M/1/3, refuses rho^3 (1-rho)/(1-rho^4)."""
    blocks = world(tmp_path, users("7/s"), server(f"{MM1}, queue: 2, when_full: block"), horizon="8000s")
    rejects = world(tmp_path, users("7/s"), server(f"{MM1}, queue: 2"), horizon="4000s")
    assert blocks.kpis["queue_length.max{queue=server}"] == 2
    assert blocks.kpis[STAY] == pytest.approx(1 / 3, rel=0.1)
    assert blocks.kpis["success_share"] > 0.999
    assert rejects.kpis["rejected_share{server=server}"] == pytest.approx(0.7**3 * 0.3 / (1 - 0.7**4), rel=0.11)


def test_a_call_onward_holds_the_worker_unless_it_does_not(tmp_path: Path):
    """One worker, 10 ms of its own and 90 ms elsewhere: ten a second when it is held, a hundred when it is not."""
    backend = "backend: {kind: server, workers: 1000, service: 90ms}"
    for holds, per_s in (("true", 10), ("false", 100)):
        front = f"service: 10ms, calls: [{{to: backend, holds: {holds}}}]"
        found = world(tmp_path, users("150/s"), server(front), backend, horizon="60s", warm_up="10s")
        assert found.kpis["throughput_per_s{server=server}"] == pytest.approx(per_s, rel=0.02)


def test_a_copy_after_the_usual_time_cuts_the_tail_and_costs_few_calls(tmp_path: Path):
    """One call in ten takes 1 s, others 10 ms: with a copy after 50 ms both must be slow, which is one in a hundred.

    A tenth of the calls has a copy, so attempts are 1.1 a call; P(both slow) is 0.01 (The Tail at Scale, 2013).
    """
    slow = server("workers: 1000, service: {law: choice, values: {10ms: 9, 1s: 1}}")
    plain = world(tmp_path, users("50/s"), slow, horizon="400s")
    hedged = world(tmp_path, users("50/s"), slow, design=f"{ONCE}, hedge: {{kind: after, after: 50ms}}", horizon="400s")
    assert plain.kpis["latency_s.p95"] == 1
    assert hedged.kpis["latency_s.p95"] == pytest.approx(0.06)
    assert hedged.kpis["attempts_per_call"] == pytest.approx(1.1, abs=0.01)
    # the mean of 0.9 x 10 ms + 0.09 x 60 ms + 0.01 x 1 s
    assert hedged.kpis["latency_s.mean"] == pytest.approx(0.0244, abs=0.003)


def test_a_bulkhead_of_a_caller_counts_all_of_its_calls_to_one_side(tmp_path: Path):
    """Two calls of each request go to one server: one bulkhead of four holds both kinds together, so four are there."""
    both = "calls: [{to: server, operation: read, timeout: 100s}, {to: server, operation: write, timeout: 100s}]"
    group = f"users: {{kind: clients, open: {{rate: 8/s}}, parallel: true, {both}}}"
    design = "retry: {kind: fixed, attempts: 1000, base: 50ms}, concurrency: {kind: fixed, limit: 4}"
    found = world(tmp_path, group, server("workers: 100, service: 400ms"), design=design, horizon="25s", warm_up="5s")
    assert found.kpis["in_system{server=server}"] == pytest.approx(4, abs=0.1)


def test_clients_that_share_their_state_have_one_of_it(tmp_path: Path):
    """A bulkhead of one for each of three clients is three under way; shared, it is one."""
    design = "retry: {kind: fixed, attempts: 1000, base: 50ms}, concurrency: {kind: fixed, limit: 1}"
    for share, there in (("false", 3), ("true", 1)):
        group = (
            f"users: {{kind: clients, count: 3, share_state: {share}, open: {{rate: 4/s}}, "
            "calls: [{to: server, timeout: 100s}]}"
        )
        found = world(
            tmp_path, group, server("workers: 100, service: 500ms"), design=design, horizon="25s", warm_up="5s"
        )
        assert found.kpis["in_system{server=server}"] == pytest.approx(there, abs=0.1)


def test_the_deadline_ends_a_call_between_its_attempts(tmp_path: Path):
    """Every attempt fails; one a second from 0 on, the deadline at 2.5 s: three are made, and none is cut."""
    called = "users: {kind: clients, open: {rate: 5/s}, calls: [{to: server, deadline: 2500ms}]}"
    design = "retry: {kind: fixed, attempts: 9, base: 1s}"
    found = world(tmp_path, called, server("workers: 9, service: 0s, errors: 100%"), design=design, horizon="200s")
    assert found.kpis["attempts_per_call"] == pytest.approx(3, abs=0.05)
    assert found.kpis["success_share"] == 0
