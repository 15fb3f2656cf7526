"""From the block of a payment provider to its actor and its interface."""

from fractions import Fraction

from actors.calls import Address, Endpoint, Feed, Gate
from actors.ground import Ground
from actors.payments import PaymentProvider
from policies.throttle import TokenBucket, token_bucket
from twin.world import payment_specs
from twin.world.laws import compiled


def provider_of(ground: Ground, name: str, block: payment_specs.PaymentProvider, hooks: Feed) -> PaymentProvider:
    """Return the provider, whose interface is not yet open."""
    return PaymentProvider(
        ground,
        name,
        hooks=hooks,
        told_after=ground.lag(f"{name}/webhook", compiled(block.webhook)),
        repeated=ground.coin(f"{name}/repeated", block.repeated),
        settles=ground.lag(f"{name}/settles", compiled(block.settles)),
        valid_for=block.valid_for,
        keys_kept=block.keys_kept,
    )


def interface_of(provider: PaymentProvider, block: payment_specs.PaymentProvider, gate: Gate) -> Endpoint:
    """Return the interface through which the middleware calls the provider, behind its limit."""
    return Endpoint(
        provider.ground,
        service=provider.ground.lag(f"{provider.name}/write", compiled(block.latency)),
        handle=provider.take,
        gate=gate,
    )


def limit_of(block: payment_specs.PaymentProvider) -> TokenBucket:
    """Return the provider's limit."""
    return token_bucket(Fraction(block.rate.exact), block.burst)


def open_to_calls(provider: PaymentProvider, interface: Address) -> Address:
    """Open the provider's interface: what its ledger does not allow is refused before it."""
    provider.behind = interface
    return provider
