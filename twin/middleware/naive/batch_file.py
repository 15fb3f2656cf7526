"""Publishing the ERP's stock file as it stands: the ERP's copy of the stock, hours old, without what is claimed since.

The defect that this repeats is the one of every nightly stock export: between two files each channel sells against
yesterday's figure, and the figure itself is a copy that knows neither orders still on their way into the ERP nor what
the warehouse has booked but not posted.
"""

from policies.ruleset import RuleSet
from twin.middleware.dispatch import Procedures
from twin.middleware.procedures import standard
from twin.middleware.unit import SENDERS, SHOWN, Outcome, Unit
from twin.model.commands import StockExtract
from twin.model.events import PublishStock
from twin.model.ids import Ids
from twin.model.instant import Now
from twin.model.publication import Sender, Shown, shown_key


def publish_extract(command: StockExtract, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Push the file's figures to every channel, as many to a call as the channel takes."""
    ids = Ids(command.id)
    for channel, terms in enumerate(rules.channels):
        sender = unit.load(SENDERS, channel) or Sender()
        told = unit.load_many(SHOWN, [shown_key(channel, row.item) for row in command.rows])
        sequence = sender.sequence
        for start in range(0, len(command.rows), terms.push_rows):
            sequence += 1
            rows = command.rows[start : start + terms.push_rows]
            for row, shown in zip(rows, told[start : start + terms.push_rows], strict=True):
                old = shown or Shown()
                new = Shown(old.value, old.as_of, sequence, row.quantity, command.as_of)
                unit.save(SHOWN, shown_key(channel, row.item), new)
            unit.emit(
                PublishStock(
                    id=ids.next(),
                    cause=command.id,
                    channel=channel,
                    sequence=sequence,
                    as_of=command.as_of,
                    rows=rows,
                )
            )
        unit.save(SENDERS, channel, Sender(sequence))
    return Outcome.APPLIED


def batch_file() -> Procedures:
    """Return the table in which stock is published from the ERP's file."""
    table = Procedures(standard())
    table.bind(StockExtract, publish_extract)
    return table
