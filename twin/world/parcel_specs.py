"""The block about parcels on their way: when somebody is told of silence, and what a buyer gets for a lost one."""

from typing import Literal

from policies.milestones import Milestones
from twin.world.values import Block, PositiveDuration, sourced


class Parcels(Block):
    """What is done about parcels, from their scans.

    A parcel without a scan for `lost_after` is claimed as lost; its buyer is asked by a person, is sent the goods again
    under an order of their own, or gets his money back.
    """

    lost: Literal["ask", "replace", "refund"] = sourced("ask", "rule: a person decides unless it is said")
    silent_after: PositiveDuration = sourced("2d", "DOMAIN 23, defaults: 48 h")
    lost_after: PositiveDuration = sourced("14d", "DOMAIN 23, defaults")
    confirm_wait: PositiveDuration = sourced("12h", "DOMAIN 23, defaults")
    eta_min_change: PositiveDuration = sourced("1h", "assumed: less is not worth a message")


def milestones_of(block: Parcels, audiences: tuple[str, ...]) -> Milestones:
    """Return the policy of a parcels block, for those who hear of milestones."""
    return Milestones(
        audiences=audiences,
        silent_after_us=block.silent_after,
        lost_after_us=block.lost_after,
        confirm_wait_us=block.confirm_wait,
        eta_min_change_us=block.eta_min_change,
        lost=block.lost,
    )
