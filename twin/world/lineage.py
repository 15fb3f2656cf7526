"""Whether what became of a stock fact can be followed to its ends: the links of DOMAIN 15, each within a time.

A fact that moved stock must reach every channel whose figure it changed (publication, then acknowledgement) and the
ERP's book (posting). So long after the fact the links are looked for, once: a channel's is there when what it
acknowledged is right as of the fact or later, or equals what it should show now, since a figure that is right again is
not sent. A missing one is a gap.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from actors.transactor import Direct, Store
from policies.ruleset import RuleSet
from twin.kernel.recorder import Recorder
from twin.middleware.inventory.movements import Fact
from twin.middleware.observability.lineage import missing_link
from twin.middleware.unit import ITEMS, MOVEMENTS, SHOWN
from twin.model.events import AvailabilityChanged, MovementRecorded
from twin.model.instant import HOUR, Elapsed
from twin.model.message import Message
from twin.model.publication import shown_key
from twin.model.stock import Movement

LINKS: Final = ("publication", "acknowledgement", "posting")
LINEAGE_MEASURES: Final[dict[str, tuple[str, str]]] = {
    "lineage_gaps": (
        "count",
        "Links from stock facts to channels and the ERP's book that were missing after their time, also by link.",
    )
}
"""Name to (unit, what it says)."""

_MOVEMENTS = MOVEMENTS.number
CallAt = Callable[[Elapsed, Callable[["_Fact"], None], "_Fact"], object]


class _Fact(NamedTuple):
    """A fact that moved stock: its message, when it was booked, its movements, and whether channels must hear of it."""

    message: int
    item: int
    at: Elapsed
    movements: tuple[int, ...]
    changed: bool


class Lineage:
    """Follows the stock facts of one run; `after` is the time that a link may take, in microseconds."""

    def __init__(self, store: Store, rules: RuleSet, recorder: Recorder) -> None:
        self.store = store
        self.rules = rules
        self.after: Elapsed = HOUR
        self.call_at: CallAt = _never
        self.waited: Callable[[int], Elapsed] = _not_at_all
        """How long the figures of a channel wait to be sent, as it has been found."""
        self._recorder = recorder
        self._postings: dict[int, int] = {}
        """Movement of a fact to the outbox row that posts it; 0: not posted yet."""
        self._gaps = dict.fromkeys(LINKS, 0)

    def restart(self) -> None:
        """The warm-up is over."""
        self._gaps = dict.fromkeys(LINKS, 0)

    def posted(self, event: MovementRecorded) -> None:
        """A posting has been put into the outbox."""
        for movement in event.movements or (event.movement,):
            if movement in self._postings:
                self._postings[movement] = event.id

    def booked(self, message: Message, unit: Direct, now: Elapsed) -> None:
        """A stock fact was booked; look for its links when their time is over."""
        assert isinstance(message, Fact)
        rows = unit.writes.get(_MOVEMENTS, {}).items()
        movements = tuple([id for id, row in rows if isinstance(row, Movement) and row.has_value])
        if movements:
            self._postings.update(dict.fromkeys(movements, 0))
            changed = any(type(event) is AvailabilityChanged for event in unit.events)
            fact = _Fact(message.id, message.item, now, movements, changed)
            self.call_at(now + self.after, self._judge, fact)

    def results(self) -> dict[str, float | None]:
        """Return the measures under their keys."""
        kpis: dict[str, float | None] = {"lineage_gaps": sum(self._gaps.values())}
        return kpis | {f"lineage_gaps{{link={link}}}": gaps for link, gaps in self._gaps.items() if gaps}

    def _judge(self, fact: _Fact) -> None:
        now = fact.at + self.after
        for movement in fact.movements:
            posting = self._postings.pop(movement)
            if not posting or posting in self.store.outbox:
                self._missing("posting", fact, now)
        if fact.changed:
            for channel in range(len(self.rules.channels)):
                link = self._channel_lacks(channel, fact, now)
                if link is not None:
                    self._missing(link, fact, now)

    def _channel_lacks(self, channel: int, fact: _Fact, now: Elapsed) -> str | None:
        row, stock = self.store.get(SHOWN, shown_key(channel, fact.item)), self.store.get(ITEMS, fact.item)
        if stock is None:
            return "publication"
        return missing_link(row, stock, channel, fact.at, now, self.rules, self.waited(channel))

    def _missing(self, link: str, fact: _Fact, now: Elapsed) -> None:
        self._gaps[link] += 1
        party = self._recorder.party("middleware")
        kind = self._recorder.kind(f"lineage.gap.{link}")
        self._recorder.note(now, kind, party, party, fact.message, 0, 0, fact.item)


def _not_at_all(channel: int) -> Elapsed:
    """No publisher measures how long its figures wait."""
    return 0


def _never(due: Elapsed, judge: Callable[[_Fact], None], fact: _Fact) -> None:
    """Look for nothing: what follows facts up without a timeline."""
