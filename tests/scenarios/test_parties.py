"""What `twin check --parties` says of a scenario: notes of its parties, what is stated, and what the rest rests on."""

import json

import pytest

import scenarios
from scenarios.parties import party_rows
from twin import cli


def rows(*settings: str) -> dict[str, dict[str, str | int]]:
    return {str(row["party"]): row for row in party_rows(scenarios.load("whole_house", settings))}


def test_every_party_of_the_scenario_has_its_row_with_what_it_models_and_leaves_out():
    found = rows()
    assert found.keys() == scenarios.load("whole_house").landscape.parties.keys()
    assert all(row["text"] and row["leaves_out"] for row in found.values())
    assert found["carrier_a"]["kind"] == found["carrier_b"]["kind"] == "carrier"


def test_what_is_stated_leaves_the_defaults_and_what_rests_on_them():
    plain, stated = rows()["tms"], rows("landscape.parties.tms.declines=1%")["tms"]
    assert (plain["stated"], plain["assumed"]) == (0, 4)
    assert (stated["stated"], stated["assumed"]) == (1, 3)
    assert "declines: assumed" in str(plain["sources"]) and "declines" not in str(stated["sources"])


def test_what_a_preset_states_is_stated_and_nothing_else_of_its_party():
    broker = rows("landscape.parties.broker={preset: amazon-sqs}")["broker"]
    assert (broker["stated"], broker["published"], broker["assumed"]) == (3, 0, 3)


def test_the_command_prints_them_with_their_sources_for_a_program(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["check", "whole_house", "--parties", "--format", "json", "--quiet"]) in (0, None)
    printed = json.loads(capsys.readouterr().out)
    assert {row["party"]: row["assumed"] for row in printed} == {name: row["assumed"] for name, row in rows().items()}
    assert all("sources" in row for row in printed)
