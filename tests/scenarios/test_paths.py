"""A path means exactly what exists: in the file, or as a setting with a default; anything else is answered."""

import pytest

import scenarios
from scenarios.paths import NoWay, Part, parse
from twin.errors import ScenarioError
from twin.world.designs import GovernedPublication
from twin.world.landscape import Wms
from twin.world.retry_specs import ExponentialRetry


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("seed", (Part("seed"),)),
        ("designs.*.retry", (Part("designs"), Part("*", any=True), Part("retry"))),
        ("faults[0].factor", (Part("faults"), Part(index=0), Part("factor"))),
        ('stock.items."A.1".opening', (Part("stock"), Part("items"), Part("A.1"), Part("opening"))),
        ("links.middleware/erp.lost", (Part("links"), Part("middleware/erp"), Part("lost"))),
    ],
)
def test_a_path_is_read_step_by_step(text: str, parts: tuple[Part, ...]) -> None:
    assert parse(text) == parts


@pytest.mark.parametrize("text", ["", ".a", "a.", "a..b", 'a."b', "a[x]", "a[0]b"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(NoWay, match="is no path"):
        parse(text)


def test_settings_are_read_as_yaml_and_split_at_the_first_equals_sign() -> None:
    scenario = scenarios.load(
        "oversell",
        ["seed=11", "designs.governed.publication.interval=30s", 'expectations.batch_oversells_more.is=">= 3"'],
    )
    governed = scenario.designs["governed"].publication
    assert isinstance(governed, GovernedPublication)
    assert (scenario.seed, governed.interval, str(scenario.expectations[0].is_)) == (11, 30_000_000, ">= 3")
    assert scenario.overrides[0] == "seed=11"


def test_a_star_means_every_entry_that_has_the_rest() -> None:
    scenario = scenarios.load("oversell", ["designs.*.retry.attempts=9", "designs.*.publication.interval=7s"])
    retries = [design.retry for design in scenario.designs.values()]
    assert [retry.attempts for retry in retries if isinstance(retry, ExponentialRetry)] == [9, 9, 9]
    intervals = [getattr(design.publication, "interval", None) for design in scenario.designs.values()]
    assert intervals == [None, None, 7_000_000], "only the governed design has an interval"


def test_settings_are_checked_after_all_are_set() -> None:
    scenario = scenarios.load(
        "oversell",
        ["channels.storefront.share=50%", "channels.marketplace_a.share=30%", "channels.marketplace_b.share=20%"],
    )
    assert scenario.shares() == {"storefront": 0.5, "marketplace_a": 0.3, "marketplace_b": 0.2}
    assert "shares must sum" in scenarios.check("oversell", ["channels.storefront.share=50%"])[0].message


def test_null_removes_an_entry_with_a_name_of_its_own() -> None:
    scenario = scenarios.load("oversell", ["landscape.parties.wms.sites.west=null"])
    wms = scenario.landscape.parties["wms"]
    assert isinstance(wms, Wms)
    assert list(wms.sites) == ["east"]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("designs.governd.publication.interval=30s", "there is no 'governd' in designs; did you mean 'governed'?"),
        ("designs.governed.publication.intervl=30s", "unknown key; did you mean 'interval'?"),
        ("designs.governed.publicatoin.interval=30s", "there is no 'publicatoin' in designs.governed; did you mean"),
        ("designs.*.nothing=1", "no entry of designs has nothing"),
        ("designs.governed.extends=every_event", "set the slots instead"),
        ("expectations.nobody.seeds=3", "there is no 'nobody' in expectations"),
        ("expectations[9].seeds=3", "there is no '[9]' in expectations"),
        ("seed.deeper=3", "seed is a single value"),
        ("horizon=-3d", "must not be negative (got '-3d')"),
        ("horizon", "must be path=value"),
        ("seed=[1", "the value is not YAML"),
        ("stock.items.23166.opening=3", "there is no '23166' in stock.items"),
        ("faults.slow.factor=3", "there is no 'slow' in faults"),
    ],
)
def test_a_wrong_setting_names_the_option_and_the_path(override: str, said: str) -> None:
    problems = scenarios.check("oversell", [override])
    assert said in problems[0].message
    assert problems[0].file == "--set"
    assert str(problems[0]).startswith("--set: ")


def test_with_changes_one_setting_and_leaves_the_scenario_alone() -> None:
    scenario = scenarios.load("oversell")
    changed = scenario.with_("designs.governed.workers.count", 5).with_("seed", 3)
    assert (changed.designs["governed"].workers.count, changed.seed) == (5, 3)
    assert (scenario.designs["governed"].workers.count, scenario.seed) == (2, 7)
    with pytest.raises(ScenarioError, match=r"with_: designs\.governed\.workers\.count: must be at least 1"):
        scenario.with_("designs.governed.workers.count", 0)
    with pytest.raises(ScenarioError, match="there is no 'nobody'"):
        scenario.with_("designs.nobody.workers.count", 3)


def test_small_applies_before_what_the_caller_sets() -> None:
    small = scenarios.load("oversell", small=True)
    assert small.horizon == 86_400_000_000
    assert scenarios.load("oversell", ["horizon=2d"], small=True).horizon == 2 * 86_400_000_000
