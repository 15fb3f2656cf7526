"""Whether the faults of a scenario fit its world: targets that exist, kinds that can strike there, names that lead."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from twin.world import calling, landscape
from twin.world.fault_kinds import KINDS, LINK
from twin.world.fault_specs import AfterTrigger, AtTrigger, FaultBlock
from twin.world.retry_dangers import calls_of
from twin.world.scenario import Scenario
from twin.world.values import duration_text

Misfit = tuple[tuple[str | int, ...], str, bool]
"""The place in the scenario, what is wrong there, and whether it forbids a run."""


def misfits(scenario: Scenario) -> Iterator[Misfit]:
    """Yield what is wrong with the faults of a scenario."""
    targets = targets_of(scenario)
    names = [fault.name for fault in scenario.faults]
    for number, fault in enumerate(scenario.faults):
        path = ("faults", number)
        if fault.name in names[:number]:
            yield (*path, "name"), f"must be unique (got {fault.name!r} twice)", True
        if told := _wrong_target(fault.kind, fault.target, targets):
            yield (*path, "target"), told, True
        for key, told in _wrong_selector(fault, scenario):
            yield (*path, "selector", key), told, True
        trigger = fault.trigger
        if isinstance(trigger, AtTrigger) and trigger.at >= scenario.horizon:
            told = f"begins at {duration_text(trigger.at)}, after the horizon of {duration_text(scenario.horizon)}"
            yield (*path, "trigger"), told, False
        if isinstance(trigger, AfterTrigger):
            if trigger.after not in names:
                yield (*path, "trigger"), f"{trigger.after!r} is no fault here; there are {', '.join(names)}", True
            elif _circles(scenario, fault.name):
                yield (*path, "trigger"), f"{fault.name!r} waits for itself", True


def _wrong_target(kind: str, target: str, targets: Mapping[str, str]) -> str | None:
    found = targets.get(target)
    able = KINDS[kind].targets
    if found is None:
        fitting = [name for name, each in targets.items() if each in able]
        near = get_close_matches(target, targets, n=1)
        tail = f"did you mean {near[0]!r}?" if near else f"{kind} can strike {', '.join(fitting) or 'nothing'} here"
        return f"{target!r} is no party or link here; {tail}"
    if found not in able:
        what = "is a link" if found == LINK else f"is of kind {found}"
        return f"{target!r} {what}; {kind} strikes {', '.join(able)}"
    return None


def _wrong_selector(fault: FaultBlock, scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Yield the key and the sentence of names in a selector that lead nowhere; items are known to the run alone."""
    named = fault.selector
    if named is None:
        return
    if scenario.is_blank:
        yield next(iter(named.model_fields_set)), "calls between clients and servers are about no order and no item"
        return
    sites = [site for party in scenario.landscape.of_kind("wms").values() for site in getattr(party, "sites", ())]
    for key, names, there in (("channels", named.channels, list(scenario.channels)), ("sites", named.sites, sites)):
        for name in names:
            if name not in there:
                yield key, f"{name!r} is none of the {key} here; there are {', '.join(there)}"


def _circles(scenario: Scenario, name: str) -> bool:
    before = {fault.name: fault.trigger.after for fault in scenario.faults if isinstance(fault.trigger, AfterTrigger)}
    at = before.get(name)
    for _ in before:
        if at == name:
            return True
        at = before.get(at) if at is not None else None
    return False


def targets_of(scenario: Scenario) -> dict[str, str]:
    """Return what a record may name: each target with its kind, a party's own or `link`."""
    parties = scenario.landscape.parties
    found: dict[str, str] = {name: party.kind for name, party in parties.items()}
    for name, party in parties.items():
        if isinstance(party, landscape.Wms):
            found |= {f"{name}/{site}": party.kind for site in party.sites}
        if isinstance(party, calling.Server) and party.servers > 1:
            found |= {f"{name}/{number}": party.kind for number in range(1, party.servers + 1)}
    for name in scenario.channels:
        seller = parties.get(scenario.party_of(name))
        if seller is not None:
            found.setdefault(name, seller.kind)
    called = [f"{caller}/{call.to}" for caller, _, call in calls_of(scenario)]
    for name in (*scenario.landscape.links, *called):
        a, _, b = name.partition("/")
        found |= {name: LINK, f"{b}/{a}": LINK}
    return found
