"""Settings that are wrong or change while messages are on their way: rules, patience, keys, a second layer of retries.

Each lever changes what a part was built with and puts it back at the end. C-, E- and W-numbers are those of the fault
catalogue.
"""

from dataclasses import replace
from typing import Final

from actors.calls import Client, Endpoint
from actors.erp import Erp
from actors.order_keys import OrderKeys
from policies.key_contract import KeyContract
from policies.ruleset import RuleSet
from twin.kernel.faults import Armed
from twin.model.message import Event
from twin.model.order import LinePolicy

CALLING: Final = ("C1", "C2")
KEEPING: Final = ("E11", "W8")


def ruled(rules: RuleSet, armed: Armed) -> RuleSet:
    """Return the rules as a record leaves them: a cap on every figure (C4), or orders whole and at once (C5)."""
    if armed.fault.kind == "C5":
        terms = tuple([replace(each, line_policy=LinePolicy.FILL_OR_KILL) for each in rules.channels])
        return replace(rules, channels=terms)
    cap = int(armed.number("cap", 0.0))
    told = tuple(
        [replace(each, cap=cap if each.cap is None else min(cap, each.cap)) for each in rules.availability.channels]
    )
    return replace(rules, availability=replace(rules.availability, channels=told))


class Impatient:
    """A caller that waits too briefly (C1), or above which another layer retries what it gave up (C2)."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._timeout = client.timeout
        self._parked = client.parked
        self._again: dict[int, int] = {}
        self._armed: Armed | None = None

    def begin(self, armed: Armed) -> None:
        """A record is on."""
        if armed.fault.kind == "C1":
            armed.took_effect()
            self.client.timeout = max(1, round(self._timeout * armed.number("factor", 1.0)))
        else:
            self._armed = armed
            self.client.parked = self._given_up

    def end(self, armed: Armed) -> None:
        """A record is over."""
        if armed.fault.kind == "C1":
            self.client.timeout = self._timeout
        else:
            self._armed = None
            self.client.parked = self._parked

    def _given_up(self, event: Event, reason: str) -> None:
        assert self._armed is not None
        times = self._again.get(event.id, 0)
        if times < self._armed.number("cap", 1.0):
            self._again[event.id] = times + 1
            self._armed.took_effect()
            self.client.ground.timeline.call_in(1, self.client.submit, event)
        else:
            self._parked(event, reason)


class TroubledLedger:
    """An ERP that forgets keys (E11), or in which somebody books by hand (W8)."""

    def __init__(self, erp: Erp, endpoint: Endpoint) -> None:
        self.erp = erp
        self.endpoint = endpoint
        self._usual = (erp.unique, endpoint.keys)
        self._on: tuple[Armed, ...] = ()
        self._booked = 0

    def begin(self, armed: Armed) -> None:
        """A record is on."""
        self._on = (*self._on, armed)
        if armed.fault.kind == "E11":
            armed.took_effect()
            contract = KeyContract(retention_us=int(armed.number("base", 0.0)))
            self.erp.unique, self.endpoint.keys = False, OrderKeys(self.erp.ground, contract)
        else:
            self._by_hand(armed)

    def end(self, armed: Armed) -> None:
        """A record is over."""
        self._on = tuple(other for other in self._on if other is not armed)
        if armed.fault.kind == "E11":
            self.erp.unique, self.endpoint.keys = self._usual

    def _by_hand(self, armed: Armed) -> None:
        """Book units off one item after the other, and come back."""
        if armed in self._on and self.erp.booked:
            items = list(self.erp.booked)
            item = items[self._booked % len(items)]
            self._booked += 1
            armed.took_effect()
            self.erp.book_by_hand(item, -int(armed.number("delta", 1.0)))
            self.erp.ground.timeline.call_in(int(armed.number("base", 1.0)), self._by_hand, armed)
