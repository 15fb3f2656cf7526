"""Limits of a caller on attempts under way: shares of operations, limits that grow, requests repeated as a whole."""

from pathlib import Path

import pytest

import scenarios
from actors.calls import Call
from actors.careful import CarefulClient
from actors.ground import Ground
from actors.unwatched import Unwatched
from policies.calling import Calling
from policies.in_flight import Aimd
from policies.retry import Retry
from twin.kernel.laws import Constant
from twin.kernel.link import Link
from twin.kernel.recorder import Recorder
from twin.kernel.timeline import Timeline
from twin.model.events import CancelErpOrder
from twin.model.instant import SECOND
from twin.world.result import RunResult
from twin.world.run import run_once

WORLD = """\
# yaml-language-server: $schema=x
schema_version: 1
question: What does a caller let out?
horizon: 100s
landscape:
  use: blank
  parties:
    users: {{kind: clients, {users}}}
    server: {{kind: server, workers: 1000, {server}}}
designs: {{only: {{{design}}}}}
"""


def world(folder: Path, users: str, server: str, design: str) -> RunResult:
    path = folder / "limits.yaml"
    path.write_text(WORLD.format(users=users, server=server, design=design))
    return run_once(scenarios.load(path), "only", 1)


MIXED = (
    "open: {rate: 20/s}, parallel: true, calls: "
    "[{to: server, operation: orders, timeout: 9s}, {to: server, operation: stock, timeout: 9s}]"
)


def test_a_share_lets_orders_through_beside_a_flood_of_slow_calls(tmp_path: Path):
    """Ten places; stock would take 20 x 5 s = 100 of them, orders 20 x 50 ms = 1, for which five are plenty."""
    design = "retry: {kind: none}, concurrency: {kind: fixed, limit: 10"
    bare, shared = (
        world(tmp_path, MIXED, "service: {orders: 50ms, stock: 5s}", design + more)
        for more in ("}", ", partitions: {orders: 50%}}")
    )
    # all 20 orders and two of stock a second with the share, which is owed beyond the ten; half of the orders without
    assert shared.kpis["throughput_per_s{server=server}"] == pytest.approx(22, abs=1)
    assert bare.kpis["throughput_per_s{server=server}"] < 15


@pytest.mark.parametrize(
    ("partitions", "told"),
    [
        ("{orders: 60%, stock: 50%}", "must not exceed 100 % together"),
        ("{order: 60%}", "did you mean 'orders'?"),
    ],
)
def test_shares_that_do_not_fit_are_refused_with_their_line(tmp_path: Path, partitions: str, told: str):
    design = f"retry: {{kind: none}}, concurrency: {{kind: vegas, partitions: {partitions}}}"
    path = tmp_path / "limits.yaml"
    path.write_text(WORLD.format(users=MIXED, server="service: {orders: 50ms, stock: 5s}", design=design))
    (line,) = [str(problem) for problem in scenarios.check(path)]
    assert told in line
    assert ":10:" in line


def test_shares_of_operations_are_refused_where_calls_have_none():
    setting = "designs.standard.concurrency={kind: fixed, partitions: {orders: 50%}}"
    (problem,) = scenarios.check("first_day", [setting])
    assert "which only calls of a world without a distributor have" in str(problem)


class _Immediate:
    """A called side that answers every call a second later."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline

    def request(self, call: Call) -> None:
        self.timeline.call_in(SECOND, call.client.respond, call)


def test_a_limit_that_has_grown_lets_out_all_who_have_room():
    """A hundred calls at once at a limit of one that grows by one with each success: 1 + 2 + 4 + ... a second."""
    timeline = Timeline()
    ground = Ground(timeline, 1, 0, Recorder(), Unwatched())
    done = list[int]()
    client = CarefulClient(
        ground,
        "a/b",
        request=Link(timeline, 1, "a>b", latency=Constant(0)),
        response=Link(timeline, 1, "b>a", latency=Constant(0)),
        endpoint=_Immediate(timeline),
        timeout=60 * SECOND,
        retry=Retry(kind="none"),
        done=lambda event, _: done.append(event.id),
        parked=lambda _event, reason: pytest.fail(reason),
        concurrency=1000,
    )
    client.govern(Calling(retry=Retry(kind="none"), in_flight=Aimd(start=1)))
    for number in range(1, 101):
        client.submit(CancelErpOrder(id=number, cause=0, case=number, external=number))
    timeline.run(9 * SECOND)
    assert done == list(range(1, 101))  # in their order; 127 places by the end of the seventh second


def test_a_breaker_of_clients_that_repeat_the_whole_request_opens(tmp_path: Path):
    users = "open: {rate: 20/s}, whole: true, calls: [{to: server}, {to: server}]"
    design = "retry: {kind: fixed, attempts: 3, base: 100ms}"
    breaker = ", breaker: {kind: count, window: 10, minimum: 10, failures: 50%, open_for: 1m}"
    plain = world(tmp_path, users, "service: 1ms, errors: 90%", design)
    broken = world(tmp_path, users, "service: 1ms, errors: 90%", design + breaker)
    assert plain.kpis["throughput_per_s{server=server}"] > 50
    assert broken.kpis["throughput_per_s{server=server}"] < 1
    assert broken.kpis["breaker_open_s"] > 90


def test_a_call_that_is_made_once_shares_all_but_the_retry_with_its_neighbour(tmp_path: Path):
    """Every call fails: one kind is tried three times, the other once, and one breaker hears of both."""
    users = (
        "open: {rate: 10/s}, parallel: true, "
        "calls: [{to: server, operation: a}, {to: server, operation: b, retries: false}]"
    )
    design = "retry: {kind: fixed, attempts: 3, base: 10ms}"
    breaker = ", breaker: {kind: count, window: 40, minimum: 40, failures: 50%, open_for: 1h}"
    plain = world(tmp_path, users, "service: 0s, errors: 100%", design)
    broken = world(tmp_path, users, "service: 0s, errors: 100%", design + breaker)
    assert plain.kpis["attempts_per_call"] == pytest.approx(2, abs=0.01)
    assert broken.kpis["throughput_per_s{server=server}"] * 100 == pytest.approx(40, abs=2)  # those under way
