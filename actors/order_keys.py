"""What an ERP does with a sales order whose key it has seen: its idempotency contract at work (`OrderKeys`).

The key of an order is its external number, its content the lines. Everything else that an ERP is told is remembered by
the key of its posting and passes. A mismatch is refused for good, a conflict until the first call has ended.
"""

from typing import NamedTuple

from actors.calls import FAILED, OK, REFUSED, REJECTED, Call
from actors.ground import Ground
from actors.key_desk import KeyDesk
from policies.key_contract import Answer, Ending, KeyContract
from twin.model.events import CreateErpOrder
from twin.model.ids import derive


class _OrderCall(NamedTuple):
    """A call as the desk sees it."""

    id: int
    under: int
    operation: str = "order"


class OrderKeys:
    """The records of one ERP."""

    def __init__(self, ground: Ground, contract: KeyContract | None) -> None:
        self.ground = ground
        self.desk = KeyDesk(contract)

    def answers(self, call: Call) -> bool:
        """Write the answer into a call that is not to be worked on; False where it is."""
        event = call.event
        if type(event) is not CreateErpOrder:
            return False
        reply, stored = self.desk.arrived(_seen(event), _content(event), self.ground.timeline.now)
        match reply.answer:
            case Answer.REPLAY:
                call.status, call.answer = (OK if reply.ending is Ending.OK else FAILED), stored
            case Answer.CONFLICT:
                call.status = REFUSED
            case Answer.MISMATCH | Answer.MISSING:
                call.status = REJECTED
            case Answer.PROCESS | Answer.KEPT:
                return False
        return True

    def ended(self, call: Call, ending: Ending) -> None:
        """Write down how the work on a call ended."""
        event = call.event
        if type(event) is CreateErpOrder:
            self.desk.finished(_seen(event), _content(event), self.ground.timeline.now, ending, call.answer)


def _seen(event: CreateErpOrder) -> _OrderCall:
    return _OrderCall(event.id, event.external)


def _content(event: CreateErpOrder) -> int:
    content = 0
    for line in event.lines:
        content = derive(derive(content, line.item), line.quantity)
    return content
