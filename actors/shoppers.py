"""Shoppers: buyers who fill a basket first, think, and go to pay; some leave it. A shop may have their units kept.

What they want is seen twice, as they fill the basket and as they pay, unless the shop has been told that all of it is
kept: then they get it whatever its pages show, and the shop, which has been told less for as long, subtracts nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from actors.calls import Feed
from actors.channel import NOTHING, Channel
from actors.ground import Ground, Lag
from twin.model.commands import BasketFilled, CheckoutBegun, ItemQuantity, OrderedLine
from twin.model.ids import derive

Coin = Callable[[int, int], bool]
Buys = Callable[[int, int, str, Sequence[OrderedLine], int, bool], None]
"""Called with channel, order, number, lines, demand, and whether all of it is kept."""
_FILLS, _PAYS = 8, 9
"""Which of an order's derived ids the messages about its basket have."""


@dataclass(frozen=True, slots=True)
class Shopping:
    """How the buyers of one demand shop, and in which channels."""

    channels: tuple[int, ...]
    think: Lag
    pay: Lag
    leaves: Coin


@dataclass(frozen=True, slots=True)
class _Wish:
    channel: int
    order: int
    number: str
    lines: Sequence[OrderedLine]
    demand: int


class Shoppers:
    """The buyers of all demands: those who shop, and those who buy at once."""

    def __init__(
        self,
        ground: Ground,
        habits: Sequence[Shopping | None],
        channels: Sequence[Channel],
        feeds: Sequence[Feed | None],
        buy: Buys,
    ) -> None:
        self.ground = ground
        self.habits = habits
        """By demand, in the order of the scenario."""
        self.channels = channels
        self.feeds = feeds
        """By channel: how its shop speaks of baskets."""
        self.buy = buy

    def come(self, channel: int, order: int, number: str, lines: Sequence[OrderedLine], demand: int) -> None:
        """A buyer comes: he fills a basket with what he sees, or buys at once."""
        habit, feed = self.habits[demand], self.feeds[channel]
        seen = self._seen(channel, lines)
        if habit is None or feed is None or channel not in habit.channels or not seen:
            self.buy(channel, order, number, lines, demand, False)
            return
        feed.send(BasketFilled(id=derive(order, _FILLS), case=order, channel=channel, lines=seen))
        if not habit.leaves(order, 0):
            wish = _Wish(channel, order, number, lines, demand)
            self.ground.timeline.call_in(habit.think(order, 0), self._checks_out, wish)

    def _checks_out(self, wish: _Wish) -> None:
        habit, feed = self.habits[wish.demand], self.feeds[wish.channel]
        assert habit is not None, "only who shops has a basket"
        assert feed is not None, "and only where its shop speaks of it"
        feed.send(CheckoutBegun(id=derive(wish.order, _PAYS), case=wish.order))
        self.ground.timeline.call_in(habit.pay(wish.order, 0), self._pays, wish)

    def _pays(self, wish: _Wish) -> None:
        channel = self.channels[wish.channel]
        kept = channel.keeps_all(wish.order, self._units(channel, wish.lines))
        self.buy(wish.channel, wish.order, wish.number, wish.lines, wish.demand, kept)

    def _seen(self, channel: int, lines: Sequence[OrderedLine]) -> tuple[ItemQuantity, ...]:
        """Return what of the lines the pages show enough of, in quanta."""
        page = self.channels[channel]
        shown = [line for line in lines if page.shown.get(line.item, NOTHING)[0] >= line.quantity]
        return self._units(page, shown)

    @staticmethod
    def _units(page: Channel, lines: Sequence[OrderedLine]) -> tuple[ItemQuantity, ...]:
        return tuple([ItemQuantity(line.item, line.quantity * page.packs.get(line.item, 1)) for line in lines])
