"""A scenario file is read whole, or every mistake in it is named with its place, its path and what was got."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

import scenarios
from scenarios.document import path_text, walk
from scenarios.loader import Loaded
from twin.errors import Problem, ScenarioError
from twin.world.demand import Distribution, History
from twin.world.designs import GovernedPublication
from twin.world.landscape import ErpCloud, Wms
from twin.world.retry_specs import ExponentialRetry
from twin.world.seller_specs import Marketplace, Storefront

WHOLE = """\
# What does a small distributor do with two channels?
schema_version: 1
question: What does a small distributor do with two channels?
start: {at: "2011-01-10T00:00", zone: Europe/London}
horizon: 2d
seed: 7
landscape:
  parties:
    erp: {kind: erp_cloud, concurrency: 5, write_latency: {archetype: erp_write, p50_factor: 2}}
    wms:
      kind: wms
      sites: {east: {people: 4}, west: {people: 2, shift: {from: "08:00", to: "16:00"}}}
    shop: {kind: storefront}
    market: {kind: marketplace, stock_api: {kind: feed, turnaround: 30m}}
    carrier: {kind: carrier}
    supplier: {kind: supplier}
    middleware: {kind: middleware}
  links:
    middleware/erp: {latency: {law: lognormal, p50: 20ms, p95: 80ms}, lost: 0.01%, capacity: 50/s}
channels:
  shop:   {share: 45%, counts_down: true, cache: 30s, intake: {kind: webhook}}
  market: {share: 55%, counts_down: false,  intake: {kind: poll, every: 2m}}
demand:
  kind: distribution
  orders_per_day: 200
  multipliers: cyber_monday
  shape: {hours: hour_shares_wholesaler, weekdays: weekday_shares_wholesaler}
stock:
  rule: {kind: s_S, service_level: 98%}
  items: {"23166": {opening: 40}}
designs:
  plain: {publication: {kind: batch, at: ["02:00"]}, gives_up: [S-10]}
  governed:
    publication: {kind: governed, interval: 5s, buffer: {kind: risk, epsilon: 1%}}
    retry: {kind: exponential, attempts: 4}
  quick: {extends: governed, publication: {kind: every_event}}
expectations:
  - {name: more, kpi: oversold_units, design: plain, minus: governed, is: "> 0", claim: A batch oversells.}
small: {horizon: 8h, expectations.more.seeds: 3}
"""

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes a file, by default the whole scenario with one text changed, and returns its path."""

    def written(*changes: str, name: str = "world.yaml", text: str = WHOLE) -> str:
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            assert old in text
            text = text.replace(old, new, 1)
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return str(file)

    return written


def told(problems: list[Problem] | tuple[Problem, ...]) -> list[str]:
    """Each problem without the folder."""
    return [f"{problem.line}:{problem.column}: {problem.path}: {problem.message}" for problem in problems]


def test_a_whole_scenario_is_read_into_typed_values(write: Write) -> None:
    scenario = scenarios.load(write())
    assert (scenario.horizon, scenario.seed, scenario.reps) == (2 * 86_400_000_000, 7, 1)
    assert scenario.start_us == 1_294_617_600_000_000
    erp, wms = scenario.landscape.parties["erp"], scenario.landscape.parties["wms"]
    assert isinstance(erp, ErpCloud)
    assert isinstance(wms, Wms)
    assert (erp.concurrency, erp.when_full, wms.sites["west"].shift.to.us) == (5, "reject", 16 * 3_600_000_000)
    assert erp.write_latency.written_out.model_dump()["p50"] == "2s400ms", "the archetype's 1.2 s, doubled"
    assert scenario.shares() == {"shop": 0.45, "market": 0.55}
    assert isinstance(scenario.demand, Distribution)
    assert scenario.multiplier(scenario.demand, "shop") == 5.9
    assert scenario.multiplier(scenario.demand, "market") == 4.5
    assert sum(scenario.demand.shape.hour_shares) == pytest.approx(1)
    assert scenario.demand.shape.weekday_shares[5] == 0, "nobody buys on a Saturday"
    assert scenario.landscape.links["middleware/erp"].capacity is not None


def test_a_design_takes_from_another_the_slots_that_it_does_not_state(write: Write) -> None:
    designs = scenarios.load(write()).designs
    assert designs["quick"].publication.kind == "every_event"
    assert designs["quick"].retry == designs["governed"].retry == ExponentialRetry(kind="exponential", attempts=4)
    assert designs["plain"].gives_up == ("S-10",)


def test_a_scenario_pickles_and_its_canonical_form_has_one_digest(write: Write) -> None:
    scenario = scenarios.load(write())
    again = pickle.loads(pickle.dumps(scenario))
    assert (again, again.sha256, again.name, again.text) == (scenario, scenario.sha256, "world", WHOLE)
    assert again.with_("seed", 8).seed == 8
    spaced = scenarios.load(write("horizon: 2d", "horizon:   PT48H"))
    assert spaced.sha256 == scenario.sha256
    assert scenario.with_("seed", 8).sha256 != scenario.sha256


def test_the_four_example_errors_come_in_one_go_with_their_places(write: Write) -> None:
    """Aim: the examples of the language's contract. Method: all four mistakes in one file."""
    file = write(
        "intake: {kind: poll, every: 2m}", "intake: {kind: poll, evry: 2m}",
        "  kind: distribution\n  orders_per_day: 200\n", "  kind: history\n  file: data/online_retail.csv\n",
        "  multipliers: cyber_monday\n  shape: {hours: hour_shares_wholesaler, weekdays: weekday_shares_wholesaler}\n",
        "  mapping: data/online_retail.yaml\n",
        'items: {"23166": {opening: 40}}', "items: {23166: {opening: 40}}",
        "quick: {extends: governed,", "quick: {extends: govern,",
    )  # fmt: skip
    assert sorted(told(scenarios.check(file)), key=lambda line: int(line.split(":")[0])) == [
        "22:66: channels.market.intake.evry: unknown key; did you mean 'every'?",
        "25:9: demand.file: no such file 'data/online_retail.csv' (looked beside the scenario and in the shipped data)",
        "29:11: stock.items: identifier must be text; put it in quotes (got 23166)",
        "35:20: designs.quick.extends: 'govern' is no design here; there are plain, governed, quick",
    ]


BAD = [
    ("horizon: 2d", "horizont: 2d", "5:1: horizont: unknown key; did you mean 'horizon'?"),
    ("seed: 7", "seed: x", "6:7: seed: must be a whole number (got 'x')"),
    ("seed: 7", "seed: 1.5", "6:7: seed: must be a whole number (got 1.5)"),
    ("horizon: 2d", "horizon: -3d", "5:10: horizon: must not be negative (got '-3d')"),
    ("horizon: 2d", "horizon: 2mo", "5:10: horizon: must be in days or less; months and years have no fixed length"),
    ("horizon: 2d\n", "", "2:1: horizon: is missing"),
    ("concurrency: 5", "concurrency: 0", "9:41: landscape.parties.erp.concurrency: must be at least 1 (got 0)"),
    ("capacity: 50/s", "capacity: -50/s", "must be greater than 0 (got '-50/s')"),
    ("capacity: 50/s", "capacity: 50", "must be a rate with its unit, such as 9/s, 100/min or 10/h (got 50)"),
    ("archetype: erp_write", "archetype: erp_writ", "no such archetype 'erp_writ'; did you mean 'erp_write'?"),
    ("law: lognormal", "law: lognromal", "middleware/erp.latency.law: no such law 'lognromal'; there are constant"),
    ("lost: 0.01%", "lost: 1.5", "must be a share from 0 to 1, such as 2% or 0.02 (got 1.5)"),
    ("{kind: carrier}", "{kind: gateway}", "there must be exactly one party of kind carrier (got none)"),
    ("{kind: carrier}", "{kind: carier}", "no such party kind 'carier'; there are erp_cloud"),
    ("{kind: carrier}", '{use: "desk:Desk"}', "landscape.parties.carrier.use: wants the code of module 'desk'"),
    ("share: 45%", "share: 44%", "20:1: channels: shares must sum to 100 % (got 99 %)"),
    ("orders_per_day: 200", "orders_per_day: -1", "25:19: demand.orders_per_day: must not be negative (got -1)"),
    ("multipliers: cyber_monday", "multipliers: cyber_mon", "did you mean 'cyber_monday'?"),
    ("minus: governed", "minus: govern", "'govern' is no design here; did you mean 'governed'?"),
    ('is: "> 0"', 'is: "about 0"', "expectations.more.is: must be"),
    ("[S-10]", "[S-99]", "no such invariant 'S-99'; there are S-1"),
    ("[S-10]", "[L-3]", "invariant 'L-3' compares runs, as a test does, and no run can break it"),
    ("{kind: exponential, attempts: 4}", "polly-8", "retry: is the name of a preset; write {preset: polly-8}"),
    ("attempts: 4}", "attempts: 4, cap: 1ms}", "designs.governed.retry.cap: must not be shorter than base (got "),
    ("seed: 7", "seed: 7\nties: drawn", "'drawn' does not exist yet; there is fifo"),
    ("seed: 7", "seed: 7\nseed: 8", "7:1: seed: stands here twice; the first is on line 6"),
    ("seed: 7", "seed: 7\nfaults: [{name: slow}]", "7:10: faults.slow.kind: is missing"),
    ("seed: 7", "seed: 7\nwarm_up: {method: mser5}", "warm_up.at_most"),
    ("seed: 7", "seed: 7\nwarm_up: {method: mser5, at_most: 2d}", "7:1: warm_up: must be shorter than horizon 2d"),
    ("seed: 7", "seed: 7\nwarm_up: 2d", "7:10: warm_up: must be shorter than horizon 2d (got 2d)"),
    ('"2011-01-10T00:00"', "2011-01-10", "4:13: start.at: a date or a time must be put in quotes"),
    ("zone: Europe/London", "zone: Europe/Londn", "must be a time zone such as UTC or Europe/London (got"),
    ("landscape:\n", "landscape:\n  use: blank\n", "channels: says nothing in a world without a distributor"),
    ("landscape:\n", "landscape:\n  use: midd\n", "no such landscape 'midd', and no such file beside the scenario"),
    ("expectations.more.seeds: 3", "expectations.mroe.seeds: 3", "no 'mroe' in expectations; did you mean 'more'?"),
    ("quick: {extends: governed", "quick: {extends: quick", "designs.quick.extends: goes in a circle: quick > quick"),
    ("shop:   {share", "shp:   {share", "'shp' is no party here; did you mean 'shop'?"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), BAD)
def test_a_mistake_is_one_clear_line(write: Write, old: str, new: str, said: str) -> None:
    file = write(old, new)
    lines = told(scenarios.check(file))
    assert any(said in line for line in lines), lines
    assert not any(word in line for line in lines for word in ("pydantic", "validator", "Input", "Extra inputs"))
    with pytest.raises(ScenarioError) as error:
        scenarios.load(file)
    assert str(error.value).startswith(file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("a: [1, 2\nb: }", "is not YAML"),
        ("a: 1\n---\nb: 2\n", "is not YAML"),
        ("- a\n- list\n", "must be a mapping that begins with schema_version (got a list)"),
        ("just text\n", "must be a mapping"),
        ("\x00", "is not YAML"),
    ],
)
def test_a_file_that_is_no_scenario_is_one_line(write: Write, text: str, said: str) -> None:
    problems = scenarios.check(write(text=text))
    assert len(problems) == 1
    assert said in problems[0].message
    assert problems[0].line == (2 if "b: }" in text or "---" in text else 1) or text == "\x00"


def test_an_unknown_name_is_answered_with_the_names() -> None:
    assert [problem.message for problem in scenarios.check("oversel")] == ["no such scenario; did you mean 'oversell'?"]
    assert "there are" in scenarios.check("zzz")[0].message
    assert scenarios.check("nowhere/zzz.yaml")[0].message == "no such file"


JUNK: tuple[object, ...] = (
    None,
    True,
    -1,
    1.5,
    "x",
    "",
    [],
    [1],
    {},
    {"kind": "x"},
    {"law": "normal"},
    {"a": {"b": 1}},
)


def test_junk_anywhere_is_answered_in_our_own_words(write: Write) -> None:
    """Aim: no value at any place ends in a traceback or in a library's words. Method: junk at every place, in turn."""
    scenario = scenarios.load(write())
    origin = scenario.origin
    assert isinstance(origin, Loaded)
    for number, (path, _) in enumerate(walk(origin.tree)):
        for turn in range(2):
            junk = JUNK[(number + 5 * turn) % len(JUNK)]
            try:
                scenario.with_(path_text(path or ("seed",)), junk)
            except ScenarioError as error:
                for problem in error.problems:
                    assert not set(problem.message.lower().split()) & {"input", "valid", "type", "instance"}, problem


def test_the_oversell_law_needs_only_ordinary_settings(write: Write) -> None:
    """Aim: constant delays, a Poisson stream, many items of a fixed stock: the world of the oversell law."""
    scenario = scenarios.load(
        write(
            "shop: {kind: storefront}",
            "shop: {kind: storefront, webhook: {latency: 30s, lost: 0%, duplicated: 0%}, stock_api: {latency: 60s}}",
            "  orders_per_day: 200\n  multipliers: cyber_monday\n",
            "  orders_per_day: 86400\n  items: {popularity: {law: zipf, exponent: 0}}\n  lines: 1\n",
            "stock:\n  rule: {kind: s_S, service_level: 98%}\n",
            "items: {count: 1000}\nstock:\n  rule: none\n  opening: 7\n",
            "epsilon: 1%}}",
            "epsilon: 1%}}\n    backorder: {line_policy: BACKORDER}",
            'is: "> 0"',
            'is: "predicted: oversell_law"',
        )
    )
    shop = scenario.landscape.parties["shop"]
    assert isinstance(shop, Storefront)
    assert shop.webhook.latency.written_out.model_dump()["value"] == "30s"
    assert (scenario.items.count, scenario.stock.opening, scenario.stock.rule.kind) == (1000, 7, "none")
    assert scenario.expectations[0].is_.op == "predicted"
    changed = scenario.with_("landscape.parties.shop.webhook.latency", "5s").with_("stock.opening", 9)
    assert changed.stock.opening == 9


def test_at_most_twenty_problems_are_told(write: Write) -> None:
    many = "seed: 7\n" + "".join(f"nonsense_{n}: 1\n" for n in range(50))
    assert len(scenarios.check(write("seed: 7\n", many))) == 20


def test_a_landscape_lies_under_the_file_and_keeps_its_places(write: Write, tmp_path: Path) -> None:
    head, rest = WHOLE.split("landscape:\n")
    parts, tail = rest.split("demand:\n")
    write(name="firm.yaml", text="landscape:\n" + parts)
    over = "landscape: {use: firm.yaml, parties: {erp: {concurrency: 9}, wms: {sites: {west: null}}}}\ndemand:\n"
    scenario = scenarios.load(write(name="over.yaml", text=head + over + tail))
    erp, wms = scenario.landscape.parties["erp"], scenario.landscape.parties["wms"]
    assert isinstance(erp, ErpCloud)
    assert isinstance(wms, Wms)
    assert (erp.concurrency, list(wms.sites), list(scenario.channels)) == (9, ["east"], ["shop", "market"])
    write("people: 4", "people: -4", name="firm.yaml", text="landscape:\n" + parts)
    assert [str(problem) for problem in scenarios.check(str(tmp_path / "over.yaml"))] == [
        f"{tmp_path}/firm.yaml:6:30: landscape.parties.wms.sites.east.people: must be at least 1 (got -4)"
    ]


def test_another_law_or_kind_replaces_the_one_below_whole(write: Write) -> None:
    head, rest = WHOLE.split("landscape:\n")
    parts, tail = rest.split("demand:\n")
    write(name="firm.yaml", text="landscape:\n" + parts)
    over = """landscape:
  use: firm.yaml
  parties:
    erp: {write_latency: 3s}
    market: {stock_api: {kind: patch, rate: 2/s}}
demand:
"""
    scenario = scenarios.load(write(name="over.yaml", text=head + over + tail))
    erp, market = scenario.landscape.parties["erp"], scenario.landscape.parties["market"]
    assert isinstance(erp, ErpCloud)
    assert isinstance(market, Marketplace)
    assert erp.write_latency.model_dump()["value"] == "3s"
    assert (market.stock_api.kind, market.stock_api.rate.per_s) == ("patch", 2.0)


def test_includes_are_merged_in_order_and_circles_are_refused(write: Write) -> None:
    write(name="one.yaml", text="seed: 1\nreps: 5\n")
    write(name="two.yaml", text="seed: 2\n")
    scenario = scenarios.load(write("seed: 7\n", "includes: [one.yaml, two.yaml]\n"))
    assert (scenario.seed, scenario.reps) == (2, 5)
    write(name="two.yaml", text="includes: [world.yaml]\nseed: 2\n")
    problems = scenarios.check(write("seed: 7\n", "includes: [two.yaml, none.yaml]\n"))
    assert problems[0].message == "includes itself: world.yaml > two.yaml > world.yaml"
    assert "no such file 'none.yaml'" in problems[1].message


def test_the_resolved_text_reads_back_to_the_same_scenario(write: Write) -> None:
    file = write()
    text = scenarios.resolved(file)
    again = scenarios.load(write(name="again.yaml", text=text))
    assert again.sha256 == scenarios.load(file).sha256
    assert "concurrency: 5  # " in text
    assert "picks_right: 99.5%  # default, landscape.yaml, WMS and floor (assumed)" in text
    assert "Undefined" not in text


def test_every_default_has_a_source() -> None:
    """Aim: no figure comes from nowhere. Method: the written-out form of the smallest possible scenario."""
    for name in scenarios.names():
        for line in scenarios.resolved(name).splitlines()[1:]:
            assert not line.endswith("# "), (name, line)


def test_the_exported_schema_is_the_one_of_the_models() -> None:
    committed = Path(scenarios.__file__).parent / "schema" / "scenario-1.json"
    assert json.loads(committed.read_text(encoding="utf-8")) == scenarios.schema()


def test_the_shipped_scenarios_and_landscapes_keep_the_schema() -> None:
    from jsonschema import Draft202012Validator

    from scenarios.document import read

    Draft202012Validator.check_schema(scenarios.schema())
    validator = Draft202012Validator(scenarios.schema())
    room = Path(scenarios.__file__).parent
    head: dict[str, object] = {"schema_version": 1, "question": "?", "horizon": "1d", "demand": "none"}
    for file in sorted((room / "landscapes").glob("*.yaml")):
        node, _, _ = read(file, file.name)
        assert [error.message for error in validator.iter_errors(head | json.loads(json.dumps(node.plain())))] == []
    for name in scenarios.names():
        node, _, _ = read(room / f"{name}.yaml", name)
        document = json.loads(json.dumps(node.plain()))
        assert [error.message for error in validator.iter_errors(document)] == []
        assert list(validator.iter_errors(document | {"horizont": "1d"})), "a misspelt key is seen by an editor"


@pytest.mark.parametrize("small", [False, True])
def test_every_shipped_scenario_is_sound(small: bool) -> None:
    for name in scenarios.names():
        assert [p for p in scenarios.check(name, small=small) if p.level == "error"] == []


def test_shipped_recorded_demand_is_read_through_the_scenario() -> None:
    scenario = scenarios.load("oversell", small=True)
    block = scenario.demands[0]
    assert isinstance(block, History)
    history = scenario.history(block)
    assert history.window_us == 86_400_000_000
    assert history.orders
    assert scenario.history(block) is history, "kept for the next replication"
    governed = scenario.designs["governed"].publication
    assert isinstance(governed, GovernedPublication)
