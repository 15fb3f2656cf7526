"""The lines of an order are read: the sender's identifiers, units and kits become items of ours in whole quanta.

It happens once, at intake, and the order keeps what was said and under which version of the references. What the sender
must correct refuses his order; a name that nobody knows yet keeps the order in the queue of missing references, where
it is tried again when somebody has entered the name.
"""

from policies.catalogue import Reading
from policies.ruleset import RuleSet
from policies.sources import Verdict
from twin.middleware.delivery.exceptions import keep
from twin.middleware.intake.source import judged
from twin.middleware.unit import Outcome, Unit
from twin.model.commands import SubmitOrder
from twin.model.instant import Now


def read(command: SubmitOrder, now: Now, rules: RuleSet) -> Reading | None:
    """Read an order's lines; None where all channels speak of our items in pieces."""
    catalogue = rules.catalogue
    if catalogue is None:
        return None
    return catalogue.read(command.lines, command.written, command.channel, now.wall)


def judged_as_read(
    command: SubmitOrder, reading: Reading | None, now: Now, rules: RuleSet, unit: Unit
) -> Verdict | None:
    """Ask the rules of the order's source, unless its lines are refused already."""
    if reading is None or not reading.errors:
        return judged(command, now, rules, unit)
    said = tuple([f"{fault.code} {fault.detail}" for fault in reading.errors])
    return Verdict(said, code=reading.errors[0].code)


def wait_for_words(command: SubmitOrder, reading: Reading, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
    """Keep an order that names what nobody knows."""
    said = "; ".join(fault.detail for fault in reading.missing)
    keep(command, "REFERENCE_MISSING", said, now, rules, unit)
    return Outcome.QUEUED
