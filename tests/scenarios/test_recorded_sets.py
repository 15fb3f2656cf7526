"""Every recorded set beside the checkout is imported under its shipped mapping, to the figures of its description.

The figures are those that the description of the data states, counted there without this project.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.imports import Imported, import_files
from scenarios.mappings import mapping_named
from scenarios.replays import replay
from twin.errors import HistoryError
from twin.model import business
from twin.model.history import Fact
from twin.playback.history import HistoryFile

SETS = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not SETS.exists(), reason="the recorded sets are not beside this checkout (../shared/data)"
)
Import = Callable[..., tuple[Imported, Path]]


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    """Import files of a set under a shipped mapping, or one changed from it."""

    def carry_out(name: str, *files: str, mapping: Path | None = None) -> tuple[Imported, Path]:
        out = tmp_path / "history.jsonl.gz"
        return import_files([SETS / file for file in files], mapping or mapping_named(Path(name)), out), out

    return carry_out


def notes(made: Imported) -> dict[str, int]:
    return {note: count for report in made.reports.values() for note, count in report.notes}


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    text = mapping_named(Path(name)).read_text(encoding="utf-8")
    assert text.count(old) == 1
    file = folder / "changed.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def test_olist(imported: Import):
    """The description says that 23 payments differ by more than a cent; in decimals 20 do, and 20 more by just one."""
    made, out = imported("olist", "olist")
    assert made.document()["rows"] == 6_029
    steps = dict.fromkeys(("OrderPlaced", "PaymentCaptured", "ShipmentHandedOver"), 6_029)
    assert made.events == {**steps, "ShipmentDelivered": 6_028}
    assert made.refused == {}
    found = notes(made)
    assert found["out_of_sequence: ShipmentHandedOver before PaymentCaptured"] == 67
    assert found["out_of_sequence: ShipmentHandedOver before OrderPlaced"] == 13
    assert found["out_of_sequence: ShipmentDelivered before ShipmentHandedOver"] == 1
    assert found["out_of_sequence: ShipmentDelivered before PaymentCaptured"] == 6
    assert found["delivered after the promise"] == 477
    assert found["delivered after the promised day"] == 404
    assert found["units handed over after the cut-off"] == 656
    assert found["elements that repeat a line of their document"] == 713
    assert found["orders of several sellers"] == 81
    assert found["paid more than a cent apart from what is due"] == 20
    assert found["step_absent: ShipmentDelivered"] == 1
    assert found["rows whose time is before that of the row above"] == 3_006
    orders = [
        record.fact
        for _, record in HistoryFile(out)
        if isinstance(record, Fact) and isinstance(record.fact, business.OrderPlaced)
    ]
    assert sum(line.quantity for order in orders for line in order.lines) == 6_989
    assert sum(len({line.site for line in order.lines}) > 1 for order in orders) == 81


@pytest.mark.slow
def test_online_retail(imported: Import):
    """Of 1,666 prices of nothing 17 stand in service codes, which are refused before their price is read."""
    made, _ = imported("online-retail", "online-retail/invoice-lines-2010-12_2011-07.csv.gz")
    found = notes(made)
    assert found["documents whose rows have several times"] == 36
    assert found["values of price that are zero"] == 1_649
    assert made.document()["rows"] == 285_421
    assert made.refused == {"service_code": 1_777}
    assert made.events == {"OrderPlaced": 11_485, "ReturnRegistered": 2_042, "StockAdjusted": 863}
    assert made.event_rows == {"OrderPlaced": 277_944, "ReturnRegistered": 4_837, "StockAdjusted": 863}


def test_northwind(imported: Import):
    made, out = imported("northwind", "northwind")
    assert made.events == {"OrderPlaced": 830, "ShipmentHandedOver": 809}
    found = notes(made)
    assert (found["shipped after the required date"], found["step_absent: ShipmentHandedOver"]) == (37, 21)
    (opening,) = made.openings.values()
    assert (opening.mapped, dict(opening.notes)["without stock"]) == (77, 5)
    header = HistoryFile(out).header
    assert len(header.snapshot.rows["items"]) == len(header.items) == 77
    facts = [record.fact for _, record in HistoryFile(out) if isinstance(record, Fact)]
    lines = [line for fact in facts if isinstance(fact, business.OrderPlaced) for line in fact.lines]
    assert (len(lines), sum(line.quantity for line in lines)) == (2_155, 51_317)


CLOSING = {
    "Company Warehouse": {
        "Back Light": 17,
        "Bell": 17,
        "Box": 75,
        "Brake Cable (2)": 6,
        "Brake Shoes (4)": 21,
        "Front Light": 18,
        "Handles (2)": 6,
        "Helmet": 12,
        "Pedal": 46,
        "Saddle": 17,
        "Speedometer": 40,
        "Tire": 19,
        "Tube": 13,
    },
    "Planning System": {
        "Back Light": 27,
        "Bell": 16,
        "Box": 74,
        "Brake Cable (2)": 6,
        "Brake Shoes (4)": 21,
        "Front Light": 18,
        "Handles (2)": 6,
        "Helmet": 11,
        "Pedal": 46,
        "Saddle": 17,
        "Speedometer": 39,
        "Tire": 19,
        "Tube": 13,
    },
    "PADS Inventory (VMI)": {
        "PADS Brake Cable (2)": 11,
        "PADS Brake Shoes (2)": 8,
        "PADS Tire": 30,
        "PADS Tube": 35,
    },
}
"""What each place has at the end, as the description of the set has it."""


@pytest.mark.slow
def test_the_stock_that_a_replay_of_the_quantity_log_ends_with_is_the_published_one(imported: Import):
    made, out = imported("ocel-inventory", "ocel-inventory/QEL_Inventory_Management_extended.xml.gz")
    assert made.document()["rows"] == 3_622
    assert made.refused == {}
    assert made.events == {
        "OrderPlaced": 698,
        "OrderCancelled": 18,
        "OrderStep": 1_808,
        "SupplyOrdered": 94,
        "StockAdjusted": 6_318,
    }
    (opening,) = made.openings.values()
    assert (opening.rows, opening.mapped) == (5_801, 30)
    replays = replay(out, mode="verbatim")
    (played,) = replays.made
    header = replays.header
    ends: dict[str, dict[str, int]] = {}
    for (item, site), quantity in played.played.stock.items():
        ends.setdefault(header.sites[site], {})[header.items[item]] = quantity
    found = {place: {item: ends[place][item] for item in items} for place, items in CLOSING.items()}
    assert found == CLOSING
    elsewhere = [quantity for place in ends for item, quantity in ends[place].items() if item not in CLOSING[place]]
    assert set(elsewhere) == {0}


@pytest.mark.slow
def test_purchase_items_of_a_process_log(imported: Import):
    made, out = imported("bpic2019", "bpic2019/purchase-items-a.xes.gz")
    assert made.events == {"OrderStep": 168_704}
    found = notes(made)
    assert (found["before 2018"], found["after January 2019"]) == (59, 4)
    assert found["rows whose time is before that of the row above"] == 5_356
    assert found["rows that repeat an earlier one"] == 87_756
    assert found["dates shifted by a zone (23:59 and the like)"] == 10_657
    assert found["failed transfers"] == 21
    steps = [record.fact for _, record in HistoryFile(out) if isinstance(record, Fact)]
    assert len({step.order for step in steps if isinstance(step, business.OrderStep)}) == 5_391
    (version,) = replay(out).made
    played = version.played
    assert (version.mode, played.read, sum(played.steps.values()), len(played.steps)) == (
        "verbatim",
        168_704,
        168_704,
        41,
    )
    assert {each.name: each.orders for each in played.lifecycles} == {
        "invoiced before ordered": 284,
        "cleared before received": 16,
        "several goods receipts": 3_307,
        "goods receipt cancelled": 464,
        "transfer failed": 21,
    }
    for mode in ("open", "what-if"):
        with pytest.raises(HistoryError, match=f"mode {mode} is refused: it has no orders to play"):
            replay(out, mode=mode)


@pytest.mark.parametrize("form", ["jsonocel", "xmlocel", "sqlite"])
def test_the_example_of_ocel_says_the_same_in_its_three_forms(imported: Import, tmp_path: Path, form: str):
    kind = {"jsonocel": "ocel-json", "xmlocel": "ocel-xml", "sqlite": "ocel-sqlite"}[form]
    mapping = changed(tmp_path, "ocel20_example", "format: ocel-json}", f"format: {kind}}}")
    made, out = imported("", f"ocel-examples/ocel20_example.{form}", mapping=mapping)
    assert (made.document()["rows"], made.events) == (13, {"OrderStep": 13, "SupplyOrdered": 2})
    supplies = [
        (record.at, record.fact.purchase, record.fact.lines)
        for _, record in HistoryFile(out)
        if isinstance(record, Fact) and isinstance(record.fact, business.SupplyOrdered)
    ]
    cows, notebooks = business.OrderedItem("Cows", 500), business.OrderedItem("Notebooks", 1)
    assert [(purchase, lines) for _, purchase, lines in supplies] == [("PO1", (cows,)), ("PO2", (notebooks,))]
    assert supplies[0][0] == (18 * 60 + 15) * 60_000_000  # from 2022-01-09 15:00 local to the day after, 09:15


def test_events_under_their_ids_in_ocel_1(imported: Import):
    made, _ = imported("ocel10_example", "ocel-examples/example_log.jsonocel")
    assert (made.document()["rows"], made.refused) == (23, {})


def test_epcis_documents_of_both_versions(imported: Import):
    """40 files, some of one name; the invalid ones are refused, and so is the query without an answer, among others."""
    valid = sorted(path for path in (SETS / "epcis").rglob("*.*") if path.is_file() and path.parent.name != "invalid")
    made, out = imported("epcis", *(str(path.relative_to(SETS)) for path in valid))
    assert len(made.reports) == len(valid) == 34
    assert made.refused == {"declared_wrong": 9, "observation": 34, "duplicate": 3, "conflicting_id": 3, "no_rows": 1}
    assert made.events == {"OrderStep": 12, "StockAdjusted": 5, "StockReceived": 10}
    (version,) = replay(out).made
    assert (version.played.read, version.played.applied) == (27, 15)
    assert version.played.steps == {"inspecting": 1, "receiving": 6, "shipping": 5}
    invalid = sorted(file.name for file in (SETS / "epcis/2.0-json/invalid").glob("*.json"))
    for name in (*(f"invalid/{name}" for name in invalid), "query/queries/SimpleEventQuery.json"):
        with pytest.raises(HistoryError, match=r"invalid_event|no @context|no EPCIS event"):
            imported("epcis", f"epcis/2.0-json/{name}")


def test_ubl_documents_of_all_kinds_in_one_import(imported: Import):
    files = sorted(path.name for path in (SETS / "ubl").glob("*.xml"))
    made, out = imported("ubl", *(f"ubl/{name}" for name in files))
    assert made.refused == {"about_no_order": 3}
    assert made.events == {
        "OrderPlaced": 2,
        "OrderCancelled": 1,
        "ShipmentHandedOver": 1,
        "StockCounted": 3,
        "OrderStep": 6,
    }
    facts = [record.fact for _, record in HistoryFile(out) if isinstance(record, Fact)]
    lines = {fact.order: fact.lines for fact in facts if isinstance(fact, business.OrderPlaced)}
    assert [line.quantity for line in lines["34"]] == [120, 15]
    assert [fact.counted for fact in facts if isinstance(fact, business.StockCounted)] == [10, 15, 5]


@pytest.mark.parametrize(
    ("name", "file", "events"),
    [
        ("shopify_orders", "shopify/orders.json", {"OrderPlaced": 1, "OrderCancelled": 1}),
        ("woocommerce_orders", "woocommerce/orders.json", {"OrderPlaced": 1, "PaymentCaptured": 1}),
        ("walmart_orders", "walmart/us-mp-orders.json", {"OrderPlaced": 20}),
        ("amazon_vendor_orders", "amazon-sp-api/vendorOrders.json", {"OrderPlaced": 6}),
    ],
)
def test_recorded_answers_of_shops(imported: Import, name: str, file: str, events: dict[str, int]):
    made, out = imported(name, f"payloads/{file}")
    assert made.events == events
    (version,) = replay(out, mode="open").made
    assert version.kpis["orders_placed"] == events["OrderPlaced"]


@pytest.mark.parametrize(
    ("name", "files", "events"),
    [
        ("easypost-tracker", "easypost/tracker-updated-event.json", {"OrderStep": 7}),
        ("ups-tracking", "carriers/ups-tracking.json", {"OrderStep": 2}),
        ("fedex-tracking", "carriers/fedex-tracking.json", {"OrderStep": 1}),
        ("dhl-tracking", "carriers/dhl-tracking.json", {"OrderStep": 1}),
        ("amazon-orders", "amazon-sp-api/ordersV0.json", {"OrderStep": 3}),
        ("amazon-notifications", "amazon-sp-api/notification-*.json", {"OrderStep": 2, "StockCounted": 3}),
        ("bigcommerce-webhooks", "bigcommerce/*.json", {"OrderStep": 3, "StockCounted": 1}),
        ("shopify-events", "shopify/fulfillment*.json", {"ShipmentHandedOver": 1, "OrderStep": 1}),
        ("shopify-events", "shopify/inventory_level.json", {"StockCounted": 1}),
    ],
)
def test_what_carriers_and_shops_tell_after_an_order(imported: Import, name: str, files: str, events: dict[str, int]):
    found = sorted(path.relative_to(SETS) for path in (SETS / "payloads").glob(files))
    made, out = imported(name, *map(str, found))
    assert made.events == events
    (version,) = replay(out).made
    assert sum(version.played.steps.values()) == events.get("OrderStep", 0)
    assert version.played.applied == events.get("StockCounted", 0)
