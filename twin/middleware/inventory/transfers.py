"""Transfers between own sites as expected supply: on the road a unit is in no bucket, and incoming where it is due.

A transfer is open from its departure until its receipt, whatever the receipt finds: one receipt closes it. The two
facts belong to different streams, so the receipt may come first. Then it leaves a closed entry behind, which the
departure takes away.
"""

from twin.model.commands import TransferReceived, TransferShipped
from twin.model.stock import Supply


def under_way(supply: tuple[Supply, ...], fact: TransferShipped | TransferReceived) -> tuple[Supply, ...]:
    """Return the open receipts of an item after a departure or a receipt."""
    rest = tuple([known for known in supply if known.order != fact.transfer])
    if len(rest) < len(supply):
        return rest
    if isinstance(fact, TransferShipped):
        return (*rest, Supply(fact.transfer, fact.target, fact.quantity, 0, fact.due))
    return (*rest, Supply(fact.transfer, fact.site, fact.quantity, fact.quantity, fact.at))
