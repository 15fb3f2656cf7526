"""The parts of a design's fallbacks that are about channels: an interface that is away, orders that do not come."""

from collections.abc import Sequence
from typing import Literal

from policies import channel_fallback as policy
from policies import document_fallback
from policies.silence import Silence
from twin.world.law_specs import Delay
from twin.world.values import Block, Count, Duration, Identifier, PositiveDuration, sourced


class ChannelRefuses(Block):
    """How channels are told what they may sell while their stock interface is away.

    `alternate_path`: by file, every `every` at most, shown `turnaround` later. `pause_listing`: operators pause at the
    channel's portal what must go to zero, one listing at a time.
    """

    after: PositiveDuration = sourced("2m", "assumed: no answer for so long is an absence")
    stable_for: Count = sourced(3, "assumed: answers in a row before it counts as back")
    use: Literal["wait", "alternate_path", "pause_listing"] = sourced(
        "wait", "rule: keys stay dirty, and go out when it is back, zeros first"
    )
    channels: tuple[Identifier, ...] | None = sourced(None, "rule: all of them unless it is said")
    every: PositiveDuration = sourced("15m", "assumed: a file, or a look at the listings, each quarter of an hour")
    items: Count = sourced(10_000, "assumed: a file holds the catalogue")
    turnaround: Delay = sourced("15m", "assumed: what a feed of many items takes where none is published")


class FeedSilent(Block):
    """What is withheld while no orders come from a channel, and how its list is read when they do again."""

    after: PositiveDuration = sourced("30m", "assumed: no order for so long is a silence")
    stable_for: Count = sourced(1, "rule: an order that comes says that the feed is back")
    channels: tuple[Identifier, ...] | None = sourced(None, "rule: all of them unless it is said")
    stale_after: PositiveDuration = sourced("2h", "assumed: from then on the channel is shown nothing")
    half_life: PositiveDuration = sourced("6h", "assumed: of the sales rates, where no risk buffer states one")
    review: PositiveDuration = sourced("5m", "assumed: how often figures are looked at again")
    overlap: Duration = sourced("15m", "assumed: what came shortly before may have been cut off")


class DocumentsAway(Block):
    """How documents reach trading partners while their gateway, or the network behind it, is away.

    `manual`: operators give an answer at the partner's portal when its deadline (`promise: {acknowledge}`) is `margin`
    away. `second_route`: another connection, which takes `route`.
    """

    after: PositiveDuration = sourced("5m", "assumed: no answer for so long is an absence")
    stable_for: Count = sourced(3, "assumed: answers in a row before it counts as back")
    use: Literal["wait", "second_route", "manual"] = sourced("wait", "rule: documents wait in their order")
    channels: tuple[Identifier, ...] | None = sourced(None, "rule: those that an EDI gateway carries")
    margin: PositiveDuration = sourced("1h", "assumed: time enough for people who have other work")
    route: Delay = sourced({"archetype": "edi_translate"}, "latency.yaml, edi_translate (assumed)")


def refuses_of(block: ChannelRefuses, names: Sequence[str]) -> policy.ChannelRefuses:
    """Return the fallback that a block describes; `names` are the channels."""
    return policy.ChannelRefuses(
        silence=Silence(after_us=block.after, stable_for=block.stable_for),
        use=block.use,
        every_us=block.every,
        items=block.items,
        channels=_numbers(block.channels, names),
    )


def feed_of(block: FeedSilent, names: Sequence[str]) -> policy.FeedSilent:
    """Return the fallback that a block describes; `names` are the channels."""
    return policy.FeedSilent(
        silence=Silence(after_us=block.after, stable_for=block.stable_for),
        stale_after_us=block.stale_after,
        review_us=block.review,
        overlap_us=block.overlap,
        channels=_numbers(block.channels, names),
    )


def documents_of(
    block: DocumentsAway, names: Sequence[str], gateways: Sequence[str]
) -> document_fallback.DocumentsAway:
    """Return the fallback that a block describes; `gateways` are those of the channels that an EDI gateway carries."""
    return document_fallback.DocumentsAway(
        silence=Silence(after_us=block.after, stable_for=block.stable_for),
        use=block.use,
        margin_us=block.margin,
        channels=_numbers(gateways if block.channels is None else block.channels, names) or (),
    )


def _numbers(channels: Sequence[str] | None, names: Sequence[str]) -> tuple[int, ...] | None:
    return None if channels is None else tuple([names.index(name) for name in channels])
