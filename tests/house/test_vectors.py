"""Every vector of the domain rules has a test that calls the code it names, and a row in the page that says so."""

import pytest

import scenarios
from tests.house.vectors import PAGE, Called, code_of, marks, page
from twin.world.run import run_once

LEFT_OUT = (75, 78)
"""Vectors of rooms that do not exist: the governance of consumers, and the coexistence of two systems."""
OPEN: list[str] = []
"""Vectors without a marked test."""
VECTORS = [f"V{number:02d}" for number in range(1, 109) if number not in LEFT_OUT]
MARKS = marks()


def test_every_vector_has_a_test_but_those_that_are_open():
    tried = {mark.vector for mark in MARKS}
    assert [vector for vector in VECTORS if vector not in tried] == OPEN


def test_a_mark_names_a_vector_and_its_code():
    for mark in MARKS:
        assert mark.vector in VECTORS or mark.number in LEFT_OUT, mark
        assert mark.rule.replace(",", "").isdigit(), mark
        assert code_of(mark.code), mark
        assert mark.scenario in ("", *scenarios.names()), mark


def test_the_page_says_what_the_marks_say():
    """`python -m tests.house.vectors` writes it."""
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", sorted({mark.scenario for mark in MARKS if mark.scenario}))
def test_the_scenario_executes_the_code(name: str):
    """Each design runs once, small, and every code object that it enters is noted."""
    scenario = scenarios.load(name, small=True)
    with Called() as called:
        for design in scenario.designs:
            run_once(scenario, design, scenario.seed, on_violation="report")
    wanted = sorted({mark.code for mark in MARKS if mark.scenario == name})
    assert [code for code in wanted if code_of(code) not in called.codes] == []
