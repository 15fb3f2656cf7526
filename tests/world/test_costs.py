"""Prices add up exactly, in one currency, and are read as amounts only."""

import pytest

import twin
from twin.errors import ScenarioError
from twin.world.costs import MEASURE_OF, Costs
from twin.world.measure_names import MEASURES


def test_the_total_is_the_sum_of_price_times_measure() -> None:
    costs = Costs.model_validate({"oversold_unit": "25.00 GBP", "channel_call": "0.0004 GBP"})
    kpis = {"oversold_units": 3.0, "channel_calls": 17_731.0, "lost_sales_units": None}
    assert costs.parts(kpis) == {"oversold_units": 75.0, "channel_calls": 7.0924}
    assert costs.total(kpis) == 82.0924


def test_a_run_prices_its_own_measures() -> None:
    scenario = twin.load("first_day", ["horizon=1h"])
    findings = twin.run(scenario.with_("costs.channel_call", "1.00 GBP"), reps=1)
    (run,) = findings.comparison.runs
    others = scenario.with_("costs.channel_call", "0.00 GBP").costs.total(run.kpis)
    assert run.kpis["cost_of_failure"] == pytest.approx(others + (run.kpis["channel_calls"] or 0))
    assert findings.kpis["cost_of_failure"].unit == "GBP"


def test_every_default_says_that_it_is_assumed() -> None:
    for name in MEASURE_OF:
        assert str(Costs.model_fields[name].description).startswith(("assumed", "rule"))


def test_two_currencies_are_refused() -> None:
    with pytest.raises(ScenarioError, match="one currency"):
        twin.load("first_day", ['costs.channel_call="1.00 EUR"'])


def test_what_is_priced_is_a_measure() -> None:
    later = {"late_orders", "ack_deadline_missed"}
    assert set(MEASURE_OF.values()) - later <= set(MEASURES)
