"""Runs as tasks, made one after the other or by several processes, on this machine or on a cluster.

A task is one run; it crosses process borders whole. Results come in the order of the tasks, and so do errors: whichever
comes first in that order is raised, whatever the clock says. How many processes worked, and where, changes nothing.

On a cluster (`Cluster`, dask's scheduler) the tasks of a call go out as they are, by joblib's own dask backend: a
worker that dies has its tasks made again by another one, and since a run is a pure function the result is the same.
Ray is another backend of joblib; it returns no results while others run, so progress would stand still, and it was left
out.
"""

import os
import signal
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from twin.errors import MissingExtra, UsageError
from twin.world.result import RunResult

if TYPE_CHECKING:
    from twin.world.scenario import Scenario

OnViolation = Literal["stop", "report"]
Progress = Callable[[float, int], None]
"""Called with the runs completed so far (a fraction for the one under way) and the runs planned by now."""
BACKENDS = ("local", "dask")
CONNECT_S = 5
"""How long a scheduler may take to answer."""


class RunOnce(Protocol):
    """One run of one design with one seed, as `twin.world.run.run_once` does it."""

    def __call__(
        self,
        scenario: "Scenario",
        design: str,
        seed: int,
        *,
        out: Path | None,
        record: bool,
        on_violation: OnViolation,
        progress: Callable[[float], None] | None,
    ) -> RunResult: ...


@dataclass(frozen=True, slots=True)
class Task:
    """One run to make, as it crosses a process border."""

    scenario: "Scenario"
    design: str
    seed: int
    run: RunOnce
    out: Path | None = None
    record: bool = False
    on_violation: OnViolation = "report"

    def __call__(self, progress: Callable[[float], None] | None = None) -> RunResult:
        try:
            return self.run(
                self.scenario,
                self.design,
                self.seed,
                out=self.out,
                record=self.record,
                on_violation=self.on_violation,
                progress=progress,
            )
        except Exception as error:
            error.add_note(f"in the replication with seed {self.seed} of design {self.design}")
            raise


@dataclass(frozen=True, slots=True)
class Workforce:
    """Who makes the runs: so many processes of this machine, or the workers of a dask cluster at an address."""

    processes: int = 1
    scheduler: str | None = None

    @classmethod
    def of(cls, jobs: int = 1, backend: str = "local", scheduler: str | None = None) -> "Workforce":
        """Return the workforce that a caller asks for; 0 jobs are one for each core.

        Raises:
            UsageError: a scheduler without `dask`, `dask` without a scheduler, another backend, or negative jobs.
        """
        if backend not in BACKENDS:
            raise UsageError(f"backend: expected {' or '.join(BACKENDS)} (got '{backend}')")
        if (backend == "dask") != (scheduler is not None):
            raise UsageError("backend dask and the address of its scheduler go together, such as tcp://10.0.0.7:8786")
        return cls(processes(jobs), scheduler)


def work(
    tasks: Sequence[Task], force: Workforce, before: int, progress: Progress | None
) -> Generator[RunResult, None, None]:
    """Make runs and yield their results in the order of the tasks.

    Args:
        tasks: the runs to make.
        force: who makes them.
        before: how many runs of the whole were made earlier, for the progress.
        progress: see `Progress`.

    Raises:
        TwinError: what the first run in order that failed raised.
        MissingExtra: a cluster is asked for and dask is not installed.
        UsageError: no scheduler answers at the address.
    """
    planned = before + len(tasks)
    alone = force.scheduler is None and min(force.processes, len(tasks)) <= 1
    results = _serial(tasks, before, progress) if alone else _parallel(tasks, force)
    for made, result in enumerate(results, start=before + 1):
        if progress is not None:
            progress(made, planned)
        yield result


def _serial(tasks: Sequence[Task], before: int, progress: Progress | None) -> Iterator[RunResult]:
    planned = before + len(tasks)
    for index, task in enumerate(tasks, start=before):
        yield task(None if progress is None else _share_of(progress, index, planned))


def _share_of(progress: Progress, index: int, planned: int) -> Callable[[float], None]:
    return lambda share: progress(index + min(1.0, max(0.0, share)), planned)


def _parallel(tasks: Sequence[Task], force: Workforce) -> Iterator[RunResult]:
    """Run in several processes; results come in order, and so do errors: the first in order is the one raised."""
    from joblib import Parallel, delayed, parallel_config  # a quarter of a second that a single run need not pay

    with nullcontext() if force.scheduler is None else _cluster(force.scheduler):
        where = parallel_config(n_jobs=force.processes) if force.scheduler is None else parallel_config(backend="dask")
        with where:
            made = Parallel(return_as="generator", batch_size=1)(delayed(_in_worker)(task) for task in tasks)
        try:
            for result in made:
                if isinstance(result, Exception):
                    raise result
                yield result
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that tasks are given up is what we ask for
                made.close()


@contextmanager
def _cluster(scheduler: str) -> Iterator[None]:
    """Be a client of a dask cluster for a while; joblib finds it as the current one."""
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtra("a dask cluster", "distributed") from error
    try:
        client = Client(scheduler, timeout=CONNECT_S)  # type: ignore[no-untyped-call]  # dask's own annotations are partial
    except (OSError, ValueError) as error:
        raise UsageError(f"scheduler: nobody answers at '{scheduler}' ({error})") from error
    try:
        yield
    finally:
        client.close()  # type: ignore[no-untyped-call]


def _in_worker(task: Task) -> RunResult | Exception:
    """Run a task in a process of its own, where an interrupt from the terminal is the parent's business.

    An error comes back as a value, because the backend would raise whichever came first on the clock.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return task()
    except Exception as error:  # noqa: BLE001 -- raised again by the process that reads it
        return error


def processes(jobs: int) -> int:
    """Translate a number of jobs into processes: 0 is one for each core.

    Raises:
        UsageError: The number is negative.
    """
    if jobs < 0:
        raise UsageError(f"jobs: must not be negative (got {jobs}); 0 is one for each core")
    return jobs or os.cpu_count() or 1


def world_run(*, history: bool = False) -> RunOnce:
    """Return what makes a run of the world; with `history` it keeps what reached the middleware, too."""
    from twin.world.run import run_once  # the world and all its rooms load when the first run is made

    return partial(run_once, history=True) if history else run_once
