"""Orders whose warehouse is silent: their requests wait, and in the end their units are claimed elsewhere (DOMAIN 22).

Only what no request speaks of yet is moved: what a warehouse has been told of may lie on its dock. The claim is made at
the new place first and given up at the old one then, so that nobody else gets between (DOMAIN 5). An order that waits
looks again by a timer of its own, and goes out as soon as its warehouse is back.
"""

from collections.abc import Sequence

from policies.fallback import REROUTED, WmsSilent
from policies.ruleset import RuleSet
from twin.middleware.orders.loading import loaded
from twin.middleware.orders.occasions import ReleasedToWarehouse
from twin.middleware.orders.waiting import Part, unreleased
from twin.middleware.orders.work import Work
from twin.middleware.unit import ABSENCES, ORDERS, Outcome, Unit
from twin.model.commands import LineQuantity, RerouteDue
from twin.model.events import FallbackDecided
from twin.model.fallback import Absence, warehouse
from twin.model.instant import Now


def sent_now(requests: list[ReleasedToWarehouse], work: Work) -> list[ReleasedToWarehouse]:
    """Return the requests that go out at once: those to silent warehouses wait, where the design reroutes orders."""
    rule = _rule(work.rules)
    if rule is None or not requests:
        return requests
    absent = _absences([request.site for request in requests], work.unit)
    if not absent:
        return requests
    _look_again(work, rule)
    return [request for request in requests if request.site not in absent]


def reroute(message: RerouteDue, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Send what waits to warehouses that are back, and move what has waited too long for one that is not."""
    rule = _rule(rules)
    order = unit.load(ORDERS, message.case)
    if rule is None or order is None:
        return Outcome.NOOP
    work = loaded(message, now, rules, unit, order, None)
    parts = unreleased(work)
    absent = _absences([site for site, _ in parts], unit)
    ready = [part for part in parts if part[0] not in absent]
    waiting = [part for part in parts if part[0] in absent]
    late = [part for part in waiting if now.elapsed - absent[part[0]].since >= rule.reroute_after_us]
    moved = [each for part in late for each in _moved(part, work, absent)]
    if ready or moved:
        work.release([*ready, *moved])
    if sum(part[1].quantity for part in waiting) > sum(part[1].quantity for part in moved):
        _look_again(work, rule)
    if moved:
        site = late[0][0]
        told = FallbackDecided(
            id=work.ids.next(),
            cause=message.id,
            case=order.id,
            partner=warehouse(site),
            held=False,
            reason=REROUTED,
        )
        unit.emit(told)
    if work.order is order and not moved:
        return Outcome.NOOP
    work.save()
    return Outcome.APPLIED


def _moved(part: Part, work: Work, absent: dict[int, Absence]) -> list[Part]:
    """Claim a part's units at sites that are not silent, as far as there are any, and give up as many here."""
    order = work.known()
    site, (line, units) = part[0], (part[1].line, part[1].quantity)
    item, channel = order.lines[line - 1].item, order.channel
    rules = work.rules
    sites = [s for s in rules.channels[channel].sites_for(order.id, order.sites) if s.position not in absent]
    needs = [(item, units)]
    packs = rules.availability.channels[channel].whole_units(needs)
    found = rules.sourcing.choose(needs, [work.available(item)], sites, packs)
    for to, got in found.parts[0]:
        work.grant(line, item, to, got)
        work.let_go(line, got, site)
    return [(to, LineQuantity(line, got)) for to, got in found.parts[0]]


def _rule(rules: RuleSet) -> WmsSilent | None:
    wms = rules.fallbacks.wms if rules.fallbacks is not None else None
    return wms if wms is not None and wms.reroute_after_us else None


def _absences(sites: Sequence[int], unit: Unit) -> dict[int, Absence]:
    """Return the absences of those of these warehouses that are silent."""
    asked = list(dict.fromkeys(sites))
    found = unit.load_many(ABSENCES, [warehouse(site) for site in asked])
    return {site: absence for site, absence in zip(asked, found, strict=True) if absence is not None}


def _look_again(work: Work, rule: WmsSilent) -> None:
    due = RerouteDue(id=work.ids.next(), cause=work.cause.id, case=work.cause.case)
    work.unit.schedule(work.now.elapsed + min(rule.review_us, rule.reroute_after_us), due)
