"""An order comes in: identity first, then the promise, the claims and the requests to warehouses in one transaction.

The normal path runs rows 1, 2, 9, 12 and 16 of the table at once. A promise for a channel takes from what is free and
at most that, less what other channels' firm quotas protect; safety and buffers limit what is published, never what is
promised to an order already placed. What was not free at this moment is said in the answer as `short`.
"""

from collections.abc import Sequence

from policies.ruleset import RuleSet
from policies.sources import Verdict
from twin.middleware.delivery.exceptions import keep
from twin.middleware.delivery.fallback import turn_away, without_the_erp
from twin.middleware.delivery.unpaid import without_the_provider
from twin.middleware.delivery.waiting import hold_for_item, raise_waiting
from twin.middleware.intake.dates import with_dates
from twin.middleware.intake.planned import Parts, Plan
from twin.middleware.intake.reading import judged_as_read, read, wait_for_words
from twin.middleware.intake.source import hold, of_whole_lines, on_terms, refuse, settle_terms, taken
from twin.middleware.intake.straight import in_one_stride
from twin.middleware.master_data.feed import of_open_items
from twin.middleware.orders.acceptance import accept
from twin.middleware.orders.effects import Answer, Step
from twin.middleware.orders.intake import tried_anew, worth_accepting
from twin.middleware.orders.occasions import (
    Allocated,
    LinePromise,
    PromiseGranted,
    PromiseRefused,
    ReferenceMissing,
    ReleasedToWarehouse,
    Submitted,
    Validated,
)
from twin.middleware.orders.rerouting import sent_now
from twin.middleware.orders.soft import adopt, harden, keep_for
from twin.middleware.orders.table import submit
from twin.middleware.orders.telling import tell
from twin.middleware.orders.work import Work
from twin.middleware.unit import ARCHIVE, BASKETS, ITEMS, ORDERS, PARKED, RESERVATIONS, Outcome, Unit
from twin.model.basket import Basket
from twin.model.commands import HoldExpired, ItemQuantity, LineQuantity, ReservationLapsed, SubmitOrder
from twin.model.instant import Now
from twin.model.order import Intake, LinePolicy, Order
from twin.model.stock import Reservation
from twin.model.written import KitLines

_GOING_ON = (Outcome.ACCEPTED, Outcome.BACKORDERED)


def submit_order(command: SubmitOrder, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Accept, backorder or refuse one order; the same order again is answered and does nothing."""
    last = unit.load(ORDERS, command.case)
    parked = unit.load(PARKED, command.case)
    reading = read(command, now, rules)
    if reading is not None:
        command = command.meaning(reading.lines)
    items = [line.item for line in command.lines]
    found = unit.load_many(ITEMS, items)
    basket = unit.load(BASKETS, command.case) if rules.basket_us and last is None else None
    held = unit.load_many(RESERVATIONS, [claim.reservation for claim in basket.claims]) if basket is not None else []
    if last is None:
        archived = unit.load(ARCHIVE, command.case)
        if archived is not None:
            return _after_archive(command, archived, now, rules, unit)
    if reading is not None and reading.missing and (last is None or last.intake is Intake.REJECTED):
        return wait_for_words(command, reading, now, rules, unit)
    verdict = judged_as_read(command, reading, now, rules, unit)
    if last is None or last.intake is Intake.REJECTED:
        verdict = of_whole_lines(command, verdict)
    if rules.fallbacks is not None and rules.fallbacks.erp is not None and last is None:
        verdict = without_the_erp(command, verdict, rules.fallbacks.erp, now, rules, unit)
        if verdict is not None and verdict.retry_after:
            return turn_away(command, verdict, now, unit)
    if rules.fallbacks is not None and rules.fallbacks.payments is not None and last is None:
        verdict = without_the_provider(command, verdict, rules, unit)
    if rules.master is not None and (last is None or last.intake is Intake.REJECTED):
        verdict = of_open_items(command, verdict, rules, unit)
    new = last is None and basket is None
    if new and verdict is None and rules.fallbacks is None and (reading is None or reading.wording is None):
        plain = in_one_stride(command, found, now, rules, unit)
        if plain is not None:
            if parked is not None:
                raise_waiting(parked, command, now, unit)
            return plain
    stocks = {stock.item: stock for stock in found if stock is not None}
    if held:
        others = [row.item for row in held if row is not None and row.item not in stocks]
        stocks |= {stock.item: stock for stock in unit.load_many(ITEMS, others) if stock is not None}
    work = Work(command, now, rules, unit, last, stocks, {})
    submitted = taken(command, verdict, rules)
    kits = reading.wording.kits if reading is not None and reading.wording is not None else ()
    if last is not None and not tried_anew(last, submitted, now.elapsed):
        return work.take(submit(last, submitted, now.elapsed))
    if verdict is not None and verdict.errors:
        outcome = refuse(work, submitted, verdict)
    elif len(found) > len(stocks) and any(stock is None for stock in found):
        outcome = _wait_for_reference(work, submitted)
        hold(work, verdict)
    elif verdict is not None and verdict.holds:
        work.take(submit(last, submitted, now.elapsed))
        outcome = hold(work, verdict)
        if basket is not None:
            _take_over(work, basket, held)
        elif rules.soft_for_us:
            _keep_meanwhile(work, verdict.sites, kits)
    elif basket is not None:
        work.take(submit(last, submitted, now.elapsed))
        _take_over(work, basket, held)
        if reading is not None and reading.wording is not None:
            work.reword(reading.wording)
        if verdict is not None:
            work.order = work.known().amid(sites=verdict.sites)
        outcome = promise_waiting(work)
        if outcome in _GOING_ON:
            for line in work.known().lines:
                work.sell(line.item, line.ordered)
    else:
        outcome = _promise_at_once(work, submitted, verdict, kits)
    if verdict is not None:
        settle_terms(work, verdict)
    if reading is not None and reading.wording is not None:
        work.reword(reading.wording)
    work.save()
    if parked is not None:
        raise_waiting(parked, command, now, unit)
    return outcome


def promise_waiting(work: Work) -> Outcome:
    """Go on with a known order that nothing holds any more: validate it, then promise it, row by row."""
    order = work.order
    assert order is not None
    id = work.cause.id
    unknown = [line.item for line in order.lines if line.item not in work.stocks]
    if unknown:
        return work.move(ReferenceMissing(id, f"items {unknown}", work.now.elapsed + work.rules.reference_wait_us))
    if order.intake is Intake.RECEIVED:
        work.move(Validated(id))
        order = work.order
        assert order is not None
    kept = _kept(work, order)
    needs = [
        (line.item, line.pending - sum([units for _, units in parts]))
        for line, parts in zip(order.lines, kept, strict=True)
    ]
    kits = order.wording.kits if order.wording is not None else ()
    planned = plan(work, order.id, order.channel, needs, order.policy, order.sites, kits=kits, later=True)
    work.schedules, work.dated = planned.schedules, planned.dated
    granted = planned.parts
    planned = planned.with_kept(kept)
    if order.policy is LinePolicy.FILL_OR_KILL:
        planned = planned.whole([line.pending for line in order.lines])
    wanted = zip((line.pending for line in order.lines), planned.promises, strict=True)
    if not worth_accepting(order.policy, wanted):
        return work.move(PromiseRefused(id, "NO_PROMISE"))
    outcome = work.move(_granted(work, order.channel, planned))
    claimed = [
        (line.number, line.item, site, units)
        for line, parts in zip(order.lines, granted, strict=True)
        for site, units in parts
    ]
    for number, item, site, units in claimed:
        work.grant(number, item, site, units)
    if any(planned.parts):
        stock = tuple([LineQuantity(each.line, each.confirmed) for each in planned.promises if each.confirmed])
        work.move(Allocated(id, stock))
        for request in sent_now(requests_of(work, planned.parts), work):
            work.move(request)
    return outcome


def _keep_meanwhile(work: Work, allowed: tuple[int, ...], kits: tuple[KitLines, ...]) -> None:
    """Keep what is free for an order that is held, for as long as the design says; the reaper comes then."""
    order = work.order
    assert order is not None
    until = work.now.elapsed + work.rules.soft_for_us
    needs = [(line.item, line.pending) for line in order.lines]
    planned = plan(work, order.id, order.channel, needs, order.policy, allowed, kits=kits)
    for line, parts in zip(order.lines, planned.parts, strict=True):
        for site, units in parts:
            claim = keep_for(work, order.id, order.channel, line.number, line.item, site, units, until)
            lapse = ReservationLapsed(id=work.ids.next(), cause=work.cause.id, case=order.id, reservation=claim)
            work.unit.schedule(until, lapse)


def _take_over(work: Work, basket: Basket, held: Sequence[Reservation | None]) -> None:
    adopt(work, basket.claims, held)
    work.unit.archive(BASKETS, work.known().id)


def _kept(work: Work, order: Order) -> list[Parts]:
    """Commit what was kept for the order and has not lapsed; return it by line."""
    kept: list[Parts] = [() for _ in order.lines]
    if order.claims:
        for line, site, units in harden(work):
            kept[line - 1] = (*kept[line - 1], (site, units))
    return kept


def _promise_at_once(work: Work, submitted: Submitted, verdict: Verdict | None, kits: tuple[KitLines, ...]) -> Outcome:
    command = submitted.message
    needs = [(line.item, line.quantity) for line in command.lines]
    allowed = verdict.sites if verdict is not None else ()
    planned = plan(work, command.case, command.channel, needs, submitted.policy, allowed, kits=kits, later=True)
    work.schedules, work.dated = planned.schedules, planned.dated
    requests = sent_now(requests_of(work, planned.parts), work)
    last = work.order
    decided = accept(submitted, _granted(work, command.channel, planned), requests, now=work.now.elapsed, last=last)
    if verdict is not None:
        decided = on_terms(decided, verdict)
    work.order = decided.order
    if decided.outcome in _GOING_ON:
        for line, parts in zip(decided.order.lines, planned.parts, strict=True):
            work.sell(line.item, line.ordered)
            for site, units in parts:
                work.grant(line.number, line.item, site, units)
    return work.take(_with_short(work, decided, planned.short))


def _with_short(work: Work, decided: Step, short: tuple[ItemQuantity, ...]) -> Step:
    """Answer the channel with what was not free, and return the step with its other effects."""
    rest = []
    for effect in decided.effects:
        if isinstance(effect, Answer):
            tell(work, effect, short)
        else:
            rest.append(effect)
    return Step(decided.order, decided.outcome, decided.row, tuple(rest))


def plan(
    work: Work,
    order: int,
    channel: int,
    needs: Sequence[tuple[int, int]],
    policy: LinePolicy,
    allowed: tuple[int, ...] = (),
    *,
    kits: tuple[KitLines, ...] = (),
    later: bool = False,
) -> Plan:
    """Find out what of these (item, quantity) lines can be promised at once, and from which of the `allowed` sites.

    With `later`, also what is confirmed for a later date. A fill-or-kill line that cannot be had whole takes nothing.
    Lines of one item share what is free of it; the lines of a kit take whole kits, and the rest of it waits part by
    part.
    """
    rules, now = work.rules, work.now.elapsed
    terms = rules.channels[channel]
    available = [work.available_to(order, item) for item, _ in needs]
    packs = rules.availability.channels[channel].whole_units(needs)
    sourced = rules.sourcing.choose(needs, available, terms.sites_for(order, allowed), packs)
    promises: list[LinePromise] = []
    taken: list[Parts] = []
    short: list[ItemQuantity] = []
    left: dict[int, int] = {}
    for number, ((item, quantity), free, found) in enumerate(zip(needs, available, sourced.parts, strict=True), 1):
        parts = found
        stock = work.stocks[item]
        if item not in left:
            left[item] = rules.availability.promisable(stock, free, channel, now)
        room = left[item]
        if quantity > room:
            short.append(ItemQuantity(item, quantity - room))
            parts = _at_most(parts, room - room % packs[number - 1] if packs else room)
        got = 0
        for _, units in parts:
            got += units
        if got < quantity and policy is LinePolicy.FILL_OR_KILL:
            parts, got = (), 0
        left[item] = room - got
        promises.append(LinePromise(number, got))
        taken.append(parts)
    for kit in kits:
        _whole(kit, promises, taken)
    at_once = Plan(tuple(promises), tuple(taken), tuple(short), {}, {})
    if not later or rules.promising.kind == "at_once" or policy is LinePolicy.FILL_OR_KILL:
        return at_once
    if all(each.confirmed == quantity for each, (_, quantity) in zip(promises, needs, strict=True)):
        return at_once
    return with_dates(at_once, needs, order, channel, policy, work, allowed)


def requests_of(work: Work, parts: Sequence[Parts]) -> list[ReleasedToWarehouse]:
    """Return one request per site over the parts of all lines, each under a key of its own."""
    by_site: dict[int, list[LineQuantity]] = {}
    for number, sources in enumerate(parts, 1):
        for site, units in sources:
            by_site.setdefault(site, []).append(LineQuantity(number, units))
    return [ReleasedToWarehouse(work.cause.id, work.ids.next(), site, tuple(lines)) for site, lines in by_site.items()]


def _granted(work: Work, channel: int, planned: Plan) -> PromiseGranted:
    now, wait = work.now, work.rules.cancel_after_us
    dates = [due for parts in planned.schedules.values() for _, _, due in parts]
    dates += planned.dated.values()
    due = work.rules.channels[channel].ship_by(now, max(dates, default=0))
    return PromiseGranted(work.cause.id, planned.promises, due, now.elapsed + wait if wait else 0)


def _whole(kit: KitLines, promises: list[LinePromise], taken: list[Parts]) -> None:
    """Let the lines of a kit take no more than makes whole kits."""
    first = kit.line - 1
    whole = min([promises[first + place].confirmed // each for place, each in enumerate(kit.each)])
    for place, each in enumerate(kit.each, first):
        promises[place] = LinePromise(place + 1, whole * each)
        taken[place] = _at_most(taken[place], whole * each)


def _at_most(parts: Parts, units: int) -> Parts:
    kept = []
    for site, part in parts:
        if units <= 0:
            break
        kept.append((site, min(part, units)))
        units -= part
    return tuple(kept)


def _wait_for_reference(work: Work, submitted: Submitted) -> Outcome:
    """Hold an order that names an item nobody knows; its hold ends when the item arrives, or after the waiting time."""
    unknown = [line.item for line in submitted.message.lines if line.item not in work.stocks]
    until = work.now.elapsed + work.rules.reference_wait_us
    work.take(submit(work.order, submitted, work.now.elapsed))
    outcome = work.move(ReferenceMissing(submitted.id, f"items {unknown}", until))
    work.unit.schedule(until, HoldExpired(id=work.ids.next(), cause=submitted.id, case=submitted.message.case))
    for item in dict.fromkeys(unknown):
        hold_for_item(submitted.message.case, item, work.cause, work.unit)
    return outcome


def _after_archive(command: SubmitOrder, fingerprint: int, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Answer for an order that was closed long ago: its business key has no expiry."""
    if fingerprint == command.fingerprint:
        return Outcome.DUPLICATE
    detail = f"order {command.number} was closed with other content"
    keep(command, "BUSINESS_KEY_CONFLICT", detail, now, rules, unit)
    return Outcome.BUSINESS_KEY_CONFLICT
