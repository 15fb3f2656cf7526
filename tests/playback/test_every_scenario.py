"""The history of every shipped scenario's small run plays again to the same state, through the same decisions."""

from pathlib import Path

import msgspec
import pytest

import scenarios
from scenarios.replays import replay
from twin.errors import HistoryError
from twin.playback.history import HistoryFile, write_history
from twin.world.journal import failing
from twin.world.run import HISTORY, run_once

QUICK = (
    "duplicate_flood",
    "edi_trouble",
    "erp_maintenance",
    "flash_sale",
    "naive_designs",
    "planned_work",
    "polling_lag",
)
"""Scenarios whose small run takes under a second; between them files, webhooks, retries, and writes that race."""


LOADED = {name: scenarios.load(name, small=True) for name in scenarios.names()}
PLAYED = [name for name, scenario in LOADED.items() if not scenario.is_blank and not failing(scenario)]
"""Scenarios whose middleware neither dies nor loses what it had: only these play verbatim."""


def plays_again(name: str, seed: int, folder: Path, *settings: str) -> None:
    """Run each design of a scenario and play its history; the demand is not in it."""
    scenario = scenarios.load(name, settings, small=True)
    for design in scenario.designs:
        where = folder / design
        where.mkdir()
        run_once(scenario, design, seed, out=where, record=False, history=True)
        found = replay(where / HISTORY)
        (made,) = found.made
        ends = made.played.recorded
        assert ends is not None
        assert found.divergences == []
        assert (made.played.state, made.played.decisions) == (ends.state, ends.decisions)
        demand = found.header.setup["demand"]
        assert isinstance(demand, dict) and demand["kind"] == "none"


@pytest.mark.parametrize("name", QUICK)
def test_a_quick_scenario_plays_again_in_every_design(tmp_path: Path, name: str):
    plays_again(name, 1, tmp_path)


def test_ties_play_again_as_they_were(tmp_path: Path):
    """Here a slot waits behind busy workers while a dead letter comes, and one item is pushed twice with one figure."""
    plays_again("packs_and_kits", 3, tmp_path, "horizon=26h")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("name", PLAYED)
def test_every_scenario_plays_again_in_every_design_whatever_the_seed(tmp_path: Path, name: str, seed: int):
    plays_again(name, seed, tmp_path)


def test_a_house_of_further_parties_and_elastic_workers_plays_again(tmp_path: Path):
    """Calls among partners are none of the middleware's, and its workers come and go as they did."""
    plays_again("whole_house", 2, tmp_path, "horizon=6h20m", "landscape.size.skus=40")


def test_a_run_whose_process_dies_plays_among_simulated_partners_and_says_why_not_verbatim(tmp_path: Path):
    """The process dies anew there: without the fault, the same orders end otherwise."""
    faults = ["faults=[{name: crash, kind: P1, target: middleware, trigger: {at: 20m}, restart: 1m}]", "horizon=25m"]
    faults.append("landscape.size.skus=20")
    run_once(scenarios.load("first_day", faults), "standard", 1, out=tmp_path, record=False, history=True)
    file = HistoryFile(tmp_path / HISTORY)
    assert file.header.fails == ("crash",)
    (dying,) = replay(tmp_path).made
    assert (dying.mode, dying.violations) == ("open", [])
    assert dying.kpis["orders_accepted"] == dying.kpis["orders_placed"] == dying.played.applied > 0
    with pytest.raises(HistoryError, match=r"mode verbatim is refused: .* fails in it \(crash\)"):
        replay(tmp_path, mode="verbatim")
    well = msgspec.structs.replace(file.header, setup={**file.header.setup, "faults": []}, fails=())
    write_history(tmp_path / "well.jsonl", well, [record for _, record in file])
    (living,) = replay(tmp_path / "well.jsonl", mode="open").made
    assert living.played.applied == dying.played.applied
    assert living.played.state != dying.played.state


def test_what_people_did_to_the_process_is_done_again_at_the_same_moment(tmp_path: Path):
    """Method: the same recording without its actions decides otherwise: an old price is not held, a cap is not kept."""
    acts = (
        "actions=[{name: prices, at: 11h59m, do: set, path: channels.retailers.terms.prices.listed.other,"
        ' value: [{from: 1, each: "16.00 EUR"}], for: 3h},'
        " {name: cap, at: 10h, do: set, path: channels.web.cap, value: 2},"
        " {name: more, at: 9h, do: set, path: designs.four_workers.workers.count, value: 6, for: 2h},"
        " {name: deploy, at: 12h, do: rolling_restart, target: middleware},"
        " {name: again, at: 14h, do: redrive}, {name: release, at: 13h, do: pause, target: web, for: 20m}]"
    )
    scenario = scenarios.load("planned_work", ["horizon=18h", acts])
    run_once(scenario, "four_workers", 5, out=tmp_path, record=False, history=True)
    assert replay(tmp_path / HISTORY).divergences == []
    file = HistoryFile(tmp_path / HISTORY)
    without = msgspec.structs.replace(file.header, setup={**file.header.setup, "actions": []})
    write_history(tmp_path / "without.jsonl.gz", without, [record for _, record in file])
    assert replay(tmp_path / "without.jsonl.gz").divergences != []
