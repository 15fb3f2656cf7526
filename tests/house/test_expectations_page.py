"""The page of what twenty seeds said is about the claims that the scenarios state now."""

import re
from pathlib import Path

import scenarios
from twin.experiment.expectations import claims_of

PAGE = Path(__file__).parents[2] / "docs" / "expectations.md"
SECTIONS = re.findall(r"(?ms)^## (\S+)\n\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"))


def test_every_section_has_the_claims_of_its_scenario_as_they_stand_its_command_and_its_day():
    for name, body in SECTIONS:
        claims = claims_of(scenarios.load(name, small=f"twin compare {name} --small" in body))
        rows = re.findall(r"(?m)^\| (\S+) \| `([^|]*)` \| ", body)
        assert rows == [(claim.name, claim.sentence) for claim in claims], name
        assert re.match(rf"`twin compare {name} .*--reps 20 --seed \d+`.* \(20\d\d-\d\d-\d\d\)\n", body), name


def test_no_section_is_of_a_scenario_that_does_not_ship_or_stands_twice():
    names = [name for name, _ in SECTIONS]
    assert sorted(set(names)) == names
    assert set(names) <= set(scenarios.names())
