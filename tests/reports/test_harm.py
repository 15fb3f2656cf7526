"""The first half of the pages of sweeps, searches and replays: what breaks first, who is affected, what it costs."""

import re
from pathlib import Path

import pytest

import twin
from reports import harm
from reports.harm import of_sweep, troubles
from reports.replay import replay_page
from scenarios.replays import replay
from tests.playback.recording import recorded_in, with_one_order_larger
from twin.experiment.sweep_table import SweepTable
from twin.world.scenario import Scenario

BUFFER = "publication.buffer"
ORDER = ["What breaks first", "Who is affected", "What each design costs"]


def small() -> Scenario:
    """Two hours of the first day."""
    return twin.load("first_day", small=True).with_all({"horizon": "2h"})


def swept(layout: str = "grid", buffers: tuple[int, ...] = (4, 2, 0)) -> SweepTable:
    """Make a sweep over a buffer: below 3 `thin` oversells, the more the less of it there is; `safe` never does."""
    rows = [
        {
            "point": number,
            "replication": rep,
            "seed": 7 + rep,
            "design": design,
            "events": 1,
            "digest": "sha256:0",
            "violations": 0,
            BUFFER: buffer,
            "oversold_orders": float(max(0, 3 - buffer) + rep) if design == "thin" and buffer < 3 else 0.0,
            "customers_affected": float(max(0, 3 - buffer)) if design == "thin" else 0.0,
            "lost_orders": 0.0,
            "orders_at_risk": None,
            "success_share": 1.0,
            "cost_of_failure": 8.0 * max(0, 3 - buffer) if design == "thin" else 0.0,
        }
        for number, buffer in enumerate(buffers)
        for rep in range(2)
        for design in ("safe", "thin")
    ]
    return SweepTable("first_day", (BUFFER,), layout, rows)


def headings(html: str) -> list[str]:
    return [heading for heading in re.findall(r"<h2>([^<]*)</h2>", html) if heading in ORDER]


def test_a_sweep_says_where_along_the_setting_each_design_breaks_first():
    first, _, _ = of_sweep(swept(), small())
    assert first.lines[0] == "safe: nothing breaks at any point."
    assert first.lines[1].startswith("thin breaks first at publication.buffer = 2: oversold orders 1.5 (")
    ((design, what, at, _, points, most, _),) = first.tables[0].rows
    assert (design, what, at, points, most) == ("thin", "oversold orders", "2", "2 of 3", "0")


def test_drawn_points_are_walked_along_the_setting_and_not_as_they_were_drawn():
    (found,) = troubles(swept("lhs", (2, 4, 0)))
    assert (found.place, found.first.parameters[BUFFER]) == (0, 0)
    assert troubles(swept("grid", (2, 4, 0)))[0].first.parameters[BUFFER] == 2


def test_a_success_share_is_trouble_where_it_is_less_than_one_unless_orders_tell_more():
    table = swept(buffers=(4,))
    assert troubles(table) == []
    rows = [{**row, "success_share": 0.75} for row in table.rows]
    found = troubles(SweepTable(table.scenario, table.parameters, table.layout, rows))
    assert [(each.design, each.kpi) for each in found] == [("safe", "success_share"), ("thin", "success_share")]
    firm = [{**row, "orders_placed": 4.0} for row in rows]
    assert troubles(SweepTable(table.scenario, table.parameters, table.layout, firm)) == []


def test_a_sweep_shows_whom_it_reaches_and_says_what_is_nothing_or_not_known():
    _, people, money = of_sweep(swept(), small())
    assert people.lines == ("At every point 0: lost orders.", "Of no run known: orders at risk (orders).")
    (table,) = people.tables
    assert table.heads == (BUFFER, "design", "customers_affected", "oversold_orders")
    assert [row[2] for row in table.rows if row[1] == "thin"] == ["0 (0 .. 0)", "1 (1 .. 1)", "3 (3 .. 3)"]
    assert [row[2] for row in money.tables[0].rows if row[1] == "thin"] == ["0 (0 .. 0)", "8 (8 .. 8)", "24 (24 .. 24)"]


def test_a_search_shows_the_setting_as_shipped_beside_the_chosen_one(tmp_path: Path):
    pytest.importorskip("optuna")
    firm = small()
    found = twin.optimize(firm, "designs.standard.publication.interval=1h,2h", "channel_calls:min", trials=2, reps=1)
    assert found.best is not found.shipped
    parts = harm.of_search(found)
    assert [part.name for part in parts] == ORDER
    assert parts[1].tables[0].heads == ("measure", "unit", harm.AS_SHIPPED, harm.AS_CHOSEN)
    together = parts[2].tables[0].rows[-1]
    assert [float(cell) for cell in together[1:]] == [
        pytest.approx(trial.mean("cost_of_failure"), rel=0.01) for trial in (found.shipped, found.best)
    ]
    assert headings(found.report(tmp_path / "r.html").read_text(encoding="utf-8")) == ORDER


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded_in(tmp_path_factory.mktemp("run"))


def test_a_replay_counts_whom_its_divergences_reach(recorded: Path):
    found = replay(with_one_order_larger(recorded, recorded.with_name("edited.jsonl"))[0])
    page = replay_page(found, "edited.jsonl")
    orders = {each.key for each in found.divergences if each.key.startswith("order ")}
    assert f"<td>orders decided otherwise</td><td>{len(orders)}</td>" in page
    assert f"standard: first {found.divergences[0].key}, at " in page
    assert "Which customers is not known" in page and "Not known: nothing that has a price" in page
    assert headings(page) == ORDER


def test_a_replay_that_differs_nowhere_says_so_in_one_line(recorded: Path):
    page = replay_page(replay(recorded), "history")
    assert "Nobody: nothing that was compared was decided otherwise." in page
    assert "whom divergences reach" not in page


def test_what_is_accepted_reaches_nobody(recorded: Path):
    edited = with_one_order_larger(recorded, recorded.with_name("accepted.jsonl"))[0]
    signatures = frozenset(each.signature for each in replay(edited).divergences)
    (document,) = replay(edited, accepted=signatures).documents()
    assert document["reached"] == {"orders": 0, "customers": 0, "items": 0, "named": 0}


def test_a_replay_among_simulated_partners_has_their_measures_and_their_costs(recorded: Path):
    found = replay(recorded, mode="what-if", designs=["standard", "standard"], perturb=["duplicates=20%"])
    page = replay_page(found, "history")
    assert page.count("no invariant was broken.") == 2
    assert '<th scope="col">standard (1)</th><th scope="col">standard (2)</th>' in page
    cost = found.made[0].kpis["cost_of_failure"]
    prices = found.made[0].prices
    assert prices is not None and cost == pytest.approx(prices.total(found.made[0].kpis))
    assert f"cost of failure, {prices.currency}" in page
    assert headings(page) == ORDER
