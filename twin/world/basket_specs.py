"""The block of a demand that says how its buyers shop."""

from twin.world.law_specs import Delay
from twin.world.values import Block, Identifier, Share, sourced


class Baskets(Block):
    """Buyers who fill a basket: they `think`, go to check out, and `pay`; a share of them leaves before.

    `channels` are those in which they do. An order of the demand is a basket then, so what is left is not bought.
    """

    channels: tuple[Identifier, ...] = sourced((), "rule: empty means every channel")
    think: Delay = sourced({"law": "lognormal", "p50": "3m", "p95": "20m"}, "assumed: from the basket to the checkout")
    pay: Delay = sourced({"law": "lognormal", "p50": "1m", "p95": "4m"}, "assumed: from there to the order")
    left: Share = sourced("0%", "rule: whoever fills a basket buys it, unless it is said")
