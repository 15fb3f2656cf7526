"""What people do on purpose while a run goes on: each action changes what it names, for as long as it says."""

import pytest

import scenarios
from actors.presence import Door
from reports.windows import marks_of
from twin.errors import ScenarioError, UsageError
from twin.experiment.trace import Record
from twin.kernel.recorder import Recorder
from twin.middleware.unit import LETTERS
from twin.model.instant import HOUR, MINUTE
from twin.world.build import World, build
from twin.world.run import measured, run_once

QUIET = ("horizon=14h", "demand.orders_per_day=300")


def world(*acts: str, design: str = "four_workers", settings: tuple[str, ...] = ()) -> World:
    """Build a firm in which these actions are done and no others."""
    scenario = scenarios.load("planned_work", [*QUIET, *settings, f"actions=[{', '.join(acts)}]"])
    return build(scenario, design, 3, Recorder(), stops=True)


def at(built: World, hour: float) -> World:
    built.timeline.run(until=int(hour * HOUR))
    return built


def test_workers_are_more_for_a_while():
    built = world("{name: more, at: 2h, do: set, path: designs.four_workers.workers.count, value: 7, for: 1h}")
    assert [at(built, hour).middleware.workers for hour in (1, 2.5, 3.5)] == [4, 7, 4]


def test_a_rolling_restart_takes_one_worker_after_the_other():
    built = world("{name: deploy, at: 2h, do: rolling_restart, target: middleware, each: 10m}")
    assert [at(built, 2 + minute / 60).middleware.workers for minute in (5, 15, 25, 35, 45)] == [3, 3, 3, 3, 4]


def test_with_one_worker_a_restart_lets_messages_wait():
    built = world("{name: deploy, at: 10h, do: rolling_restart, target: middleware, each: 30m}", design="one_worker")
    middleware = at(built, 10.45).middleware
    assert middleware.queue and middleware.busy == 0
    assert not at(built, 11).middleware.queue


def test_another_design_s_workers_are_not_touched():
    built = world("{name: more, at: 2h, do: set, path: designs.one_worker.workers.count, value: 7}")
    assert at(built, 3).middleware.workers == 4
    assert built.further.acting is not None and built.further.acting.idle == ["more"]


def test_a_cap_holds_from_its_time_on_and_is_taken_back():
    built = world("{name: cap, at: 2h, do: set, path: channels.web.cap, value: 1, for: 2h}")
    shown = [max(value for value, _ in at(built, hour).channels[0].shown.values()) for hour in (1.9, 3.5, 6)]
    assert shown[0] > 1 and shown[1] == 1 and shown[2] > 1


def test_two_settings_that_overlap_do_not_undo_each_other():
    built = world(
        "{name: cap, at: 1h, do: set, path: channels.web.cap, value: 3, for: 4h}",
        "{name: more, at: 2h, do: set, path: designs.four_workers.workers.count, value: 5, for: 1h}",
        "{name: last, at: 2h, do: set, path: channels.web.priority, value: 9}",
    )
    rules = at(built, 4).middleware.rules
    assert built.middleware.workers == 4 and rules.availability.channels[0].cap == 3
    rules = at(built, 6).middleware.rules
    assert (rules.availability.channels[0].cap, rules.availability.channels[0].priority) == (None, 9)


def test_under_a_new_price_list_old_orders_are_held_and_new_ones_are_not():
    """Method: retailers' files come every four hours, so those of the noon were written under the old list."""
    listed = 'path: channels.retailers.terms.prices.listed.other, value: [{from: 1, each: "16.00 EUR"}]'
    late = ("horizon=30h", "demand.orders_per_day=800")
    built = world(f"{{name: prices, at: 13h, do: set, {listed}}}", settings=late)
    held = at(built, 20).middleware.exceptions.get("HELD_PRICE", 0)
    assert held > 5
    assert at(built, 30).middleware.exceptions.get("HELD_PRICE", 0) == held
    assert "HELD_PRICE" not in at(world(settings=late), 20).middleware.exceptions


def test_more_people_work_a_floor_off_sooner_and_are_paid():
    busy = ("demand.orders_per_day=1500", "landscape.parties.wms.sites.north.people=3")
    act = "{name: overtime, at: 11h, do: set, path: landscape.parties.wms.sites.north.people, value: 9, for: 2h}"
    helped, alone = (at(world(*acts, settings=busy), 14) for acts in ((act,), ()))
    assert helped.watch.count["orders_shipped"] > alone.watch.count["orders_shipped"] + 20
    kpis = measured(helped)
    assert kpis["extra_labour_hours"] == pytest.approx(12.0)
    assert "extra_labour_hours" not in measured(alone)
    paid, usual = helped.paid_us["wms/north"](14 * HOUR), alone.paid_us["wms/north"](14 * HOUR)
    assert paid == usual + 12 * HOUR


def test_operators_come_and_go():
    built = world("{name: off, at: 2h, do: set, path: landscape.parties.operators.people, value: 5, for: 1h}")
    desks = built.further.staff.changing
    assert [(at(built, hour), desks["operators",].workers)[1] for hour in (1, 2.5, 3.5)] == [2, 5, 2]


def test_the_erp_takes_more_calls_at_once():
    built = world("{name: tier, at: 2h, do: set, path: landscape.parties.erp.concurrency, value: 40, for: 1h}")
    client = next(each for each in built.clients if each.name == "middleware/erp")
    limits = [(at(built, hour), client.endpoint.concurrency)[1] for hour in (1, 2.5, 3.5)]  # type: ignore[attr-defined]
    assert limits == [20, 40, 20]


def test_while_a_partner_is_paused_nothing_goes_out_to_it_and_afterwards_everything():
    act = "{name: release, at: 9h, do: pause, target: erp, for: 2h}"
    built = world(act, "{name: longer, at: 10h, do: pause, target: erp, for: 2h}")
    client = next(each for each in built.clients if each.name == "middleware/erp")
    at(built, 9.01)
    started = client.started
    at(built, 11.5)
    assert isinstance(client.pace, Door) and client.pace.shut
    assert client.started == started and client.backlog
    at(built, 12.5)
    assert client.started > started and not client.backlog


def test_a_count_on_purpose_finds_what_the_records_have_wrong():
    act = "{name: stocktake, at: 1h, do: count, target: wms/north, each: 1s}"
    off = ("stock.record_errors.share=50%",)
    counted, left = (at(world(*acts, settings=off), 2) for acts in ((act,), ()))
    assert counted.warehouses[0].book == counted.warehouses[0].shelf
    assert left.warehouses[0].book != left.warehouses[0].shelf


def test_a_redrive_tries_everything_again_that_lies_in_the_queues():
    """Method: the ERP fails for an hour while nobody works; then the calls that were given up go out again."""
    fails = (
        "landscape.parties.operators.hours=22:00-23:00",
        "faults=[{name: f, kind: E1, target: erp, trigger: {at: 9h}, duration: 1h}]",
    )
    act = "{name: again, at: 11h, do: redrive}"
    redriven, left = (at(world(*acts, settings=fails), 12) for acts in ((act,), ()))
    assert len(left.store.rows[LETTERS.number]) > 5
    assert len(redriven.store.rows[LETTERS.number]) == 0


def test_actions_stand_in_the_record_and_are_marked(tmp_path):
    more = "{name: more, at: 2h, do: set, path: channels.web.cap, value: 7, for: 30m}"
    acts = [*QUIET, f"actions=[{more}, {{name: r, at: 1h, do: redrive}}]"]
    run_once(scenarios.load("planned_work", acts), "four_workers", 3, out=tmp_path)
    record = Record(tmp_path / "events.parquet", "four_workers")
    marks = [(mark.name, mark.at_us) for mark in marks_of(record)]
    assert marks == [("r", HOUR), ("more", 2 * HOUR), ("more ends", 2 * HOUR + 30 * MINUTE)]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (
            "at: 1h, do: set, path: designs.four_workers.retry.attempts, value: 3",
            r"path: cannot be changed while a run",
        ),
        (
            "at: 1h, do: set, path: landscape.parties.wms.sites.south.people, value: 3",
            r"path: meets nothing: there is no",
        ),
        ("at: 1h, do: set, path: channels.web.cap, value: -1", r"value: must be at least 0"),
        ("at: 1h, do: set, path: landscape.parties.carrier.people, value: 3", r"path: 'carrier' is no desk of people"),
        ("at: 1h, do: rolling_restart, target: erp", r"target: 'erp' is no middleware here"),
        ("at: 1h, do: pause, target: carrier", r"target: 'carrier' is no partner that the middleware calls"),
        ("at: 1h, do: count, target: web", r"target: 'web' is no warehouse here"),
        ("at: 1h, do: dance", r"no such action do 'dance'"),
        ("at: 1h, do: redrive, target: wms", r"unknown key"),
    ],
)
def test_an_action_that_cannot_be_done_is_one_clear_line(act: str, said: str):
    with pytest.raises(ScenarioError, match=said):
        scenarios.load("planned_work", [f"actions=[{{name: a, {act}}}]"])


def test_a_count_of_an_item_that_is_not_there_is_told_before_anything_runs():
    with pytest.raises(UsageError, match="action 'a': no item 'ITEM-9' in this world; there are ITEM-0001,"):
        world("{name: a, at: 1h, do: count, target: wms, items: [ITEM-9]}")


def test_an_action_after_the_horizon_is_left_out_of_a_small_run():
    assert [each.name for each in scenarios.load("planned_work").actions][-2:] == ["count", "overtime"]
    told = scenarios.check("planned_work", ["horizon=1d"], small=True)
    assert [problem.message for problem in told if "left out" in problem.message] == [
        "'count' is left out: it is done at 1d1h, after the horizon of 1d",
        "'overtime' is left out: it is done at 1d6h, after the horizon of 1d",
    ]
