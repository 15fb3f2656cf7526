"""What does not go with goods by catch weight."""

from collections.abc import Iterator

from twin.world.finding import Finding
from twin.world.landscape import Carrier, Wms
from twin.world.scenario import Scenario


def weighing(scenario: Scenario) -> Iterator[Finding]:
    """Yield what does not go with goods by catch weight: what is not weighed when it moves."""
    block = scenario.items.catch_weight
    if block is None:
        return
    at = ("items", "catch_weight")
    for sku in block.nominal:
        if scenario.items.bases.get(sku, "EA") != "EA":
            yield Finding((*at, "nominal", sku), "is sold by a measure already; catch weight is that of pieces")
        if sku in scenario.items.kits:
            yield Finding((*at, "nominal", sku), "is a kit; its components are weighed, if any are")
    carriers = [each for each in scenario.landscape.parties.values() if isinstance(each, Carrier)]
    undelivered = any(each.scans is not None and each.scans.refused for each in carriers)
    if undelivered or any(demand.returns is not None for demand in scenario.demands):
        yield Finding(at, "does not go with goods that come back: they are not weighed")
    if any(isinstance(each, Wms) and each.transfers is not None for each in scenario.landscape.parties.values()):
        yield Finding(at, "does not go with transfers between sites: they are not weighed")
