"""What a row of the state table asks its procedure to do in the same transaction: claims, messages, exceptions."""

from twin.middleware.unit import Outcome
from twin.model.commands import LineQuantity
from twin.model.order import Order, Value
from twin.model.stock import Bucket


class Answer(Value, frozen=True, gc=False):
    """Tell the channel. `lines` says what of each line is confirmed from stock, `codes` how each of them stands.

    IA accepted, IB wholly backordered, BP part backordered, IQ quantity changed, IS substituted, IR rejected (X12 855);
    WITHDRAWN, CANCEL_ANSWERED (counts in the order), TOO_LATE, AMEND_REFUSED.
    """

    code: str
    lines: tuple[LineQuantity, ...] = ()
    codes: tuple[str, ...] = ()
    detail: str = ""


class CommitClaims(Value, frozen=True, gc=False):
    """Make the soft claims of these quantities hard."""

    lines: tuple[LineQuantity, ...]


class KeepClaims(Value, frozen=True, gc=False):
    """Release live claims of the line until `quantity` is left, first where a site holds more than it was told."""

    line: int
    quantity: int


class ReleaseClaims(Value, frozen=True, gc=False):
    """Release claims of the line at that site."""

    site: int
    line: int
    quantity: int


class ConsumeClaims(Value, frozen=True, gc=False):
    """Units left that site: consume `quantity` of the claim, move `quantity + over` out."""

    site: int
    line: int
    quantity: int
    over: int = 0


class ChangeDemand(Value, frozen=True, gc=False):
    """Add to the pledged and to the waiting units of the line in the item's record; negative: take away."""

    line: int
    pledged: int
    waiting: int


class Reallocate(Value, frozen=True, gc=False):
    """Look for pending units of the line again: row 12 or 13 follows."""

    line: int
    quantity: int


class Recount(Value, frozen=True, gc=False):
    """Have the site count the item of the line."""

    site: int
    line: int


class SendRelease(Value, frozen=True, gc=False):
    """Tell a warehouse to ship (940)."""

    key: int
    site: int
    lines: tuple[LineQuantity, ...]


class RecallRelease(Value, frozen=True, gc=False):
    """Ask a warehouse to take units of a request back (940 cancel)."""

    key: int
    site: int
    lines: tuple[LineQuantity, ...]


class CreateErp(Value, frozen=True, gc=False):
    """Ask the ERP for the sales order."""


class ChangeErp(Value, frozen=True, gc=False):
    """Tell the ERP the new revision."""


class CancelErp(Value, frozen=True, gc=False):
    """Tell the ERP that the order, or what is left of it, is off."""


class Capture(Value, frozen=True, gc=False):
    """Take `amount` minor units of what is authorised."""

    amount: int


class GiveBack(Value, frozen=True, gc=False):
    """Give the buyer's money back: void the authorisation when `amount` is 0, else refund `amount` minor units."""

    amount: int


class OpenException(Value, frozen=True, gc=False):
    """A person must look at it."""

    code: str
    detail: str = ""


class Resume(Value, frozen=True, gc=False):
    """Go on with what the holds stopped: a RECEIVED order is validated, VALIDATED promised, ACCEPTED released."""


class FinishUndo(Value, frozen=True, gc=False):
    """Nothing of a refused order is with a warehouse any more: row 31 follows."""


class TakeIn(Value, frozen=True, gc=False):
    """Units of the line came back to that site: into QUALITY."""

    site: int
    line: int
    quantity: int


class Grade(Value, frozen=True, gc=False):
    """Units of the line lie in QUALITY at that site and go to `target`."""

    site: int
    line: int
    quantity: int
    target: Bucket


class CreditNote(Value, frozen=True, gc=False):
    """Ask the ERP for a credit note over these units, under a key."""

    key: int
    rma: int
    lines: tuple[LineQuantity, ...]


class TellReturn(Value, frozen=True, gc=False):
    """Tell the channel what became of a return; `code` is an `RmaState` value."""

    rma: int
    code: str
    lines: tuple[LineQuantity, ...]


class Archive(Value, frozen=True, gc=False):
    """Take the closed order out of the live store, when its goods cannot come back any more."""


Effect = (
    Answer
    | CommitClaims
    | KeepClaims
    | ReleaseClaims
    | ConsumeClaims
    | ChangeDemand
    | Reallocate
    | Recount
    | SendRelease
    | RecallRelease
    | CreateErp
    | ChangeErp
    | CancelErp
    | Capture
    | GiveBack
    | OpenException
    | Resume
    | FinishUndo
    | TakeIn
    | Grade
    | CreditNote
    | TellReturn
    | Archive
)


class Step(Value, frozen=True, gc=False):
    """The answer of the table: the order afterwards (the same object when nothing changed) and what to do about it."""

    order: Order
    outcome: Outcome
    row: int
    """The row that decided; 0: none."""
    effects: tuple[Effect, ...] = ()
