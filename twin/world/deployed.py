"""From a scenario and one of its designs to what a live process is given: the block that was compared, unchanged.

Nothing here simulates. The landscape counts as far as the middleware knows its partners: what their stock interfaces
take, how long a figure is on its way, which sites there are. Delays, failures and demand are the world's.
"""

from zoneinfo import ZoneInfo

from policies.publication import Governed, NightlyBatch, Periodic
from policies.ruleset import RuleSet
from twin.errors import UsageError
from twin.live.alerts import COUNTED, LEVELS, SAMPLED, LiveRule
from twin.live.deployment import Deployment, Sender
from twin.world import landscape
from twin.world.alert_specs import Alert
from twin.world.delays import windows_of
from twin.world.items import histories_of, items_of
from twin.world.rules import StockInterface, procedures_of, rules_of, the_wms
from twin.world.scenario import Scenario
from twin.world.settable import is_of
from twin.world.watchable import KEY, STATISTICS

RULES_VERSION = "1"
"""Which rules a recording was made under; raised when a rule decides otherwise than before."""


def deployment_of(scenario: Scenario, name: str) -> Deployment:
    """Return a design of the scenario, ready to run; raises UsageError when there is no such design."""
    if name not in scenario.designs:
        raise UsageError(f"no design {name!r} in {scenario.name}; there are {', '.join(scenario.designs)}")
    design = scenario.designs[name]
    items = items_of(scenario, histories_of(scenario))
    numbers = {sku: place for place, sku in enumerate(items)}
    rules = rules_of(scenario, design, numbers, windows_of(scenario, design))
    publication = rules.channels[0].publication
    store = next(iter(scenario.landscape.of_kind("store").values()), landscape.Store(kind="store"))
    assert isinstance(store, landscape.Store)
    return Deployment(
        name=name,
        rules=rules,
        rules_version=RULES_VERSION,
        procedures=procedures_of(design),
        senders=senders_of(scenario, rules),
        items=items,
        sites=tuple(the_wms(scenario).sites),
        channels=tuple(scenario.channels),
        zone=ZoneInfo(scenario.start.zone),
        nights=publication.at if isinstance(publication, NightlyBatch) and publication.source == "ledger" else (),
        inbox_kept=design.sequencing.inbox_kept,
        restarts_max=store.restarts,
        checked=design.shell.isolation == "checked",
        outbox=design.shell.effects == "outbox",
        setup=at_once(setup_of(scenario, name), scenario),
        alerts=tuple([rule for alert in design.alerts if (rule := live_rule(alert)) is not None]),
    )


def live_rule(alert: Alert) -> LiveRule | None:
    """Return an alert as a live process watches it; None where its measure is none of a live process."""
    found = KEY.fullmatch(alert.measure)
    assert found is not None
    name, statistic, label, _ = found.groups()
    if label is not None or name not in (*COUNTED, *SAMPLED, *LEVELS):
        return None
    percent = STATISTICS[statistic] if statistic is not None else 0.0
    return LiveRule(alert.name, name, percent, alert.threshold(), alert.over, alert.owner)


def senders_of(scenario: Scenario, rules: RuleSet) -> tuple[Sender, ...]:
    """Return how each channel is told, in the order of the channels: no faster than its interface takes it."""
    senders = []
    for terms, name in zip(rules.channels, scenario.channels, strict=True):
        publication = terms.publication
        interface = StockInterface(scenario.landscape.parties[scenario.party_of(name)])
        interval = publication.interval_us if isinstance(publication, Governed | Periodic) else 0
        apart, items = interface.slot(interval)
        if isinstance(publication, Governed):
            items = min(items, publication.max_items)
        senders.append(Sender(publication, items, apart))
    return tuple(senders)


def at_once(setup: dict[str, object], scenario: Scenario) -> dict[str, object]:
    """Return a setup whose middleware takes no time: in a journal each step stands at the moment of its commit.

    Nobody acts in it: what people do to a live process they do to it.
    """
    setup["actions"] = []
    landscapes = setup["landscape"]
    assert isinstance(landscapes, dict), "a scenario has a landscape"
    parties = landscapes["parties"] = dict(landscapes["parties"])
    for kind, key in (("middleware", "service"), ("store", "latency")):
        name = next(iter(scenario.landscape.of_kind(kind)), kind)
        parties[name] = parties.get(name, {"kind": kind}) | {key: "0s"}
    return setup


def setup_of(scenario: Scenario, design: str) -> dict[str, object]:
    """Return the scenario with every setting written out, without demand, claims and seed, and with one design alone.

    It uses no landscape any more: what that one states, or computes, stands in the settings. Of the demand remains
    whether goods come back, because that is how long closed orders are kept; of the actions those of that design.
    """
    left_out = {"demand", "small", "expectations", "slo", "measures", "seed", "reps"}
    whole = scenario.model_dump(mode="json", by_alias=True, exclude=left_out)
    returns = next((block.returns for block in scenario.demands if block.returns is not None), None)
    whole["demand"] = {"kind": "none"}
    if returns is not None:
        whole["demand"]["returns"] = returns.model_dump(mode="json", by_alias=True)
    whole["designs"] = {design: whole["designs"][design]}
    whole["actions"] = [
        {**each, "path": each["path"].replace("designs.*.", f"designs.{design}.")} if each["do"] == "set" else each
        for each in whole["actions"]
        if each["do"] != "set" or not each["path"].startswith("designs.") or is_of(each["path"], design)
    ]
    whole["landscape"]["use"] = None
    return dict(whole)
