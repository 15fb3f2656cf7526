"""One run is a function of scenario, design and seed: the same bytes in any process, recorded or not."""

import json
import subprocess
import sys

import duckdb
import pytest

import scenarios
from reports.result import compare, run
from twin.errors import UsageError
from twin.world.run import run_once

SETTINGS = ("horizon=10h", "demand.window.length=10h")
PROGRAM = """
import json, scenarios
from twin.world.run import run_once
found = run_once(scenarios.load("oversell", {settings!r}), "governed", 11)
print(json.dumps([found.digest, dict(found.kpis)], sort_keys=True))
"""


@pytest.fixture(scope="module")
def day():
    return scenarios.load("oversell", SETTINGS)


def test_two_processes_with_other_hash_seeds_make_the_same_bytes():
    program = PROGRAM.format(settings=list(SETTINGS))
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=100,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(said) == 1
    assert json.loads(said.pop())[0].startswith("sha256:")


def test_serially_and_with_two_processes_the_digests_are_equal(day):
    serial, parallel = (compare(day, ["governed", "nightly_batch"], seed=3, reps=2, jobs=jobs) for jobs in (1, 2))
    assert [each.digest for each in serial.comparison.runs] == [each.digest for each in parallel.comparison.runs]
    assert [each.kpis for each in serial.comparison.runs] == [each.kpis for each in parallel.comparison.runs]


def test_recording_and_earlier_runs_change_nothing_and_another_seed_does(day, tmp_path):
    first = run_once(day, "governed", 5)
    recorded = run_once(day, "governed", 5, out=tmp_path, record=True)
    assert (first.digest, first.kpis, first.events) == (recorded.digest, recorded.kpis, recorded.events)
    assert run_once(day, "governed", 6).digest != first.digest
    (rows,) = duckdb.sql(f"select count(*) from '{tmp_path}/events.parquet'").fetchall()
    assert rows == (recorded.events,)


def test_every_design_meets_the_same_buyers_on_the_same_channels(day, tmp_path):
    asked = []
    always = day.with_("demand.buys", "always")
    for design in always.designs:
        (tmp_path / design).mkdir()
        run_once(always, design, 5, out=tmp_path / design)
        events = f"'{tmp_path}/{design}/events.parquet'"
        query = f"select at_us, source, case_id, quantity from {events} where kind = 'order.placed'"
        asked.append(duckdb.sql(query).fetchall())
    assert asked[0]
    assert asked[0] == asked[1] == asked[2]


def test_an_unknown_design_is_refused_with_the_names_there_are(day):
    with pytest.raises(UsageError, match="nightly_batch, every_event, governed"):
        run_once(day, "govern", 1)


def test_a_store_with_latency_ends_in_the_same_orders(day):
    quick, slow = (
        run(day.with_("landscape.parties.store.latency", latency), "governed", seed=4, reps=1).kpis
        for latency in ("0s", "5ms")
    )
    for name in ("orders_placed", "orders_accepted", "orders_shipped", "duplicate_erp_orders", "lost_orders"):
        assert quick[name].mean == slow[name].mean
