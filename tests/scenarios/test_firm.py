"""A firm's own files become a scenario that plays their orders, on their channels, from their stock."""

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import scenarios
from scenarios.starting import starter_of
from twin.errors import ScenarioError, UsageError
from twin.world.opening import open_world
from twin.world.scenario import Scenario

FILES = Path(__file__).parents[2] / "docs" / "my_firm"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in FILES.glob("*.csv"):
        shutil.copyfile(file, tmp_path / file.name)
    return tmp_path


def made(folder: Path, name: str = "firm", zone: str = "Europe/London") -> Scenario:
    """Write the scenario of a folder, which must check without a word, and load it."""
    for file, text in starter_of(folder, name, zone).items():
        (folder / file).write_text(text, encoding="utf-8")
    assert scenarios.check(folder / f"{name}.yaml") == []
    return scenarios.load(folder / f"{name}.yaml")


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def change(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_last_week_is_played_on_the_channels_of_the_file(folder: Path):
    """Every order of the last seven days once, on its own channel, with its own lines."""
    scenario = made(folder)
    opening = open_world(scenario, scenario.seed)
    channels = list(scenario.channels)
    played = Counter(
        (channels[arrival.channel], arrival.number, opening.items[line.item], line.quantity)
        for arrival in opening.arrivals
        for line in arrival.lines
    )
    wanted: Counter[tuple[str, str, str]] = Counter()
    for row in rows(folder, "orders.csv"):
        if row["time"] >= "2026-09-24":
            wanted[row["channel"], row["order"], row["item"]] += int(row["quantity"])
    assert played == Counter((*key, units) for key, units in wanted.items())
    assert len(played) > 300


def test_stock_opens_as_the_file_says(folder: Path):
    scenario = made(folder)
    opening = open_world(scenario, scenario.seed)
    of_items: Counter[str] = Counter()
    of_sites: Counter[str] = Counter()
    for row in rows(folder, "stock.csv"):
        of_items[row["item"]] += int(row["units"])
        of_sites[row["site"]] += int(row["units"])
    record = dict(zip(opening.items, opening.record, strict=True))
    assert {item: sum(record[item]) for item in opening.items} == of_items
    assert set(opening.items) == {row["item"] for row in rows(folder, "items.csv")}
    for place, site in enumerate(opening.sites):
        held = sum(by_site[place] for by_site in record.values())
        assert abs(held - of_sites[site]) <= 0.05 * sum(of_sites.values())


def test_sites_safety_and_zone_are_those_of_the_firm(folder: Path):
    scenario = made(folder)
    wms = scenario.landscape.parties["wms"].model_dump(mode="json", by_alias=True)
    assert {name: site["people"] for name, site in wms["sites"].items()} == {"leeds": 3, "bath": 2}
    assert scenario.stock.items["PAN-01"].safety == 1
    assert scenario.start.zone == "Europe/London"


def test_semicolons_a_byte_order_mark_and_german_stamps_are_read(folder: Path):
    before = numbers(made(folder))
    for file in folder.glob("*.csv"):
        text = file.read_text(encoding="utf-8").replace(",", ";")
        if file.name == "orders.csv":
            lines = [line.split(";") for line in text.splitlines()]
            for cells in lines[1:]:
                day, hour = cells[1].split(" ")
                cells[1] = ".".join(reversed(day.split("-"))) + " " + hour
            text = "\n".join(";".join(cells) for cells in lines) + "\n"
        file.write_text("\ufeff" + text, encoding="utf-8")
    assert numbers(made(folder, "second")) == before


def numbers(scenario: Scenario) -> list[tuple[int, str]]:
    return [(arrival.at, arrival.number) for arrival in open_world(scenario, 1).arrivals]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("sites.csv", "people", "staff", "sites.csv:1: people: this column is missing; there is site, staff, from, to"),
        (
            "sites.csv",
            "leeds,3",
            "leeds,none",
            "sites.csv:2: people: must be a whole number of at least 1 (got 'none')",
        ),
        ("sites.csv", "07:00", "7 am", "sites.csv:2: from: must be a time of day such as '06:00' (got '7 am')"),
        ("sites.csv", "bath", "leeds", "sites.csv:3: site: 'leeds' stands here for the second time"),
        ("channels.csv", "storefront", "storfront", "did you mean 'storefront'?"),
        ("channels.csv", "webshop", "web/shop", "channels.csv:2: channel: must be a plain word"),
        ("stock.csv", "PAN-01,bath", "PAN-01,leeds", "item 'PAN-01' at site 'leeds' stands here for the second time"),
        ("stock.csv", "PAN-02,leeds", "PAN-2,leeds", "stock.csv:4: item: 'PAN-2' is not known; did you mean 'PAN-02'?"),
        ("orders.csv", "2026-09-01 08:36", "1 Sept", "orders.csv:3: time: must be a time such as '2026-03-31 13:05'"),
        ("orders.csv", "webshop,PAN-02,1", "webshop,PAN-02,", "orders.csv:3: quantity: must not be empty"),
        ("orders.csv", "10002,", "10001,", ""),
    ],
)
def test_a_mistake_is_named_by_file_line_and_column(folder: Path, file: str, old: str, new: str, said: str):
    """The last row joins two orders of one channel to one, which is none: a file may have an order in several lines."""
    change(folder, file, old, new)
    if not said:
        assert starter_of(folder, "firm", "UTC")
        return
    with pytest.raises(ScenarioError) as refused:
        starter_of(folder, "firm", "UTC")
    assert any(said in str(problem) for problem in refused.value.problems), refused.value


def test_an_order_on_two_channels_and_a_missing_file_are_named(folder: Path):
    change(folder, "orders.csv", "10003,2026-09-01 09:04,megastore", "10002,2026-09-01 09:04,megastore")
    (folder / "stock.csv").unlink()
    with pytest.raises(ScenarioError) as refused:
        starter_of(folder, "firm", "UTC")
    first, second = refused.value.problems
    assert first.message.startswith("cannot be read: ")
    assert second.message == "order '10002' came over 'webshop' in an earlier line (got 'megastore')"


@pytest.mark.parametrize(
    ("keeps", "said"),
    [
        (lambda row: row["time"] < "2026-09-03", "covers 2 days; at least 3 are needed"),
        (lambda row: row["channel"] != "bazaar" or row["time"] < "2026-09-20", "channel 'bazaar' has no order from"),
        (
            lambda row: row["channel"] != "bazaar" or row["time"] > "2026-09-20",
            "channel 'bazaar' begins with 2026-09-20",
        ),
    ],
)
def test_orders_that_are_too_few_are_refused_in_one_line(
    folder: Path, keeps: Callable[[dict[str, str]], bool], said: str
):
    kept = [row for row in rows(folder, "orders.csv") if keeps(row)]
    with (folder / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(kept[0]))
        writer.writeheader()
        writer.writerows(kept)
    with pytest.raises(UsageError, match=said):
        starter_of(folder, "firm", "UTC")
