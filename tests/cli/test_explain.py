"""`twin explain` prints the page of one thing by its name, and names what is near when there is none."""

import json

import pytest

from twin.cli import main


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["explain", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("oversold_units", "- price in `costs`: `oversold_unit`, 2.50 GBP each"),
        ("S-10", "gives_up: [S-10]"),
        ("E2", "faults: [{name: trouble, kind: E2, target: erp,"),
        ("lost_ack_then_crash", "template: lost_ack_then_crash, target: middleware/erp, with: middleware"),
        ("polly-8", "- `attempts`: 4"),
        ("flash_sale", "- claim: `nothing_lost`: lost_orders of governed <= 0, over any 20 seeds"),
        ("metastable_grid", "collapsed of retries >= 1 in a share of runs >= 0.8"),
        ("nested_retries", "- fault: `dead`, E1 at `database`, from 0s on"),
        ("carrier", "- `limit.burst`: 1400 (landscape.yaml, carriers: carrier A (published))"),
    ],
)
def test_a_page_says_what_its_thing_is(capsys: pytest.CaptureFixture[str], name: str, said: str):
    code, out, err = ask(capsys, name)
    assert (code, err) == (0, "")
    assert out.startswith(f"# {name} (")
    assert said in out


@pytest.mark.parametrize(
    "key", ["availability_age_s", "availability_age_s.p95", "api_latency_s.p95{link=middleware/erp}"]
)
def test_a_key_is_explained_by_its_measure(capsys: pytest.CaptureFixture[str], key: str):
    code, out, _ = ask(capsys, key)
    name = key.partition("{")[0].partition(".")[0]
    assert code == 0
    assert f"`{name}.p95`" in out


def test_a_name_in_two_slots_has_both_pages(capsys: pytest.CaptureFixture[str]):
    _, out, _ = ask(capsys, "aws-standard-2.0", "--format", "json")
    assert [row["text"].partition(" of a design")[0] for row in json.loads(out)] == [
        "A published `retry`",
        "A published `budget`",
    ]


@pytest.mark.parametrize(
    ("name", "said"), [("oversold_unit", "did you mean 'oversold_units'"), ("zzz", "`twin list measures` and its like")]
)
def test_an_unknown_name_is_refused_with_what_is_near(capsys: pytest.CaptureFixture[str], name: str, said: str):
    code, out, err = ask(capsys, name)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
