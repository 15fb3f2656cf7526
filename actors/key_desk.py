"""Where a partner looks up idempotency keys before it works on a call, and writes down how the work ended."""

from collections import OrderedDict
from typing import Final, Protocol

from policies.key_contract import Answer, Arrived, Ending, Finished, KeyContract, KeyRecord, Reply
from twin.model.chance import stream_id
from twin.model.ids import derive
from twin.model.instant import Elapsed
from twin.model.message import Message

KEYS_MAX: Final = 1_000_000
"""Keys that are remembered at once; beyond it the one that was written first is forgotten."""


class Keyed(Protocol):
    """A call as the desk sees it: who it is, the key that it names, and what is to be done."""

    @property
    def id(self) -> int:
        """The same in all attempts."""

    @property
    def under(self) -> int:
        """The idempotency key; 0 where the call names none."""

    @property
    def operation(self) -> str:
        """What is asked for."""


class KeyDesk:
    """The records of one partner; without a contract nothing is looked up, and what is worked on is only counted."""

    def __init__(self, contract: KeyContract | None) -> None:
        self.contract = contract
        self.worked = 0
        """Calls that were worked on to a good end."""
        self.repeated = 0
        """Those of them whose key and content had come to a good end before: effects too many."""
        self._done: OrderedDict[int, None] = OrderedDict()
        self._records: OrderedDict[int, tuple[KeyRecord, Message | None]] = OrderedDict()

    def arrived(self, call: Keyed, fingerprint: int, now: Elapsed) -> tuple[Reply, Message | None]:
        """Return what is done with a call, and of a replay the message that was answered first."""
        if self.contract is None:
            return Reply(Answer.PROCESS), None
        key = self._key(call)
        known = self._records.get(key)
        record, reply = self.contract.step(known[0] if known else None, Arrived(now, fingerprint, call.under != 0))
        if record is not None and (known is None or record is not known[0]):
            self._write(key, record, None, now)
        return reply, known[1] if known and reply.answer is Answer.REPLAY else None

    def finished(self, call: Keyed, fingerprint: int, now: Elapsed, ending: Ending, answer: Message | None) -> None:
        """Write down how the work on a call ended."""
        if ending is Ending.OK:
            effect = derive(call.under or call.id, fingerprint)
            self.worked += 1
            self.repeated += effect in self._done
            self._done[effect] = None
            if len(self._done) > KEYS_MAX:
                self._done.popitem(last=False)
        if self.contract is None or not call.under:
            return
        key = self._key(call)
        known = self._records.get(key)
        record, _ = self.contract.step(known[0] if known else None, Finished(now, fingerprint, ending))
        if record is None:
            self._records.pop(key, None)
        elif known is None or record is not known[0]:
            self._write(key, record, answer, now)

    def forget(self, call: Keyed) -> None:
        """Nothing was done for a call that was let in: its key is free."""
        key = self._key(call)
        known = self._records.get(key)
        if known is not None and known[0].ending is None:
            del self._records[key]

    def _key(self, call: Keyed) -> int:
        """Return the key within its scope."""
        if self.contract is None or self.contract.scope == "account":
            return call.under
        return derive(call.under, stream_id(call.operation))

    def restart(self) -> None:
        """Count from now on; what is known of keys stays."""
        self.worked = self.repeated = 0

    def _write(self, key: int, record: KeyRecord, answer: Message | None, now: Elapsed) -> None:
        self._records[key] = record, answer
        self._records.move_to_end(key)
        while self._records:
            first, (oldest, _) = next(iter(self._records.items()))
            if len(self._records) <= KEYS_MAX and now < oldest.until:
                return
            del self._records[first]
