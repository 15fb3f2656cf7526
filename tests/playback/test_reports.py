"""What a replay found reaches a build server and a terminal: JUnit, baseline, groups, exit codes, one document."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from msgspec.structs import replace

from scenarios.replays import replay
from tests.playback.recording import asking_for_more, edited, submitted, with_one_order_larger
from twin.cli import main
from twin.model.commands import SubmitOrder
from twin.model.history import Record, Stimulus
from twin.model.particulars import Particulars
from twin.playback.diverge import Divergence, grouped, reach
from twin.playback.junit import junit


@pytest.fixture(scope="module")
def diverging(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history in which one order asks for two units more than production was told."""
    history, _ = with_one_order_larger(recorded, tmp_path_factory.mktemp("edited") / "history.jsonl.gz")
    return history


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["replay", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


def suites(text: str) -> list[ET.Element]:
    root = ET.fromstring(text)
    assert root.tag == "testsuites"
    assert all(suite.tag == "testsuite" for suite in root)
    return list(root)


# --- JUnit


def test_a_junit_file_has_what_build_servers_read(diverging: Path):
    """Method: the shape of the common schema: required names, counts that agree, one fate for each case."""
    found = replay(diverging)
    (suite,) = suites(junit("history.jsonl.gz", found.documents()))
    cases = suite.findall("testcase")
    assert set(suite.attrib) == {"name", "tests", "failures", "skipped", "errors"}
    assert suite.get("name") == "history.jsonl.gz standard"
    assert int(suite.get("tests", "")) == len(cases) == len(found.divergences)
    assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure")) == len(cases)
    for case in cases:
        assert case.get("classname") == "history.jsonl.gz"
        assert case.get("name")
        (failure,) = case
        assert failure.get("type") in {"changed", "published", "extra", "missing"}
        assert failure.get("message", "").startswith("at 2026-03-03T0")
        assert "recorded: " in (failure.text or "")


def test_without_a_divergence_there_is_one_case_that_passes(recorded: Path):
    (suite,) = suites(junit("h", replay(recorded).documents()))
    (case,) = suite
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")
    assert list(case) == []


def test_names_that_xml_cannot_hold_are_shown_all_the_same():
    row = {"kind": "extra", "key": 'order <&"\x00\x1b>', "at": "", "line": 0, "recorded": "\ud800", "replayed": None}
    document = {
        "version": "a<b",
        "verdict": "",
        "violations": [],
        "divergences": [{**row, "chain": [], "accepted": False}],
    }
    (suite,) = suites(junit("h", [document]))
    (case,) = suite
    assert case.get("name") == 'extra order <&"\ufffd\ufffd>'


# --- baseline


def test_a_baseline_is_made_once_and_then_accepts_what_it_names(
    diverging: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    accept, file = tmp_path / "known.txt", tmp_path / "junit.xml"
    words = (str(diverging), "--accept", str(accept), "--format", "json")
    assert ask(capsys, str(diverging), "--format", "json")[0] == 1
    code, out, _ = ask(capsys, *words)
    assert code == 0
    assert accept.read_text().count("\n") == 1 + len(json.loads(out)["divergences"])
    code, out, _ = ask(capsys, *words, "--junit", str(file))
    made = json.loads(out)
    assert code == 0
    assert made["verdict"] == "no divergence but accepted ones"
    assert made["first_divergence"] is None
    assert all(row["accepted"] for row in made["divergences"])
    (suite,) = suites(file.read_text())
    assert suite.get("failures") == "0"
    assert suite.get("skipped") == suite.get("tests")


def test_a_divergence_that_the_baseline_does_not_name_still_fails(
    diverging: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    accept = tmp_path / "known.txt"
    first = replay(diverging).divergences[0].signature
    accept.write_text("# only the first\n" + first + "\n")
    code, out, _ = ask(capsys, str(diverging), "--accept", str(accept), "--format", "json")
    made = json.loads(out)
    assert code == 1
    assert [row["key"] for row in made["divergences"] if row["accepted"]] == [first.partition(" ")[2]]
    assert made["first_divergence"]["accepted"] is False


def test_a_baseline_that_is_none_is_refused_with_its_line(
    diverging: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    accept = tmp_path / "known.txt"
    accept.write_text("# known\n<testsuites>\n")
    code, out, err = ask(capsys, str(diverging), "--accept", str(accept))
    assert (code, out) == (3, "")
    assert err.startswith("twin: known.txt:2: expected a kind (changed, ")


# --- whom they reach


def test_an_order_without_an_account_is_one_customer_by_itself():
    placed = [(11, 7), (12, 7), (13, 0), (14, 0), (0, 0)]
    found = [
        Divergence(kind="changed", key=f"order {order}", at=0, order=order, customer=customer, items=(order, 3))
        for order, customer in placed
    ]
    assert reach(found) == (4, 3, 6, 2)


def test_a_replay_knows_the_customer_whom_the_recording_names(recorded: Path, tmp_path: Path):
    def edit(records: list[Record]) -> list[Record]:
        place, _ = submitted(list(enumerate(records)))[0]
        larger = asking_for_more(records[place], 2)
        assert isinstance(larger, Stimulus) and isinstance(larger.message, SubmitOrder)
        named = replace(larger.message, particulars=Particulars(customer=7))
        return [*records[:place], replace(larger, message=named), *records[place + 1 :]]

    found = replay(edited(recorded, tmp_path / "named.jsonl.gz", edit))
    (document,) = found.documents()
    assert document["reached"]["named"] == 1
    assert [each.customer for each in found.divergences if each.customer] == [7]


# --- groups


def of(*items: int) -> Divergence:
    return Divergence(kind="changed", key=str(items), at=0, items=items)


def test_divergences_that_share_an_item_directly_or_over_others_have_one_cause():
    assert grouped([of(1), of(2), of(1, 3), of(3), of(4)]) == [0, 1, 0, 0, 4]
    assert grouped([of(1), of(2), of(1, 2)]) == [0, 0, 0], "the third joins the first two"
    assert grouped([]) == []
    assert grouped([of(), of()]) == [0, 1], "without items nothing is known to be shared"


def test_two_edits_of_orders_about_other_items_are_two_groups(recorded: Path, tmp_path: Path):
    def edit(records: list[Record]) -> list[Record]:
        orders = submitted(list(enumerate(records)))
        first = orders[20]
        second = next(each for each in orders[21:] if each[1].lines[0].item != first[1].lines[0].item)
        changed = {place: asking_for_more(records[place], 2) for place, _ in (first, second)}
        return [changed.get(place, record) for place, record in enumerate(records)]

    document = replay(edited(recorded, tmp_path / "two.jsonl", edit)).documents()[0]
    groups = document["groups"]
    assert isinstance(groups, list)
    causes = [group["cause"] for group in groups]
    assert sum(cause.startswith("changed order") for cause in causes) == 2
    assert sum(group["divergences"] for group in groups) == len(document["divergences"])  # type: ignore[arg-type]  # a list of rows


# --- the verb


def test_the_document_has_the_keys_of_the_interface(recorded: Path, capsys: pytest.CaptureFixture[str]):
    code, out, err = ask(capsys, str(recorded), "--format", "json", "--quiet")
    made = json.loads(out)
    assert (code, err) == (0, "")
    assert {"applied", "duplicates", "held", "dead_letters", "divergences", "first_divergence", "digest"} <= set(made)
    assert made["mode"] == "verbatim"
    assert made["pinned"] == ["orders", "facts", "answers", "service", "pace"]
    assert made["regenerated"] == []
    assert made["compared"] > 200


def test_the_first_divergence_names_its_chain_and_what_production_recorded(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    history, number = with_one_order_larger(recorded, tmp_path / "edited.jsonl", nth=20)
    code, out, _ = ask(capsys, str(history))
    assert code == 1
    assert f"  first: changed order {number} at 2026-03-03T00:" in out
    assert "    SubmitOrder " in out
    there, here = (line for line in out.splitlines() if line.startswith(("    recorded: ", "    replayed: ")))
    differs = replay(history).divergences[0]
    assert isinstance(differs.recorded, dict) and isinstance(differs.replayed, dict)
    shown = json.loads(there.removeprefix("    recorded: "))
    assert shown, "of two versions the fields that differ are shown, and no others"
    assert all(differs.recorded[name] != differs.replayed[name] for name in shown)
    assert json.loads(here.removeprefix("    replayed: ")).keys() == shown.keys()


def test_a_terminal_shows_groups_and_measures(recorded: Path, capsys: pytest.CaptureFixture[str]):
    _, out, _ = ask(capsys, str(recorded), "--perturb", "loss=5%", "--seed", "3")
    assert re.search(r"  \d+ groups with one cause each, by the earliest of them: \w+ .* \(\d+\); ", out)
    assert ", which the replay has not seen" in out
    code, out, _ = ask(capsys, str(recorded), "--mode", "open")
    assert code == 0
    assert re.search(r"  measures \(all of them: --format json\): orders_accepted \d+, ", out)


def test_rows_for_a_spreadsheet_have_one_line_for_each_divergence(diverging: Path, capsys: pytest.CaptureFixture[str]):
    code, out, _ = ask(capsys, str(diverging), "--format", "csv")
    head, *rows = out.splitlines()
    assert code == 1
    assert head == "version,kind,key,at,line,group,accepted"
    assert len(rows) == len(replay(diverging).divergences)


def test_two_designs_side_by_side_say_which_orders_change_and_what_it_would_have_meant(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text(
        "# What would orders be told if nothing might wait?\nschema_version: 1\n"
        'question: "What would orders be told if nothing might wait?"\n'
        'start: {at: "2026-03-03T00:00", zone: UTC}\nhorizon: 1d\nlandscape: {use: mid}\ndemand: none\n'
        "stock: {rule: none, opening: 3}\ndesigns: {candidate: {backorder: {line_policy: FILL_OR_KILL}}}\n"
    )
    words = ("--design", "standard", "--design", f"{candidate}#candidate")
    code, out, _ = ask(capsys, str(recorded), *words, "--format", "json")
    made = json.loads(out)
    assert code == 1
    assert [each["version"] for each in made["versions"]] == ["standard", f"{candidate}#candidate"]
    assert made["versions"][0]["divergences"] == []
    assert made["changed_orders"] == len(made["changed"]) > 3
    row = made["changed"][0]
    assert row["standard"]["answer"] != row[f"{candidate}#candidate"]["answer"] == "IR"
    for version, played in zip(made["versions"], replay(recorded, designs=words[1::2]).made, strict=True):
        assert made["meant"]["confirmed"][version["version"]] == sum(told.confirmed for told in played.orders.values())
    _, out, _ = ask(capsys, str(recorded), *words)
    assert "side by side: " in out and "  order storefront-" in out


def test_shrink_writes_the_history_and_prints_the_test(
    diverging: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    target = tmp_path / "small.jsonl"
    code, out, err = ask(capsys, str(diverging), "--shrink", "--out", str(target))
    assert code == 1
    assert f"    assert not twin.replay('{target}', mode='verbatim').divergences" in out
    assert "shrunk: " in err
    assert target.exists()
    code, out, _ = ask(capsys, str(diverging), "--shrink", "--out", str(target), "--format", "json")
    assert json.loads(out)["shrunk"]["file"] == str(target)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--mode", "verbatim", "--speed", "2"), 3, "mode verbatim is refused: recorded answers came when they came"),
        (("--mode", "open", "--perturb", "loss=1%"), 2, "mode open plays the recording as it is"),
        (("--perturb", "loss=x"), 2, "perturb: loss: "),
        (("--design", "nosuch"), 2, "no design 'nosuch'"),
        (("--design", "a", "--design", "b", "--design", "c"), 2, "at most 2 designs are played side by side"),
        (("--design", "nosuch.yaml#x"), 3, "nosuch.yaml"),
        (("--mode", "backwards"), 2, "Invalid value for '--mode'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(
    recorded: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str
):
    got, out, err = ask(capsys, str(recorded), *words)
    assert (got, out) == (code, "")
    assert said in err


def test_the_folder_of_a_run_stands_for_its_history(recorded: Path, capsys: pytest.CaptureFixture[str]):
    code, out, _ = ask(capsys, str(recorded.parent), "--format", "json")
    assert code == 0
    assert json.loads(out)["compared"] > 200


def test_a_folder_without_a_history_says_where_there_is_one(
    recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    code, out, err = ask(capsys, str(tmp_path))
    assert (code, out) == (3, "")
    assert "the run kept none (--history)" in err
    (tmp_path / "governed").mkdir()
    (tmp_path / "governed" / recorded.name).write_bytes(recorded.read_bytes())
    code, _, err = ask(capsys, str(tmp_path))
    assert code == 3
    assert "name one of its designs' folders: governed" in err


def test_progress_is_told_in_shares_of_the_versions_that_are_played(recorded: Path):
    told: list[tuple[float, int]] = []
    replay(recorded, designs=["standard", "standard"], progress=lambda done, planned: told.append((done, planned)))
    assert {planned for _, planned in told} == {2}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(told) > 100
    assert 1.9 < told[-1][0] <= 2
