"""What a channel may sell: values are computed when they are sent; shown is what the channel acknowledged.

A value is compared with what was acknowledged, never with what was sent last: a push that was refused or lost leaves
nothing behind, and which keys are on their way is the publisher's to know.
"""

from policies.publication import EveryEvent, Governed
from policies.ruleset import RuleSet
from twin.middleware.inventory.kit_figures import figures_of, kits_of
from twin.middleware.inventory.silence import counted, silences
from twin.middleware.master_data.feed import closed_items
from twin.middleware.unit import ITEMS, SENDERS, SHOWN, Outcome, Unit
from twin.model.commands import EvaluatePublication, ItemQuantity, PublicationAnswered
from twin.model.events import PublishStock
from twin.model.ids import Ids
from twin.model.instant import Now
from twin.model.publication import Sender, Shown, shown_key


def evaluate_publication(command: EvaluatePublication, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Compute what the channel may be told of these items now, and push what it does not know already."""
    channel, elapsed = command.channel, now.elapsed
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
    rows: list[tuple[ItemQuantity, int, Shown]] = []
    for item, key, stock, row in zip(command.items, keys, stocks, told, strict=True):
        if stock is None:
            continue
        free = available(stock, elapsed)
        if silent:
            free = counted(free, stock, silent, now, rules)
        value = 0 if item in closed else value_of(stock, free, channel, elapsed)
        shown = row or Shown()
        if always or value != shown.value or shown.as_of <= oldest:
            rows.append((ItemQuantity(item, value), key, shown))
    kits = kits_of(command.items, rules)
    if kits:
        keys = [shown_key(channel, kit) for kit in kits]
        told = unit.load_many(SHOWN, keys)
        figures = figures_of(kits, channel, now, rules, unit, silent)
        for kit, key, value, row in zip(kits, keys, figures, told, strict=True):
            shown = row or Shown()
            if value != shown.value or shown.as_of <= oldest:
                rows.append((ItemQuantity(kit, value), key, shown))
    if not rows:
        return Outcome.NOOP
    sequence = sender.sequence
    ids = Ids(command.id)
    for start in range(0, len(rows), terms.push_rows):
        push = rows[start : start + terms.push_rows]
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
    unit.save(SENDERS, channel, Sender(sequence))
    return Outcome.APPLIED


def publication_answered(command: PublicationAnswered, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Note what the channel shows now; only the answer to the newest push of a key counts."""
    keys = [shown_key(command.channel, item) for item in command.items]
    applied = False
    rows = unit.load_many(SHOWN, keys)
    for key, row in zip(keys, rows, strict=True):
        if row is not None and row.sequence == command.sequence:
            unit.save(SHOWN, key, Shown(row.sent, row.sent_as_of, row.sequence, row.sent, row.sent_as_of))
            applied = True
    return Outcome.APPLIED if applied else Outcome.NOOP
