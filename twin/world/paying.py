"""Which channels pay through a payment provider."""

from collections.abc import Iterator

from twin.world import payment_specs
from twin.world.finding import Finding, missing
from twin.world.scenario import Scenario

KIND = "payment_provider"


def provider_block(scenario: Scenario) -> tuple[str, payment_specs.PaymentProvider] | None:
    """Return the name and the block of the payment provider, or None."""
    for name, block in scenario.landscape.of_kind(KIND).items():
        assert isinstance(block, payment_specs.PaymentProvider)
        return name, block
    return None


def paying_channels(scenario: Scenario) -> tuple[int, ...]:
    """Return the numbers of the channels that pay through the provider; none where there is no provider."""
    found = provider_block(scenario)
    if found is None:
        return ()
    named, parties = found[1].channels, scenario.landscape.parties
    return tuple(
        [
            number
            for number, name in enumerate(scenario.channels)
            if (name in named if named else parties[scenario.party_of(name)].kind == "storefront")
        ]
    )


def payment_findings(scenario: Scenario) -> Iterator[Finding]:
    """Yield the channels of the provider that are not there."""
    found = provider_block(scenario)
    if found is None:
        return
    name, block = found
    for each in block.channels:
        if each not in scenario.channels:
            yield missing(("landscape", "parties", name, "channels"), "channel", each, scenario.channels)
