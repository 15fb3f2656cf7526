"""Recorded demand: what is played, what is left out, and what the estimate sees."""

import pickle
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from scenarios.mappings import load_history
from twin.connectivity import Held, parse_mapping
from twin.errors import HistoryError
from twin.model.instant import DAY, HOUR, MINUTE
from twin.world.demand_history import History, estimate, jittered, read_history

DATA = Path(__file__).parents[2] / "scenarios" / "data"
EXCERPT = DATA / "online_retail_excerpt.csv.gz"
MAPPING = parse_mapping(
    {
        "mapping_version": 1,
        "name": {"id": "small", "version": "1"},
        "source": {"format": "csv"},
        "clock": {"zone": "UTC", "formats": ["%Y-%m-%d %H:%M"], "resolution": "1m"},
        "columns": {
            "doc": "doc",
            "sku": "sku",
            "qty": {"column": "qty", "type": "integer"},
            "at": {"column": "at", "type": "time"},
        },
        "group": {"by": ["doc"]},
        "events": [
            {
                "type": "OrderPlaced",
                "when": {"qty": {"above": 0}},
                "order": "doc",
                "at": "at",
                "lines": {"item": "sku", "quantity": "qty"},
            },
            {
                "type": "StockAdjusted",
                "each": "row",
                "when": {"qty": {"below": 0}},
                "at": "at",
                "item": "sku",
                "change": "qty",
            },
        ],
    },
    zones=ZoneInfo,
)
MARCH_8 = 1_299_542_400_000_000
ROWS = [
    "1,A,4,2011-03-05 09:00",
    "1,A,2,2011-03-05 09:00",
    "2,B,6,2011-03-07 23:59",
    "4,C,5,2011-03-08 10:01",
    "3,B,1,2011-03-08 00:00",
    "3,A,7,2011-03-08 00:00",
    "3,B,2,2011-03-08 00:00",
    "5,A,-3,2011-03-08 11:00",
    "6,A,900,2011-03-08 12:00",
    "7,A,1,2011-03-09 00:00",
]


def small(rows: list[str] = ROWS, **changes: object) -> History:
    asked: dict[str, object] = {"window_from_us": MARCH_8, "window_us": DAY, "estimate_us": 4 * DAY, **changes}
    text = "doc,sku,qty,at\n" + "\n".join(rows) + "\n"
    return read_history(Held([text.encode()], "small.csv"), MAPPING, **asked)  # type: ignore[arg-type]  # a test's shorthand


def test_orders_of_the_window_are_played_in_time_order_with_repeated_items_summed() -> None:
    history = small()
    assert history.items == ("A", "B", "C")
    assert [(order.order, order.at_us) for order in history.orders] == [
        ("3", 0),
        ("4", 10 * HOUR + MINUTE),
        ("6", 12 * HOUR),
    ]
    assert [(line.item, line.quantity) for line in history.orders[0].lines] == [(1, 3), (0, 7)]
    counts = dict(history.counts)
    assert counts["orders"] == 3
    assert counts["lines summed into an earlier line of the same order and item"] == 1
    assert counts["stock adjustments left out"] == 1


def test_the_estimate_ends_where_the_window_begins() -> None:
    history = small()
    assert history.past.tolist() == [[0, 6, 0, 0], [0, 0, 0, 6], [0, 0, 0, 0]]
    demand = estimate(history)
    assert demand.mean.tolist() == [1.5, 1.5, 0.0]
    assert demand.sd.tolist() == [3.0, 3.0, 0.0]
    assert (demand.days, demand.silent_days) == (4, 2)
    assert estimate(history, days=2).mean.tolist() == [0.0, 3.0, 0.0]


def test_a_window_may_be_played_without_an_estimate() -> None:
    history = small(estimate_us=0)
    assert history.past.shape == (3, 0)
    with pytest.raises(HistoryError, match="takes at least 2 days"):
        estimate(history)


def test_large_lines_are_left_out_and_listed_and_an_order_without_lines_goes_with_them() -> None:
    history = small(quantity_above=100)
    assert [(out.order, out.item, out.quantity, out.rule) for out in history.left_out] == [
        ("6", "A", 900, "more than 100 pieces")
    ]
    assert [order.order for order in history.orders] == ["3", "4"]
    assert dict(history.counts)["orders left out with all their lines"] == 1
    assert "left out (more than 100 pieces): 900 of A in order 6" in history.explain()


def test_a_quantile_is_taken_of_each_period_by_itself() -> None:
    history = small(quantity_quantile=0.5)
    assert [out.quantity for out in history.left_out] == [7, 900]
    assert history.past_left_out == 0


def test_a_period_that_the_file_does_not_hold_is_an_error() -> None:
    with pytest.raises(
        HistoryError, match=r"small.csv: estimate and window need 2011-02-08 00:00 to 2011-03-09 00:00; "
    ):
        small(estimate_us=28 * DAY)
    with pytest.raises(HistoryError, match="the file runs from 2011-03-05 09:00 to 2011-03-09 00:00"):
        small(window_us=10 * DAY)
    with pytest.raises(HistoryError, match="no order in the window"):
        small(ROWS[:3], estimate_us=2 * DAY)
    with pytest.raises(HistoryError, match="finds no event"):
        small([])
    with pytest.raises(HistoryError, match="needs whole days"):
        small(estimate_us=DAY + 1)
    with pytest.raises(HistoryError, match=r"asked for 5, 4 were read"):
        estimate(small(), days=5)


def test_jitter_moves_orders_within_its_bound_and_depends_on_seed_and_order_alone() -> None:
    whole, fewer = small(), small(quantity_above=100)
    moved = {order.order: order.at_us for order in jittered(whole, seed=7, within_us=MINUTE).orders}
    again = {order.order: order.at_us for order in jittered(fewer, seed=7, within_us=MINUTE).orders}
    other = {order.order: order.at_us for order in jittered(whole, seed=8, within_us=MINUTE).orders}
    for order in whole.orders:
        assert 0 <= moved[order.order] - order.at_us < MINUTE
    assert again == {order: moved[order] for order in again}
    assert moved != other
    assert jittered(whole, seed=7, within_us=0) is whole


def shipped() -> History:
    begin = round(datetime(2011, 3, 7, tzinfo=ZoneInfo("Europe/London")).timestamp()) * 1_000_000
    return load_history(
        EXCERPT,
        DATA / "online_retail.yaml",
        window_from_us=begin,
        window_us=7 * DAY,
        quantity_quantile=0.999,
    )


def test_the_shipped_excerpt_holds_a_whole_estimate_and_a_whole_week() -> None:
    history = shipped()
    counts = dict(history.counts)
    assert (counts["orders"], counts["lines"], counts["items"]) == (301, 7_154, 1_714)
    assert len(history.left_out) == 7
    assert len(history.items) == 2_520
    demand = estimate(history)
    assert (demand.days, demand.silent_days) == (28, 4)
    assert int(np.count_nonzero(demand.mean)) == 2_425
    assert history.resolution_us == MINUTE
    assert history.digest.startswith("sha256:")
    assert all(0 <= order.at_us < 7 * DAY for order in history.orders)


def test_a_history_pickles_for_other_processes() -> None:
    history = shipped()
    copy = pickle.loads(pickle.dumps(history))
    assert copy.orders == history.orders
    assert (copy.past == history.past).all()
