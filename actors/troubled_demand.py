"""Buyers who come too many at once: a peak, a flash sale, clients that all act at the full minute.

L-numbers are those of the fault catalogue. What is added is drawn from the order that it follows, so it is the same in
every design.
"""

from collections.abc import Mapping
from typing import Final

from actors.demand import Arrival, Buyers
from twin.kernel.faults import Armed, Struck
from twin.model.chance import stream_id, uniform
from twin.model.commands import OrderedLine
from twin.model.ids import derive
from twin.model.instant import MINUTE

RUSHES: Final = ("L1", "L2", "L3")
_FEWER: Final = stream_id("demand/fewer")
_MORE: Final = stream_id("demand/more")
_COPIES: Final = 5_000
"""From which of an order's derived ids on those of the orders that follow it are taken."""


class TroubledBuyers(Struck, Buyers):
    """The buyers of all channels, with the records that are on."""

    def reach(self, channels: Mapping[str, int]) -> None:
        """Say which channels a record may mean."""
        self.channels = channels
        self._hot: dict[str, int] = {}
        """The item that everybody wants, by record."""

    def _arrive(self, arrival: Arrival) -> None:
        self._arm()
        timeline = self.ground.timeline
        for armed in self.armed:
            if self.channels.get(armed.fault.target) != arrival.channel or not armed.concerns(arrival):
                continue
            kind = armed.fault.kind
            if kind == "L2" and armed.strikes(timeline.now, arrival.order, 0):
                timeline.call_in(-timeline.now % MINUTE, self._goes, arrival)
                return
            if kind == "L1":
                factor = armed.number("factor", 1.0)
                if uniform(self.ground.seed, _FEWER, arrival.order) >= factor:
                    armed.took_effect()
                    return
                self._more(armed, arrival, factor - 1.0, arrival.lines)
            elif kind == "L3" and armed.strikes(timeline.now, arrival.order, 0):
                item = self._hot.setdefault(armed.fault.name, arrival.lines[0].item)
                self._more(armed, arrival, armed.number("cap", 1.0), (OrderedLine(item, 1),))
        self._goes(arrival)

    def _goes(self, arrival: Arrival) -> None:
        self.buy(arrival.channel, arrival.order, arrival.number, arrival.lines, arrival.demand)

    def _more(self, armed: Armed, arrival: Arrival, many: float, lines: tuple[OrderedLine, ...]) -> None:
        """Let so many more orders follow within a minute, the last one with the probability of its fraction."""
        for number in range(int(many) + 1):
            if uniform(self.ground.seed, _MORE, arrival.order, number) < many - number:
                order = derive(arrival.order, _COPIES + number)
                wait = int(uniform(self.ground.seed, _MORE, order) * MINUTE)
                more = Arrival(0, arrival.channel, order, f"{arrival.number}-{number + 1}", lines, arrival.demand)
                self.ground.timeline.call_in(wait, self._goes, more)
                armed.took_effect()
