"""The figure of a comparison shows every design with its interval, names its axes, and is the same bytes again."""

import xml.etree.ElementTree as ET

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from reports.answer import answer
from reports.compare import caption, figure, panels
from reports.document import image
from reports.tables import decisions, measures, picture, verdicts, violations
from twin.experiment.comparison import Comparison, Difference, compare_rounds
from twin.experiment.expectations import Claim, Condition, judge_all
from twin.world.result import RunResult

UNITS = {
    "oversold_units": "units",
    "lost_sales_units": "units",
    "channel_calls": "count",
    "availability_age_s.p95": "s",
}


def result(design: str, seed: int, kpis: dict[str, float | None], **changes: object) -> RunResult:
    plain = {"stopped": None, "violations": (), "declared": (), "antecedents": {}, "limits": (), "notes": ()}
    return RunResult(
        scenario="oversell",
        design=design,
        seed=seed,
        kpis=kpis,
        units=UNITS,
        invariants_checked=6,
        events=1,
        digest="sha256:0",
        sim_s=1.0,
        wall_s=0.1,
        **{**plain, **changes},
    )


def made_up(reps: int = 4) -> Comparison:
    """Batch oversells much and calls little, raw events the other way round; `governed` never has an age."""
    rows = {
        "nightly_batch": lambda i: (300.0 + i, 150.0 + 9 * i, 840.0, 64_000.0 + 100 * i),
        "every_event": lambda i: (12.0 + i % 2, 2.0, 81_000.0 + 10 * i, 90.0 + i),
        "governed": lambda i: (0.0, 25.0 + i, 23_000.0, None),
    }
    rounds = [
        tuple(result(design, 7 + i, dict(zip(UNITS, row(i), strict=True))) for design, row in rows.items())
        for i in range(reps)
    ]
    return compare_rounds(rounds, [kpi.removesuffix(".p95") for kpi in UNITS])


def texts(drawn) -> str:
    return " | ".join(text.get_text() for place in drawn.axes for text in place.texts)


def test_a_panel_for_each_measure_has_units_and_says_when_it_is_logarithmic():
    drawn = figure(made_up())
    assert [place.get_title(loc="left") for place in drawn.axes] == [
        "Oversold",
        "Lost sales",
        "Channel calls",
        "Staleness",
    ]
    oversold, _, calls, age = (place.get_xlabel() for place in drawn.axes)
    assert oversold == "units sold that were not there"
    assert calls.endswith("(log scale)")
    assert age == "age of what a buyer sees, p95, s (log scale)"


def test_the_figure_shows_what_the_scenario_reports():
    reported = compare_rounds(made_up().rounds, ["channel_calls"])
    assert [panel.kpi for panel in panels(reported)] == ["channel_calls"]
    assert [place.get_title(loc="left") for place in figure(reported).axes if place.get_visible()] == ["Channel calls"]


def test_what_tells_designs_apart_is_shown_first_and_a_part_that_is_all_of_a_measure_is_not_shown():
    kpis = {"placed": 5.0, "failed": 2.0, "failed{mapping=shop}": 2.0, "calls": 9.0, "calls{link=a/b}": 4.0}
    rounds = [tuple(result(design, 1, kpis | {"failed": more, "failed{mapping=shop}": more})
                    for design, more in (("a", 2.0), ("b", 3.0)))]  # fmt: skip
    shown = panels(compare_rounds(rounds, ["placed", "failed", "calls"]))
    assert [panel.kpi for panel in shown] == ["failed", "placed", "calls", "calls{link=a/b}"]


def test_every_design_is_named_and_its_mean_is_written():
    drawn = figure(made_up())
    assert [label.get_text() for label in drawn.axes[0].get_yticklabels()] == [
        "nightly_batch",
        "every_event",
        "governed",
    ]
    assert "302" in texts(drawn)
    assert "23,000" in texts(drawn)


def test_the_footer_names_scenario_seeds_replications_and_version():
    (footer,) = figure(made_up()).texts
    assert footer.get_text().startswith("oversell · seeds 7 to 10 · 4 replications · ")
    assert "distribution-twin" in footer.get_text()


def test_a_figure_of_one_run_says_that_it_has_no_intervals():
    (footer,) = figure(made_up(1)).texts
    assert "one run, so no intervals" in footer.get_text()
    assert caption(made_up(1)).endswith("One run, so no intervals.")


def test_no_two_labels_overlap_and_none_leaves_the_picture():
    drawn = figure(made_up())
    FigureCanvasAgg(drawn).draw()
    whole = drawn.bbox
    for place in drawn.axes:
        left, right = place.get_xlim()
        ticks = [label for label in place.get_xticklabels() if left <= label.get_position()[0] <= right]
        boxes = [text.get_window_extent() for text in (*place.texts, *ticks)]
        boxes.append(place.xaxis.label.get_window_extent())
        assert all(box.x0 >= whole.x0 - 1 and box.x1 <= whole.x1 + 1 for box in boxes)
        labels = [text.get_window_extent() for text in place.texts]
        assert not any(a.overlaps(b) for i, a in enumerate(labels) for b in labels[:i])


def test_a_figure_is_the_same_bytes_for_the_same_data():
    assert image(figure(made_up()), "svg") == image(figure(made_up()), "svg")
    assert image(figure(made_up()), "png") == image(figure(made_up()), "png")


def test_an_svg_is_one_and_carries_no_date():
    text = image(figure(made_up()), "svg")
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert b"dc:date" not in text


@pytest.mark.parametrize("reps", [1, 2])
def test_few_runs_and_one_design_are_drawn_too(reps: int):
    alone = compare_rounds([round_[2:] for round_ in made_up(reps).rounds], ["availability_age_s"])
    assert "no value in any run" in texts(figure(alone))


def test_the_table_has_a_column_for_each_design_and_says_no_value():
    table = measures(made_up())
    assert table.heads == ("measure", "unit", "nightly_batch", "every_event", "governed")
    assert [row[0] for row in table.rows] == list(UNITS)
    assert table.rows[3][-1] == "no value"
    assert table.rows[0][2].startswith("302 (")


def test_the_decisions_are_sentences_under_their_question():
    question, first, *_ = decisions(made_up().differences)
    assert question == "Would more runs change the decision?"
    assert first.startswith("  oversold_units: every_event oversells less than nightly_batch by 289 units (")
    assert decisions(()) == ()


def test_the_picture_is_one_bar_for_each_design():
    kpi, *bars = picture(made_up())
    assert kpi == "oversold_units"
    assert [bar.count("█") for bar in bars] == [40, 1, 0]


def test_the_picture_of_one_design_is_how_far_its_orders_came():
    stages = {"orders_placed": 200.0, "orders_accepted": 200.0, "orders_shipped": 100.0, "orders_closed": 0.0}
    title, *bars = picture(compare_rounds([(result("a", 1, stages),)], []))
    assert title == "orders"
    assert [bar.split()[0] for bar in bars] == ["placed", "accepted", "shipped", "closed"]
    assert [bar.count("█") for bar in bars] == [40, 40, 20, 0]
    assert picture(compare_rounds([(result("a", 1, {}),)], [])) == ()


def test_broken_invariants_are_counted_by_design():
    broken = {"invariant": "S-10", "at_us": 5, "key": "item 4", "chain": []}
    runs = [result("a", 1, {}, violations=(broken, broken)), result("b", 1, {}, declared=(broken,))]
    assert violations(runs).rows == (("a", "S-10", "broken", "2"), ("b", "S-10", "given up", "1"))


def test_of_many_a_run_tells_the_first_and_the_table_how_many_there_were():
    broken = {"invariant": "S-10", "at_us": 5, "key": "item 4", "chain": []}
    counted = {"violations{invariant=S-10}": 99.0}
    runs = [result("a", seed, counted, violations=(broken,) * 20) for seed in (1, 2)]
    assert violations(runs).rows == (("a", "S-10", "broken", "198"),)


def test_claims_show_their_verdict_what_was_found_and_how_many_runs_it_takes():
    bound = Condition(low=30.0, low_closed=True)
    shared = {"kpi": "lost_sales_units", "condition": bound, "text": ">= 30"}
    claims = [
        Claim(name="batch_loses", design="nightly_batch", minus="governed", **shared),
        Claim(name="governed_loses", design="governed", seeds=20, **shared),
    ]
    table = verdicts(judge_all(claims, made_up(), {}))
    assert [row[0] for row in table.rows] == ["holds", "violated"]
    assert table.rows[0][2] == "lost_sales_units of nightly_batch - governed >= 30"
    assert table.rows[1][3].endswith(", 4 of 20 seeds")


def difference(kpi: str, a: str, b: str, mean: float | None, unit: str = "count") -> Difference:
    """Return a difference of three runs that is decided unless it is 0 or missing."""
    ci95 = None if mean is None else (mean - abs(mean) / 9, mean + abs(mean) / 9)
    significant = None if mean is None else mean != 0
    return Difference(
        kpi=kpi, a=a, b=b, mean=mean, ci95=ci95, n=3, unit=unit, significant=significant, more_runs=0 if mean else None
    )


def test_pairs_that_do_not_differ_share_a_line_and_what_nobody_has_is_left_out():
    """A wall of `the same in every run` hides what is decided; the JSON document has every pair."""
    same = [difference("lost_orders", a, b, 0.0) for a, b in ("ab", "ac", "bc")]
    some, decided = difference("fallback_s", "a", "b", 0.0), difference("fallback_s", "a", "c", -9.0, "s")
    absent, by_label = difference("false_alarms", "a", "b", None), difference("attempts_per_call{link=x}", "a", "b", -1)
    assert decisions([*same, some, decided, absent, by_label])[1:] == (
        "  fallback_s: a has less fallback_s than c by 9 s (8 .. 10): decided.",
        "  The same in every run so far: lost_orders, fallback_s (1 of 2 pairs).",
    )


def test_a_terminal_is_told_the_first_decisions_and_how_many_more_there_are():
    told = decisions([difference(f"m{n}", "a", "b", -9.0) for n in range(9)], 4)
    assert len(told) == 1 + 4 + 1
    assert told[-1] == "  and 5 more, all in kpis.json (differences)"


def test_designs_that_are_equally_good_share_the_answer():
    rounds = [
        tuple(result(design, seed, {"lost_orders": float(seed if design == "c" else 0)}) for design in "abc")
        for seed in (4, 5, 6)
    ]
    told = answer(compare_rounds(rounds, ["lost_orders"]))
    assert (
        told == "a and b have the least lost orders: a 0 (0 .. 0); b 0 (0 .. 0); c 5 (2.52 .. 7.48). Decided against "
        "every other design."
    )
    alike = answer(compare_rounds([round_[:2] for round_ in rounds], ["lost_orders"]))
    assert alike == "All designs have the same lost orders: a 0 (0 .. 0); b 0 (0 .. 0)."
