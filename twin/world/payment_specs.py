"""The payment provider as a block of a landscape."""

from typing import Literal

from twin.world.law_specs import Delay
from twin.world.values import Block, Count, Identifier, PositiveDuration, RatePerTime, Share, sourced


class PaymentProvider(Block):
    """A payment provider: buyers' banks promise money through it; it is taken when goods leave, and given back.

    `channels` names those that pay through it. `settles` is how long money is on its way after a call: with 0s the
    answer says that it has moved, else the answer says nothing and a webhook tells of it later. A promise that nobody
    draws on lapses after `valid_for`. Keys are known again for `keys_kept`; null: for no time.
    """

    kind: Literal["payment_provider"]
    channels: tuple[Identifier, ...] = sourced((), "rule: empty means every storefront")
    latency: Delay = sourced({"archetype": "api_write"}, "latency.yaml, api_write (assumed)")
    rate: RatePerTime = sourced("100/s", "assumed: no figure was found in the profiles; far above a mid-size firm")
    burst: Count = sourced(100, "assumed: a second's worth")
    timeout: PositiveDuration = sourced("30s", "assumed: as long as most HTTP clients wait for an answer")
    settles: Delay = sourced("0s", "assumed: a card is charged while the caller waits; a bank debit takes days")
    valid_for: PositiveDuration = sourced("7d", "assumed: a bank keeps a card's promise for about a week")
    keys_kept: PositiveDuration | None = sourced("24h", "POLICIES 5: Stripe v1, at least 24 h (published)")
    webhook: Delay = sourced({"archetype": "webhook_dispatch"}, "latency.yaml, webhook_dispatch (assumed)")
    checkout: Literal["beside", "interface"] = sourced(
        "beside", "rule: buyers pay on the provider's own pages, which its interface's troubles do not touch"
    )
    repeated: Share = sourced("0.5%", "assumed: as landscape.yaml has it for storefront webhooks")
