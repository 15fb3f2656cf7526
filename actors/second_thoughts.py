"""Buyers who think again: they cancel or change an order, or send back what has come.

What an order's buyer will do, and how long it takes, is drawn by the order's identity alone, so it is the same in every
design. Wishes go to the middleware over the channel's link, at least once. Goods travel back as long as they came, to
the warehouse that sent them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from actors.calls import Feed
from actors.carrier import LabelRequested
from actors.ground import Ground, Lag
from actors.parcel import Parcel
from actors.wms import Warehouse
from twin.model import wire
from twin.model.chance import stream_id, uniform
from twin.model.commands import AmendOrder, CancelOrder, OrderedLine, ReturnRequested, SubmitOrder
from twin.model.events import ReturnAnswered
from twin.model.ids import derive

Coin = Callable[[int, int], bool]
_CANCEL, _EDIT, _ASK, _PARCEL, _RMA = range(21, 26)
"""Which of an order's or a package's derived ids these messages have."""


@dataclass(frozen=True, slots=True)
class Habit:
    """What a share of the buyers does, and how long after the occasion."""

    chosen: Coin
    delay: Lag


@dataclass(frozen=True, slots=True)
class Habits:
    """What the buyers of one demand do; None: nobody does it."""

    cancels: Habit | None = None
    edits: Habit | None = None
    returns: Habit | None = None
    unannounced: Coin | None = None


class SecondThoughts:
    """The buyers of placed orders."""

    def __init__(
        self, ground: Ground, habits: Sequence[Habits], wishes: Sequence[Feed], warehouses: Sequence[Warehouse],
        transit: Lag,
    ) -> None:  # fmt: skip
        self.ground = ground
        self.habits = habits
        """By demand, in the order of the scenario."""
        self.wishes = wishes
        """By channel: how its wishes reach the middleware."""
        self.warehouses = warehouses
        self.transit = transit
        self._returning: dict[int, tuple[int, int]] = {}
        """Orders that will come back, to their channel and demand."""
        self._on_its_way: dict[int, Parcel] = {}
        """What is sent back as soon as the return is agreed, by RMA number."""
        self._pick = stream_id("second_thoughts/line")

    # --- cancellations and changes

    def placed(self, submit: SubmitOrder, demand: int) -> None:
        """Decide what will become of an order that was placed just now."""
        habits, timeline, order = self.habits[demand], self.ground.timeline, submit.case
        for habit, act in ((habits.cancels, self._cancel), (habits.edits, self._edit)):
            if habit is not None and habit.chosen(order, 0):
                timeline.call_in(habit.delay(order, 0), act, submit)
        if habits.returns is not None and habits.returns.chosen(order, 0):
            self._returning[order] = (submit.channel, demand)

    def _cancel(self, submit: SubmitOrder) -> None:
        wish = CancelOrder(id=derive(submit.case, _CANCEL), cause=submit.id, case=submit.case)
        self.wishes[submit.channel].send(wish)

    def _edit(self, submit: SubmitOrder) -> None:
        """Ask for one unit more of one line, or for one less where there is more than one."""
        draw = uniform(self.ground.seed, self._pick, submit.case)
        place = int(draw * len(submit.lines))
        line = submit.lines[place]
        more = line.quantity == 1 or draw * len(submit.lines) - place < 0.5
        changed = OrderedLine(line.item, line.quantity + (1 if more else -1), line.price)
        lines = (*submit.lines[:place], changed, *submit.lines[place + 1 :])
        revision = submit.revision + 1
        self.wishes[submit.channel].send(
            AmendOrder(
                id=derive(submit.case, _EDIT),
                cause=submit.id,
                case=submit.case,
                channel=submit.channel,
                number=submit.number,
                revision=revision,
                fingerprint=wire.fingerprint(submit.channel, submit.number, revision, lines),
                lines=lines,
            )
        )

    # --- goods that go back

    def delivered(self, package: LabelRequested) -> None:
        """A parcel has come; some go back after a while."""
        known = self._returning.get(package.case)
        if known is None:
            return
        _, demand = known
        habit = self.habits[demand].returns
        assert habit is not None
        self.ground.timeline.call_in(habit.delay(package.package, 0), self._send_back, package)

    def _send_back(self, package: LabelRequested) -> None:
        channel, demand = self._returning[package.case]
        unannounced = self.habits[demand].unannounced
        if unannounced is not None and unannounced(package.package, 0):
            self._ship(_parcel(package, 0))
            return
        rma = derive(package.package, _RMA)
        self._on_its_way[rma] = _parcel(package, rma)
        self.wishes[channel].send(
            ReturnRequested(
                id=derive(package.package, _ASK), cause=package.id, case=package.case, rma=rma, lines=package.lines
            )
        )

    def answered(self, event: ReturnAnswered) -> None:
        """A channel hears of a return; an agreed one is sent."""
        if event.code == "AUTHORISED":
            parcel = self._on_its_way.pop(event.rma, None)
            if parcel is not None:
                self._ship(parcel)

    def _ship(self, parcel: Parcel) -> None:
        self.ground.timeline.call_in(self.transit(parcel.id, 0), self.warehouses[parcel.site].take_back, parcel)


def _parcel(package: LabelRequested, rma: int) -> Parcel:
    return Parcel(
        id=derive(package.package, _PARCEL),
        case=package.case,
        rma=rma,
        site=package.site,
        lines=package.lines,
        items=package.items,
    )
