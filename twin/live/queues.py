"""The exception queues of a store, for the people who work them: what is open, and what is to be done with it.

What people decide is a message like any other, scheduled for now: the live process carries it out, at once or when it
starts, under its own rules. Asking twice for the same asks once.
"""

from twin.errors import UsageError
from twin.live.store import Effects, LiveStore
from twin.middleware.unit import LETTERS
from twin.model.chance import stream_id
from twin.model.commands import ParkLetter, RedriveLetter
from twin.model.dead_letter import DeadLetter
from twin.model.ids import derive
from twin.model.instant import Now
from twin.model.message import Message

Cell = str | int | float | bool | None
_REDRIVE, _PARK = stream_id("redrive by hand"), stream_id("park by hand")


def status_of(store: LiveStore) -> dict[str, Cell]:
    """Return what stands where in a store, and the moment of its last commit (microseconds)."""
    mark = store.mark()
    return {
        **store.counts(),
        "dead_letters": sum(1 for _ in store.rows(LETTERS)),
        "elapsed_us": mark.elapsed if mark else None,
        "wall_us": mark.wall if mark else None,
    }


def letters(store: LiveStore) -> list[dict[str, Cell]]:
    """Return the open items, those due first at the top."""
    found = sorted((letter for _, letter in store.rows(LETTERS)), key=lambda letter: (letter.due, letter.id))
    return [
        {
            "id": letter.id,
            "class": letter.category,
            "code": letter.code,
            "owner": letter.owner,
            "type": letter.type,
            "case": letter.case,
            "attempts": letter.attempts,
            "due_us": letter.due,
            "detail": letter.detail,
        }
        for letter in found
    ]


def described(store: LiveStore, id: int) -> dict[str, object]:
    """Return an item whole, its raw bytes as text; raises UsageError when it is not open."""
    letter = _open(store, id)
    return {
        "id": letter.id,
        "kind": letter.kind.value,
        "class": letter.category,
        "code": letter.code,
        "detail": letter.detail,
        "owner": letter.owner,
        "runbook": letter.runbook,
        "due_us": letter.due,
        "type": letter.type,
        "case": letter.case,
        "attempts": letter.attempts,
        "redrives": letter.redrives,
        "first_failure_us": letter.first_failure,
        "last_failure_us": letter.last_failure,
        "headers": dict(letter.headers),
        "contract": letter.contract,
        "body": letter.body.decode("utf-8", errors="backslashreplace"),
    }


def ask_redrive(store: LiveStore, id: int, by: str) -> None:
    """Schedule a redrive of an open item; raises UsageError when it is not open."""
    letter = _open(store, id)
    _schedule(store, RedriveLetter(id=_once(letter, _REDRIVE), letter=id, by=by))


def ask_park(store: LiveStore, id: int, by: str, reason: str) -> None:
    """Schedule the end of an open item; raises UsageError when it is not open."""
    letter = _open(store, id)
    _schedule(store, ParkLetter(id=_once(letter, _PARK), letter=id, by=by, reason=reason))


def _open(store: LiveStore, id: int) -> DeadLetter:
    letter = store.get(LETTERS, id)
    if letter is None:
        raise UsageError(f"no item {id} is open; `twin live dlq list` names those that are")
    return letter


def _once(letter: DeadLetter, what: int) -> int:
    """Return the id of an order about an item as it stands: the same until it has been tried again."""
    return derive(derive(letter.id, what), letter.attempts)


def _schedule(store: LiveStore, message: Message) -> None:
    now = store.mark() or Now(elapsed=0, wall=0)
    store.apply(Effects(now, {}, (), (), (), ((now.elapsed, message),)))
