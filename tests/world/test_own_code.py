"""Claims about a user's own policies: production objects run under simulated time, and no code without permission."""

import importlib.util
import json
import random
import shutil
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

import scenarios
from actors.adapters.interlock_breaker import SimulatedClock
from policies.retry import Failed
from reports.result import compare
from twin.cli import main
from twin.errors import ScenarioError
from twin.model.instant import SECOND
from twin.world.run import run_once
from twin.world.scenario import Scenario

FILES = Path(__file__).parents[2] / "docs" / "own_policy"
SHORT = ("horizon=60s", "faults.brownout.trigger.at=15s", "faults.brownout.duration=10s")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The example of the documentation in a folder of its own."""
    shutil.copytree(FILES, tmp_path, dirs_exist_ok=True)
    return tmp_path / "own_policy.yaml"


@pytest.fixture
def example(file: Path) -> Scenario:
    return scenarios.load(file, SHORT, allow_code=["desk"])


def test_nothing_is_imported_without_permission(file: Path) -> None:
    file.with_name("desk.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        scenarios.load(file)
    assert "designs.guarded.breaker.use: wants the code of module 'desk'; allow it with --allow-code desk" in str(
        refused.value
    )


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ('designs.house.retry={use: "desk:nothing"}', "module 'desk' has no 'nothing'"),
        ('designs.house.retry={use: "desk"}', "must name a module and a class"),
        ('designs.house.retry={use: "desk:retry", parameters: {tries: 4}}', "cannot be called so"),
        ('designs.house.retry={use: "desk:limit", parameters: {per_second: 1}}', "gave a InMemoryBucket"),
        ('designs.guarded.breaker={use: "desk:retry"}', "which is no breaker"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_runs(file: Path, setting: str, told: str) -> None:
    with pytest.raises(ScenarioError, match=told):
        scenarios.load(file, [setting], allow_code=["desk"])


def test_a_production_breaker_ends_a_collapse_under_simulated_time(example: Scenario) -> None:
    """The house's own retry alone collapses after the brownout; with its breaker it does not."""
    house, guarded = (run_once(example, name, 3) for name in ("house", "guarded"))
    assert house.kpis["breaker_open_s"] == 0
    assert guarded.kpis["breaker_open_s"] > 1
    assert guarded.kpis["goodput_per_s"] > 1.5 * house.kpis["goodput_per_s"]


def test_a_production_limiter_paces_the_caller(example: Scenario) -> None:
    """40 calls a second want to be sent; 30 may."""
    limited = run_once(example, "limited", 3)
    sent = limited.kpis["attempts_per_call"] * 40 * 60
    assert 0.7 * 30 * 60 < sent < 1.02 * 30 * 60


class Thrice:
    """Two copies at once after 20 ms, and no more."""

    def next_copy(self, sent: int) -> int | None:
        return {1: 20_000, 2: 0}.get(sent)


def test_a_hedge_of_ones_own_sends_its_copies(example: Scenario) -> None:
    """Service is exponential with 10 ms, so e^-2 of the calls are still out after 20 ms when nobody else is there."""
    calm = example.with_("landscape.parties.users.open.rate", "1/s").with_("faults", [])
    mine = run_once(calm.with_("designs.ladder.hedge", Thrice()), "ladder", 3)
    assert run_once(calm, "ladder", 3).kpis["attempts_per_call"] == 1
    assert 1 + 2 * 0.05 < mine.kpis["attempts_per_call"] < 1 + 2 * 0.35
    assert mine.kpis["success_share"] > 0.95


def test_production_objects_make_the_same_bytes_in_any_process(example: Scenario) -> None:
    """Tenacity draws from the global generator, which is given the call's draw and put back."""
    random.seed(1)  # noqa: TID251  # the global generator is what must not matter
    state = random.getstate()
    designs = ["house", "guarded", "limited"]
    serial = compare(example, designs, seed=3, reps=2)
    assert random.getstate() == state
    parallel = compare(example, designs, seed=3, reps=2, jobs=2)
    assert [run.digest for run in serial.comparison.runs] == [run.digest for run in parallel.comparison.runs]


class Twice:
    """A rule that is put in place as an object."""

    attempts = 2

    def delay(self, failed: Failed) -> int | None:
        """Wait a second, once."""
        return SECOND if failed.attempt < self.attempts else None


def test_an_object_can_be_put_in_place(example: Scenario) -> None:
    mine = example.with_("designs.ladder.retry", Twice())
    assert mine.designs["ladder"].retry.rule().attempts == 2
    assert 1 < run_once(mine, "ladder", 3).kpis["attempts_per_call"] <= 2
    assert mine.sha256 != example.sha256
    with pytest.raises(ScenarioError, match="gave a Twice, which is no breaker"):
        example.with_("designs.guarded.breaker", Twice())


def desk() -> ModuleType:
    """The objects of the page, as a user's own program imports them."""
    found = importlib.util.spec_from_file_location("desk_of_the_page", FILES / "desk.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_production_objects_can_be_put_in_place(example: Scenario) -> None:
    """What keeps no state as it is, what keeps one as the function that makes it: the same run as by `use`."""
    house = desk()
    mine = example.with_("designs.ladder.retry", house.retry())
    assert run_once(mine, "ladder", 3).digest == run_once(example, "house", 3).digest
    guarded = example.with_("designs.ladder.breaker", house.breaker)
    assert run_once(guarded, "ladder", 3).kpis["breaker_open_s"] > 5
    limited = example.with_("designs.ladder.limiter", partial(house.limit, per_second=10))
    assert run_once(limited, "ladder", 3).kpis["throughput_per_s"] < 12
    assert mine.sha256 == example.with_("designs.ladder.retry", house.retry()).sha256


def test_an_object_that_keeps_its_state_is_put_in_place_by_what_makes_it(example: Scenario) -> None:
    house = desk()
    for slot, thing in (("breaker", house.breaker(SimulatedClock())), ("limiter", house.limit(10))):
        with pytest.raises(ScenarioError, match="keeps its own state; put a function in its place"):
            example.with_(f"designs.ladder.{slot}", thing)


def test_the_manifest_says_which_code_ran(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", str(file), "--design", "stubborn", "--set", "horizon=10s", "--set", "faults=[]"]
    assert main([*words, "--allow-code", "desk", "--out", str(tmp_path / "run"), "--quiet"]) == 0
    (code,) = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))["code"]
    assert code["module"] == "desk"
    assert len(code["sha256"]) == 64
    assert main(words) == 3
    capsys.readouterr()
