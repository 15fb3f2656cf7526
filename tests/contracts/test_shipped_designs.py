"""Every shipped design does the same in every shell: the rules and procedures that were compared are deployed."""

import tempfile
from functools import partial
from pathlib import Path

import pytest

import scenarios
from tests.contracts import real_day
from tests.contracts.real_day import Given
from tests.contracts.shells import SHELLS, Kept
from twin.live.deployment import Deployment
from twin.middleware.unit import Outcome
from twin.model.message import Message
from twin.world.deployed import deployment_of


@pytest.fixture(scope="module")
def script() -> list[Given]:
    return real_day.script()


def played(kind: str, deployment: Deployment, script: list[Given]) -> tuple[list[Outcome], Kept]:
    with tempfile.TemporaryDirectory() as folder:
        shell = SHELLS[kind](deployment.procedures, deployment.rules, Path(folder))
        shell.fill(partial(real_day.stock_items, sites=len(deployment.sites)))
        outcomes = [shell.run(message, now) for message, now in script if concerns(deployment, message)]
        kept = shell.kept()
        shell.close()
    return outcomes, kept


def concerns(deployment: Deployment, message: Message) -> bool:
    """Tell whether the day's message is about a channel and a site that the scenario has."""
    channel, site = getattr(message, "channel", 0), getattr(message, "site", 0)
    return channel < len(deployment.channels) and site < len(deployment.sites)


@pytest.mark.parametrize("kind", ["waiting", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
@pytest.mark.parametrize("name", scenarios.names())
def test_the_designs_of_a_scenario_leave_the_same_day_in_every_shell(name: str, kind: str, script: list[Given]) -> None:
    scenario = scenarios.load(name, small=True)
    if scenario.is_blank:
        pytest.skip("a world without a distributor has no middleware to deploy")
    for design in scenario.designs:
        deployment = deployment_of(scenario, design)
        outcomes, kept = played("direct", deployment, script)
        assert played(kind, deployment, script) == (outcomes, kept), design
        assert {Outcome.ACCEPTED, Outcome.APPLIED} <= set(outcomes)
