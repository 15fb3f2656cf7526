"""Whether the actions of a scenario fit its world: names, targets, times, and settings that can be made."""

from collections.abc import Iterator

from twin.errors import ScenarioError
from twin.world import landscape, people, settable
from twin.world.action_specs import Action, CountAction, PauseAction, RestartAction, SetAction
from twin.world.finding import Finding, missing
from twin.world.further_parties import ReturnsDeskParty
from twin.world.scenario import Scenario
from twin.world.values import duration_text

CALLED = ("erp_cloud", "erp_legacy", "wms", "customer_portal", "payment_provider")
"""Kinds of parties that the middleware calls, beside those that sell."""
DESKS = (people.Operators, ReturnsDeskParty)


def action_findings(scenario: Scenario) -> Iterator[Finding]:
    """Yield what is wrong with the actions of a scenario."""
    if scenario.is_blank and scenario.actions:
        yield Finding(("actions",), "in a world without a distributor there is nobody who acts")
        return
    taken = [fault.name for fault in scenario.faults]
    for number, action in enumerate(scenario.actions):
        path = ("actions", number)
        if action.name in taken:
            yield Finding((*path, "name"), f"must be unique among actions and faults (got {action.name!r} twice)")
        taken.append(action.name)
        if action.at >= scenario.horizon:
            horizon = duration_text(scenario.horizon)
            told = f"comes after the horizon of {horizon}: it is never done (got {duration_text(action.at)})"
            yield Finding((*path, "at"), told, "warning")
        for key, told in _wrong(action, scenario):
            yield Finding((*path, key), told)


def _wrong(action: Action, scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Yield the key and the sentence of whatever an action cannot do."""
    match action:
        case SetAction():
            yield from _wrong_setting(action, scenario)
        case RestartAction(target=target):
            able = [*scenario.landscape.of_kind("middleware")]
            if target not in able:
                yield "target", missing((), "middleware", target, able).message
        case PauseAction(target=target):
            if target not in (able := _called(scenario)):
                yield "target", missing((), "partner that the middleware calls", target, able).message
        case CountAction(target=target):
            if target not in (able := _counted(scenario)):
                yield "target", missing((), "warehouse", target, able).message
        case _:
            if not scenario.landscape.of_kind("middleware"):
                yield "do", "there is no middleware here, and no exception queue"


def _wrong_setting(action: SetAction, scenario: Scenario) -> Iterator[tuple[str, str]]:
    part = settable.part_of(action.path)
    if part is None:
        yield "path", f"cannot be changed while a run goes on; can be: {settable.told()} (got {action.path!r})"
        return
    keys = settable.keys(action.path)
    if part == "desk" and not isinstance(scenario.landscape.parties.get(keys[2]), DESKS):
        yield "path", f"{keys[2]!r} is no desk of people; a floor's are landscape.parties.WMS.sites.SITE.people"
        return
    if part == "concurrency" and not isinstance(scenario.landscape.parties.get(keys[2]), landscape.ErpCloud):
        yield "path", f"{keys[2]!r} is no ERP with a cap on concurrent calls"
        return
    try:
        changed = scenario.with_all({action.path: action.value, "actions": []})
    except ScenarioError as error:
        for problem in error.problems:
            if problem.level == "error":
                yield ("path" if problem.message.startswith("meets nothing") else "value"), problem.message
        return
    if part == "workers":
        scaled = [name for name, each in changed.designs.items() if keys[1] in ("*", name) and each.workers.autoscale]
        if scaled:
            yield "path", f"the workers of {scaled[0]!r} come and go by their queue (autoscale)"


def _called(scenario: Scenario) -> list[str]:
    parties = scenario.landscape.parties
    sellers = [scenario.party_of(name) for name in scenario.channels]
    found = [name for name, party in parties.items() if party.kind in CALLED]
    return list(dict.fromkeys([*found, *_sites(scenario), *scenario.channels, *sellers]))


def _counted(scenario: Scenario) -> list[str]:
    return [*scenario.landscape.of_kind("wms"), *_sites(scenario)]


def _sites(scenario: Scenario) -> list[str]:
    found = []
    for name, party in scenario.landscape.of_kind("wms").items():
        assert isinstance(party, landscape.Wms)
        found += [f"{name}/{site}" for site in party.sites]
    return found
