"""Claims about a user's own parties: processes of his among ours, by name or as objects; no code without permission."""

import shutil
from pathlib import Path

import pytest

import scenarios
import twin
from reports.result import compare
from twin.cli import main
from twin.errors import ScenarioError, UsageError
from twin.world.run import run_once
from twin.world.scenario import Scenario

FILES = Path(__file__).parents[2] / "docs" / "own_party"
SHORT = ("horizon=11h",)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples of the documentation in a folder of their own."""
    return Path(shutil.copytree(FILES, tmp_path_factory.mktemp("own"), dirs_exist_ok=True))


@pytest.fixture(scope="module")
def firm(folder: Path) -> Scenario:
    return scenarios.load(folder / "own_parties.yaml", SHORT, allow_code=["parties"])


@pytest.fixture(scope="module")
def service(folder: Path) -> Scenario:
    return scenarios.load(folder / "own_service.yaml", ["horizon=2m"], allow_code=["parties"])


def alone(firm: Scenario) -> Scenario:
    """The same firm without the parties of the user."""
    return firm.with_all({f"landscape.parties.{name}": None for name in ("resellers", "counter")})


def test_nothing_is_imported_without_permission(folder: Path):
    with pytest.raises(ScenarioError, match=r"counter\.use: wants the code of module 'parties'"):
        scenarios.load(folder / "own_parties.yaml")


def test_what_resellers_buy_of_two_pages_is_oversold(firm: Scenario):
    """Both pages show the same units; 60 % of each are bought at one moment, so a fifth of them are not there."""
    world, calm = (twin.open(each).run(until="10:59") for each in (firm, alone(firm)))
    bought = [order for order in world.orders() if order.number.startswith("resellers ")]
    assert sorted(order.channel for order in bought) == ["marketplace_a", "marketplace_b"]
    assert calm.kpis["oversold_units"] == 0
    there = sum(bought[0].lines.values()) / 0.6
    assert world.kpis["oversold_units"] == pytest.approx(0.2 * there, rel=0.05)
    assert world.violations == []


def test_what_is_put_on_a_shelf_is_in_every_book(firm: Scenario):
    counter = firm.with_("landscape.parties.resellers", None)
    with_it = twin.open(counter).run(until="11:00")
    without = twin.open(alone(firm)).run(until="11:00")
    more = {
        item: with_it.stock(item).counted["east"] - without.stock(item).counted["east"]
        for item in [f"ITEM-{number:04}" for number in range(1, 201)]
    }
    assert 40 <= sum(more.values()) <= 90  # one every ten minutes on average, eleven hours
    item = next(item for item, units in more.items() if units)
    card = with_it.stock(item)
    assert card.on_hand == card.counted
    assert with_it.violations == []


def test_the_same_seed_gives_the_same_bytes_in_any_process(service: Scenario):
    serial, parallel = (compare(service, seed=3, reps=2, jobs=jobs) for jobs in (1, 2))
    assert [run.digest for run in serial.comparison.runs] == [run.digest for run in parallel.comparison.runs]


def test_calls_go_through_the_policies_of_the_design(service: Scenario):
    """Two of every thirty seconds are a pause; who waits half a second and does not ask again gets nothing then."""
    once, again = (run_once(service, design, 1) for design in ("once", "retries"))
    assert once.kpis["attempts_per_call"] == pytest.approx(1, abs=0.002)  # one may be under way at the end
    assert (once.kpis["success_share"] or 1) < 0.995
    assert (again.kpis["attempts_per_call"] or 0) > 1.005
    assert (again.kpis["success_share"] or 0) > (once.kpis["success_share"] or 1)


def test_our_clients_can_call_a_server_of_the_user(service: Scenario):
    """5 ms of service and twice 2 ms of link, outside the pause."""
    users = {"kind": "clients", "open": {"rate": "5/s"}, "calls": [{"to": "prices", "timeout": "5s"}]}
    run = run_once(service.with_("landscape.parties.pages", users), "once", 1)
    assert (run.kpis["success_share"] or 0) > 0.99
    assert run.kpis["latency_s.p50"] == pytest.approx(0.009)


class Once:
    """Buys one unit at one, and keeps count."""

    def __init__(self) -> None:
        self.bought = 0

    def run(self, here):
        yield here.env.timeout(twin.minutes(60))
        self.bought += 1
        assert self.bought == 1, "the object of an earlier run"
        assert here.order("storefront", {here.items[0]: 1}) == "buyer 1"


def test_an_object_can_be_put_in_place_and_is_copied_for_each_run(firm: Scenario):
    day = alone(firm).with_("horizon", "2h")
    mine = day.with_("landscape.parties.buyer", Once())
    for _ in range(2):
        assert (
            run_once(mine, "standard", 1).kpis["orders_placed"]
            == (run_once(day, "standard", 1).kpis["orders_placed"] or 0) + 1
        )


class Broken:
    """Fails in the way that `how` says."""

    def __init__(self, how: str) -> None:
        self.how = how

    def run(self, here):
        yield here.env.timeout(1)
        if self.how == "a half":
            yield here.env.timeout(0.5)
        elif self.how == "by zero":
            yield here.env.timeout(1 // 0)
        else:
            here.order("storefront", {self.how: 1})


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("a half", "time is in whole microseconds"),
        ("by zero", "party buyer stopped at 1 us: ZeroDivisionError"),
        ("GHOST", "no item 'GHOST' in this world"),
    ],
)
def test_a_party_that_fails_ends_the_run_with_a_sentence(firm: Scenario, how: str, told: str):
    mine = alone(firm).with_all({"horizon": "1h"}).with_("landscape.parties.buyer", Broken(how))
    with pytest.raises(UsageError, match=told):
        run_once(mine, "standard", 1)


class Idle:
    """Does nothing that a party does."""


def test_a_party_that_does_nothing_is_refused(firm: Scenario, folder: Path):
    with pytest.raises(ScenarioError, match="Idle"):
        firm.with_("landscape.parties.counter", Idle())
    with pytest.raises(ScenarioError, match=r"has no run\(here\)"):
        scenarios.load(
            folder / "own_parties.yaml",
            ['landscape.parties.counter={use: "parties:PriceService"}'],
            allow_code=["parties"],
        )


def test_a_recording_replays_without_the_code(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = ["run", str(folder / "own_parties.yaml"), "--set", "horizon=11h", "--reps", "1", "--quiet"]
    assert main([*words, "--allow-code", "parties", "--history", "--out", str(tmp_path / "run")]) == 0
    assert main(["replay", str(tmp_path / "run" / "history.jsonl.gz"), "--quiet"]) == 0
    assert main(words) == 3
    capsys.readouterr()
