"""What a redrive did, seen from outside: the kept message that it carried out, in the place of the redrive itself."""

from actors.transactor import Direct
from twin.middleware.unit import LETTERS
from twin.model import wire
from twin.model.commands import RedriveLetter
from twin.model.dead_letter import DeadLetter, LetterKind
from twin.model.message import Message


def carried_out(message: Message, unit: Direct) -> Message:
    """Return the message that a unit of work carried out: of a redrive that of its letter, else the message itself."""
    if not isinstance(message, RedriveLetter):
        return message
    row = unit.reads.get(LETTERS.number, {}).get(message.letter)
    if isinstance(row, DeadLetter) and row.kind is LetterKind.MESSAGE:
        return wire.decode_incoming(row.body)
    return message
