"""Whether a scenario has the parties that its world needs, and whether what they name is there."""

from collections.abc import Iterator

from twin.world.finding import Finding, missing
from twin.world.further_parties import ONE_OF_EACH, ErpLegacy, Gateway, Tms
from twin.world.paying import payment_findings
from twin.world.scenario import Scenario

NEEDED = (("erp_cloud", "erp_legacy"), ("wms",), ("middleware",))
"""Of each of these there is exactly one party, of one kind or the other."""
ALLOWED = ("store", "operators", "customer_portal", "pim", "payment_provider", *ONE_OF_EACH)
"""Of each of these kinds there is at most one."""


def party_findings(scenario: Scenario) -> Iterator[Finding]:
    """Yield what is missing among the parties, what is there too often, and names that lead nowhere."""
    landscape = scenario.landscape
    needed = dict.fromkeys(NEEDED, 1) | dict.fromkeys([(kind,) for kind in ALLOWED], 0)
    if not landscape.of_kind("tms"):
        needed[("carrier",)] = 1  # only a TMS knows whom of several to ask
    for kinds, least in needed.items():
        found = [name for name, party in landscape.parties.items() if party.kind in kinds]
        if not least <= len(found) <= 1:
            how, told, kind = "exactly one" if least else "at most one", ", ".join(found) or "none", " or ".join(kinds)
            yield Finding(("landscape", "parties"), f"there must be {how} party of kind {kind} (got {told})")
    for name, party in landscape.parties.items():
        match party:
            case ErpLegacy():
                yield from _unwatched(scenario)
            case Tms(guide=guide):
                carriers = landscape.of_kind("carrier")
                for each in guide:
                    if each not in carriers:
                        yield missing(("landscape", "parties", name, "guide"), "carrier", each, carriers)
                if not carriers:
                    yield Finding(("landscape", "parties", name), "a TMS needs a carrier to ask")
            case Gateway(consumers=consumers):
                for each in consumers:
                    if each not in scenario.channels:
                        path = ("landscape", "parties", name, "consumers")
                        yield missing(path, "channel", each, scenario.channels)
            case _:
                pass
    yield from payment_findings(scenario)


def _unwatched(scenario: Scenario) -> Iterator[Finding]:
    for name, design in scenario.designs.items():
        if design.fallbacks is not None and design.fallbacks.erp_away is not None:
            told = "an ERP that is reached by files answers no question; nobody can tell whether it is away"
            yield Finding(("designs", name, "fallbacks", "erp_away"), told)
