"""What a channel may sell: values are computed when they are sent; shown is what the channel acknowledged.

A value is compared with what was acknowledged, never with what was sent last: a push that was refused or lost leaves
nothing behind, and which keys are on their way is the publisher's to know. While the channel's stock interface is away,
only what goes another way is pushed.
"""

from policies.channel_fallback import ChannelRefuses
from policies.publication import EveryEvent, Governed
from policies.ruleset import RuleSet
from twin.middleware.delivery.exceptions import notice
from twin.middleware.inventory.kit_figures import figures_of, kits_of
from twin.middleware.inventory.silence import counted, silences
from twin.middleware.inventory.unseen import shut, silent_feeds, unseen
from twin.middleware.master_data.feed import closed_items
from twin.middleware.unit import ABSENCES, ITEMS, SENDERS, SHOWN, Outcome, Unit
from twin.model.commands import EvaluatePublication, ItemQuantity, PublicationAnswered
from twin.model.events import FallbackDecided, PublishStock
from twin.model.fallback import stock_interface
from twin.model.ids import Ids
from twin.model.instant import SECOND, Now
from twin.model.publication import Sender, Shown, shown_key


def evaluate_publication(command: EvaluatePublication, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Compute what the channel may be told of these items now, and push what it does not know already."""
    channel, elapsed = command.channel, now.elapsed
    if command.lag_us:
        detail = f"channel {channel}: {command.lag_us // SECOND} s to tell it all that has changed"
        notice(command, "PUBLICATION_LAG", channel, detail, now, rules, unit)
    keys = [shown_key(channel, item) for item in command.items]
    stocks = unit.load_many(ITEMS, command.items)
    told: list[Shown | None] = unit.load_many(SHOWN, keys)
    sender = unit.load(SENDERS, channel) or Sender()
    terms = rules.channels[channel]
    policy = terms.publication
    always = isinstance(policy, EveryEvent)
    oldest = elapsed - policy.max_age_us if isinstance(policy, Governed) else -1
    available, value_of = rules.atp.available, rules.availability.value
    closed = closed_items(command.items, rules, unit) if rules.master is not None else {}
    silent = silences(rules, now, unit) if rules.fallbacks is not None else {}
    feeds = silent_feeds(rules, unit) if rules.fallbacks is not None else {}
    off = bool(feeds) and shut(channel, feeds, now, rules)
    detour = _detour(channel, rules, unit) if rules.fallbacks is not None else None
    rows: list[tuple[ItemQuantity, int, Shown]] = []
    for item, key, stock, row in zip(command.items, keys, stocks, told, strict=True):
        if stock is None:
            continue
        free = available(stock, elapsed)
        if silent:
            free = counted(free, stock, silent, now, rules)
        unheard = unseen(stock, feeds, now, rules) if feeds else 0
        value = 0 if off or item in closed else value_of(stock, free, channel, elapsed, unheard, command.wait_us)
        shown = row or Shown()
        if always or value != shown.value or shown.as_of <= oldest:
            rows.append((ItemQuantity(item, value), key, shown))
    kits = kits_of(command.items, rules)
    if kits:
        keys = [shown_key(channel, kit) for kit in kits]
        told = unit.load_many(SHOWN, keys)
        figures = figures_of(kits, channel, now, rules, unit, silent, feeds, command.wait_us)
        for kit, key, value, row in zip(kits, keys, figures, told, strict=True):
            shown = row or Shown()
            if value != shown.value or shown.as_of <= oldest:
                rows.append((ItemQuantity(kit, value), key, shown))
    if detour is not None:
        rows = [row for row in rows if detour.sends(row[0].quantity, row[2].value)]
    if not rows:
        return Outcome.NOOP
    sequence = sender.sequence
    ids = Ids(command.id)
    together = terms.push_rows if detour is None else detour.rows
    for start in range(0, len(rows), together):
        push = rows[start : start + together]
        sequence += 1
        for figure, key, shown in push:
            told_now = Shown(shown.value, shown.as_of, sequence, figure.quantity, elapsed)
            unit.save(SHOWN, key, told_now)
        told_rows = tuple([figure for figure, _, _ in push])
        unit.emit(
            PublishStock(
                id=ids.next(), cause=command.id, channel=channel, sequence=sequence, as_of=elapsed, rows=told_rows
            )
        )
    if detour is not None:
        partner, id = stock_interface(channel), ids.next()
        unit.emit(FallbackDecided(id=id, cause=command.id, partner=partner, held=False, reason=detour.reason))
    unit.save(SENDERS, channel, Sender(sequence))
    return Outcome.APPLIED


def publication_answered(command: PublicationAnswered, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Note what the channel shows now; only the answer to the newest push of a key counts.

    An item that the channel refuses for good is for a person: it may not be listed there any more.
    """
    channel = command.channel
    keys = [shown_key(channel, item) for item in command.items]
    refused = [shown_key(channel, item) for item in command.refused]
    applied = False
    rows = unit.load_many(SHOWN, [*keys, *refused])
    for item, key, row in zip(command.refused, refused, rows[len(keys) :], strict=True):
        if row is not None and row.sequence == command.sequence:
            notice(command, "LISTING_REFUSED", key, f"item {item} at channel {channel}", now, rules, unit)
            applied = True
    for key, row in zip(keys, rows[: len(keys)], strict=True):
        if row is not None and row.sequence == command.sequence:
            unit.save(SHOWN, key, Shown(row.sent, row.sent_as_of, row.sequence, row.sent, row.sent_as_of))
            applied = True
    return Outcome.APPLIED if applied else Outcome.NOOP


def _detour(channel: int, rules: RuleSet, unit: Unit) -> ChannelRefuses | None:
    """Return how the channel is told while its stock interface is away; None: as ever."""
    refuses = rules.fallbacks.stock if rules.fallbacks is not None else None
    return refuses if refuses is not None and unit.load(ABSENCES, stock_interface(channel)) is not None else None
