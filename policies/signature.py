"""Whether a webhook is what its sender signed, and signed lately (`Signature`)."""

import hashlib
import hmac
from dataclasses import dataclass
from enum import Enum

from twin.model.instant import SECOND, Instant


class Signed(Enum):
    """What a signature is worth."""

    VALID = "VALID"
    FORGED = "FORGED"
    """These bytes were not signed with this secret: nobody parses them."""
    STALE = "STALE"
    """Signed too long ago, or in the future: a recording of it may be going round."""


@dataclass(frozen=True, slots=True)
class Signature:
    """HMAC-SHA-256 over the stamp and the raw bytes; a stamp is good for less than `tolerance_us`, both ways.

    Bytes are compared as they came: a body that was parsed and written again has other bytes and is forged.
    """

    secret: bytes
    tolerance_us: int = 300 * SECOND

    def judge(self, raw: bytes, stamp: Instant, signature: bytes, now: Instant) -> Signed:
        """Return what the signature is worth at the wall time `now`; the comparison takes the same time for all."""
        if not hmac.compare_digest(sign(self.secret, raw, stamp), signature):
            return Signed.FORGED
        return Signed.VALID if abs(now - stamp) < self.tolerance_us else Signed.STALE


def sign(secret: bytes, raw: bytes, stamp: Instant) -> bytes:
    """Return what a sender puts beside these bytes at the wall time `stamp`."""
    return hmac.new(secret, f"{stamp}.".encode() + raw, hashlib.sha256).digest()
