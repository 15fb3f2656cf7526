"""Identities: derived from what caused them, never drawn, so that a replay makes equal ones."""

import hashlib

MASK = (1 << 63) - 1
"""Ids are non-negative and fit a signed 64-bit column."""


def derive(cause: int, n: int) -> int:
    """Return the id of the `n`-th thing that `cause` brought about: pure integer mixing, 63 bits."""
    x = (cause ^ ((n + 1) * 0x9E3779B97F4A7C15)) & 0xFFFFFFFFFFFFFFFF
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return (x ^ (x >> 31)) & MASK


def business_id(*parts: str) -> int:
    """Return the 63-bit id of a business key such as (partner, document type, document number).

    Eight bytes of BLAKE2b: at ten million keys the chance of any collision is below one in 100,000; the row keeps
    the key in full, so a collision is noticed and not merged.
    """
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") & MASK


class Ids:
    """Numbers the messages that one message causes, in the order in which they are made."""

    __slots__ = ("cause", "count")

    def __init__(self, cause: int) -> None:
        self.cause = cause
        self.count = 0

    def next(self) -> int:
        """Return the next derived id: `derive` written out, for an order's messages number twenty things."""
        self.count = n = self.count + 1
        x = (self.cause ^ ((n + 1) * 0x9E3779B97F4A7C15)) & 0xFFFFFFFFFFFFFFFF
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        return (x ^ (x >> 31)) & MASK
