"""What a kind of fault is: what it does, where it can strike, what it takes."""

from dataclasses import dataclass
from typing import Final, Literal

PARTNERS: Final = ("erp_cloud", "erp_legacy", "wms", "storefront", "marketplace", "carrier", "payment_provider")
LIMITED: Final = ("storefront", "marketplace", "carrier", "payment_provider")
SELLERS: Final = ("storefront", "marketplace", "edi_gateway", "b2b_portal", "crm", "subscription")
LINK: Final = "link"
COIN: Final = ("probability",)
RAMPED: Final = ("heal", "heal_slow_ramp", "permanent")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultKind:
    """One kind of fault.

    `targets` are kinds of parties, or `link`. `needs` and `takes` are parameters by name. A kind that strikes `each`
    message by its coin takes `count`, `correlation` and `select`, and counts the messages of its trigger itself.
    """

    text: str
    targets: tuple[str, ...]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    each: bool = True
    picks: bool = True
    """Whether it can pick messages by what they are about: not where it strikes whole files or pages."""
    ends: tuple[str, ...] = ("heal", "permanent")
    visibility: tuple[Literal["error", "silence", "wrong", "late"], ...] = ("error",)
    assumption: Literal["A", "B", "C"] = "A"
    points: tuple[str, ...] = ()
    """The named points of a process that are its own: it begins at one of these; empty: at any, or at none."""
