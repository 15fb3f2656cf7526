"""A design with fallbacks in a whole world: it notices an absence, decides, lets requests wait, and goes on after."""

from pathlib import Path

import duckdb
import pytest

import scenarios
from twin.errors import ScenarioError
from twin.world.result import RunResult
from twin.world.run import run_once


def night(accept: str, out: Path | None = None) -> RunResult:
    """Run the hours around the ERP's window, which lasts from 1 h to 3 h."""
    settings = [f"designs.falls_back.fallbacks.erp_away.accept={accept}", "horizon=4h30m"]
    scenario = scenarios.load("erp_maintenance", settings, small=True)
    return run_once(scenario, "falls_back", 1, out=out, record=out is not None)


def test_orders_that_were_held_while_the_erp_was_away_go_on_afterwards(tmp_path: Path) -> None:
    held, accepted = night("none", tmp_path), night("all")
    assert (held.kpis["fallback_held_orders"] or 0) > 100
    assert held.kpis["fallback_accepted_orders"] == accepted.kpis["fallback_held_orders"] == 0
    assert held.kpis["fallback_held_orders"] == accepted.kpis["fallback_accepted_orders"]
    assert held.kpis["orders_accepted"] == accepted.kpis["orders_accepted"]
    assert held.kpis["dlq_length.max"] == accepted.kpis["dlq_length.max"] == 0
    seconds = held.kpis["fallback_s{partner=erp}"]
    assert seconds is not None
    assert abs(seconds - 7_200) < 180, "the two hours of the window, less the time to notice, and a little to be sure"
    kinds = dict(
        duckdb.sql(
            f"select kind, count(*) from '{tmp_path}/events.parquet' where kind like 'fallback.%' group by kind"
        ).fetchall()
    )
    assert kinds == {"fallback.on": 1, "fallback.off": 1, "fallback.held": held.kpis["fallback_held_orders"]}


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("erp_away={else: forget}", "forget"),
        ("channel_refuses={use: hope}", "hope"),
        ("channel_refuses={use: pause_listing, channels: [nowhere]}", "'nowhere' is no channel here"),
        ("edi_away={use: manual}", "needs a channel that an EDI gateway carries"),
        ("edi_away={use: manual, channels: [marketplace_a]}", "needs channels.marketplace_a.promise.acknowledge"),
        ("edi_away={use: fax}", "fax"),
        ("payment_away={use: accept_small}", "needs order_value_at_most"),
        ("payment_away={use: hold}", "needs a party of kind payment_provider"),
        ("feed_silent={channels: [storefronts]}", "did you mean 'storefront'"),
        ("feed_silent={stale_afterr: 2h}", "did you mean 'stale_after'"),
        ("carrier_away={after: 5m, use: [carrier_b]}", "'carrier_b' is no carrier here"),
        ("carrier_away={after: 5m, use: [carrier_a]}", "needs a party of kind tms"),
        ("carrier_away={use: hold_at_the_dock}", "hold_at_the_dock"),
        ("wms_silent={publish: hope}", "hope"),
    ],
)
def test_what_no_fallback_can_do_yet_is_refused_with_a_sentence(setting: str, told: str) -> None:
    with pytest.raises(ScenarioError, match=told):
        scenarios.load("first_day", [f"designs.standard.fallbacks.{setting}"])


def test_orders_that_are_turned_away_come_again_and_are_taken_once_when_the_erp_is_back() -> None:
    """Two hours without the ERP: every order placed meanwhile is refused, some of them often, and none is lost."""
    scenario = scenarios.load("erp_maintenance", small=True)
    made = run_once(scenario, "turns_away", 1)
    assert (made.kpis["fallback_held_orders"] or 0) > (made.kpis["fallback_s"] or 0) / 60, "they ask more than once"
    assert (made.kpis["lost_orders"], made.kpis["duplicate_erp_orders"]) == (0, 0)
    on_their_way = (made.kpis["orders_placed"] or 0) - (made.kpis["orders_accepted"] or 0)
    assert on_their_way < 10


def marketplace_away(design: str) -> RunResult:
    """Run five hours of a day on which a marketplace answers nothing from the second to the fifth."""
    return run_once(scenarios.load("partners_away", ["horizon=5h30m"], small=True), design, 1)


def test_while_a_marketplace_does_not_answer_figures_wait_and_no_letter_is_left_of_them():
    none, waits = marketplace_away("none"), marketplace_away("waits")
    assert (none.kpis["dlq_length.max"] or 0) > 100
    assert waits.kpis["dlq_length.max"] == 0
    seconds = waits.kpis["fallback_s{partner=marketplace_a/stock}"]
    assert seconds is not None
    assert abs(seconds - 3 * 3_600) < 180
    assert (waits.kpis["fallback_exposure_s"] or 0) > seconds
    assert waits.kpis["invariant_violations"] == 0


def test_another_way_keeps_figures_young_and_people_pause_listings_in_their_time():
    waits, by_file, pauses = marketplace_away("waits"), marketplace_away("by_file"), marketplace_away("pauses")
    assert (by_file.kpis["availability_age_s.p95"] or 0) < (waits.kpis["availability_age_s.p95"] or 0)
    assert (by_file.kpis["fallback_files"] or 0) >= 8
    assert (pauses.kpis["fallback_listings"] or 0) > 0
    assert (pauses.kpis["operator_hours"] or 0) > 0
    assert by_file.kpis["invariant_violations"] == pauses.kpis["invariant_violations"] == 0


def test_orders_that_were_not_heard_are_asked_for_and_what_comes_twice_is_one_order():
    made = marketplace_away("unseen")
    assert (made.kpis["fallback_s{partner=marketplace_a/orders}"] or 0) > 3_600
    assert (made.kpis["lost_orders"], made.kpis["duplicate_erp_orders"]) == (0, 0)
    assert made.kpis["invariant_violations"] == 0


def gateway_down(design: str) -> RunResult:
    """Run eight hours in which documents to partners come nowhere from the third hour to the seventh."""
    settings = ["horizon=8h", "faults.hang.duration=1m", "faults.gateway_down.trigger.at=2h"]
    settings += ["faults.gateway_down.duration=4h", "demand.orders_per_day={edi: 400, marketplace_a: 10}"]
    return run_once(scenarios.load("partners_away", settings, small=True), design, 1)


def test_partners_have_their_answers_in_time_by_another_route_or_by_hand():
    waits, second, typed = gateway_down("waits"), gateway_down("second_route"), gateway_down("typed")
    missed = [made.kpis["ack_deadline_missed"] or 0 for made in (waits, second, typed)]
    assert missed[0] > 20
    assert missed[1] == 0
    assert missed[2] < missed[0]
    assert (second.kpis["fallback_second_route"] or 0) > 20
    typed_answers = typed.kpis["fallback_copies"] or 0
    assert typed_answers > 10, "the document itself comes too, and the partner knows its number"
    assert [made.kpis["invariant_violations"] for made in (waits, second, typed)] == [0, 0, 0]


def test_while_the_bank_does_not_answer_small_orders_go_on_and_every_buyer_pays_once() -> None:
    settings = ["horizon=6h", "faults.hang.duration=1m", "faults.gateway_down.duration=1m"]
    settings += ["demand.orders_per_day={storefront: 400}"]
    scenario = scenarios.load("partners_away", settings, small=True)
    holds, trusts = run_once(scenario, "waits", 1), run_once(scenario, "trusts", 1)
    assert (holds.kpis["fallback_held_orders"] or 0) > 50
    assert (trusts.kpis["fallback_accepted_orders"] or 0) > 40
    assert (trusts.kpis["capture_latency_s.mean"] or 0) < (holds.kpis["capture_latency_s.mean"] or 0) / 2
    for made in (holds, trusts):
        assert made.kpis["payments{what=authorised}"] == made.kpis["orders_placed"]
        assert (made.kpis["dlq_length.max"], made.kpis["invariant_violations"]) == (0, 0)


def test_a_warehouse_that_is_back_counts_what_moved() -> None:
    settings = ["horizon=10h", "faults.offline.trigger.at=7h", "faults.offline.duration=2h"]
    settings += ["stock.record_errors={share: 10%, size: 2}", "designs.counts.fallbacks.wms_silent.count_above=0"]
    made = run_once(scenarios.load("warehouse_offline", settings, small=True), "counts", 1)
    assert (made.kpis["fallback_counted_items"] or 0) > 5
    assert made.kpis["invariant_violations"] == 0


def test_a_silence_that_is_no_longer_than_the_time_between_two_files_is_warned_of() -> None:
    found = scenarios.check("partners_away", ["designs.unseen.fallbacks.feed_silent={after: 30m}"])
    (warned,) = [each for each in found if each.path.endswith("feed_silent.after")]
    assert "edi hands orders over every 1h" in str(warned)
