"""The same call on a dask cluster of real processes, one of which is killed on the way: no run is lost or repeated."""

import os
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import twin
from twin.errors import UsageError
from twin.experiment.sweep import TABLE, carry_out_sweep, plan_sweep
from twin.experiment.work import Workforce

distributed = pytest.importorskip("distributed", reason="the extra 'distributed' is not installed")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::UserWarning")


@pytest.fixture
def cluster() -> Iterator[object]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = distributed.LocalCluster(
            n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        )
        try:
            yield made
        finally:
            made.close()


def test_a_killed_worker_loses_and_repeats_no_run(cluster: object, tmp_path: Path) -> None:
    scenario = twin.load("first_day", ["horizon=3h"])
    plan = plan_sweep(scenario, ["designs.standard.publication.buffer=0..4"], reps=4, seed=3)
    carry_out_sweep(plan, target=tmp_path / "here")
    killed = []

    def kill_one(done: float, planned: int) -> None:
        if done >= 5 and not killed:
            worker = next(iter(cluster.workers.values()))  # type: ignore[attr-defined]
            killed.append(worker.process.pid)
            os.kill(worker.process.pid, signal.SIGKILL)

    force = Workforce.of(backend="dask", scheduler=cluster.scheduler_address)  # type: ignore[attr-defined]
    carry_out_sweep(plan, force, target=tmp_path / "there", progress=kill_one)
    assert killed
    assert (tmp_path / "there" / TABLE).read_bytes() == (tmp_path / "here" / TABLE).read_bytes()


@pytest.mark.parametrize(
    ("backend", "scheduler", "said"),
    [("dask", None, "go together"), ("local", "tcp://x:1", "go together"), ("spark", None, "expected local or dask")],
)
def test_a_backend_that_makes_no_sense_is_refused(backend: str, scheduler: str | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Workforce.of(backend=backend, scheduler=scheduler)


def test_an_address_where_nobody_answers_is_one_sentence() -> None:
    plan = plan_sweep(twin.load("first_day", ["horizon=20m"]), ["designs.standard.publication.buffer=0,1"], reps=1)
    force = Workforce.of(backend="dask", scheduler="tcp://127.0.0.1:1")
    with pytest.raises(UsageError, match=r"nobody answers at 'tcp://127\.0\.0\.1:1'"):
        carry_out_sweep(plan, force)
