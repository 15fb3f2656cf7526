"""A watch that also counts messages for faults that begin at the n-th one."""

from collections.abc import Mapping

from actors.calls import Call
from actors.transactor import Direct
from twin.kernel.faults import Faults
from twin.middleware.unit import Outcome
from twin.model.commands import SubmitOrder
from twin.model.message import Message
from twin.world.measures import Watch

MIDDLEWARE = "middleware"


class Listening(Watch):
    """The probe of a run with such faults: it tells them of every order, every attempt, and every message handled."""

    def listens(self, faults: Faults, targets: Mapping[str, tuple[str, ...]]) -> None:
        """Say what hears of messages, and under which targets each link, channel and the middleware go."""
        self._faults = faults
        self._targets = {what: tuple(dict.fromkeys(names)) for what, names in targets.items()}

    def _hear(self, what: str, kind: type[Message]) -> None:
        self._faults.heard(self._targets.get(what, ()), kind.__name__)

    def placed(self, channel: int, order: int, units: int) -> None:
        """A channel took an order."""
        super().placed(channel, order, units)
        self._hear(self.channel_names[channel], SubmitOrder)

    def sent(self, call: Call) -> None:
        """An attempt leaves."""
        super().sent(call)
        self._hear(call.client.name, type(call.event))

    def committed(self, message: Message, outcome: Outcome, unit: Direct) -> None:
        """The middleware finished a message."""
        super().committed(message, outcome, unit)
        self._hear(MIDDLEWARE, type(message))
