"""From a carrier's block to its scans and its luck, and what becomes of a parcel that it brings back."""

from actors.calls import Feed
from actors.carrier import Carrier, LabelRequested, Luck, Scanner
from actors.ground import Ground
from actors.parcel import Parcel
from actors.wms import Warehouse
from twin.model.ids import derive
from twin.world import landscape
from twin.world.laws import compiled


def luck_of(ground: Ground, name: str, block: landscape.Scans) -> Luck:
    """Return what goes wrong with a carrier's parcels."""
    return Luck(
        delayed=ground.coin(f"{name}/delayed", block.delayed),
        late_by=block.late_by,
        second_attempt=ground.coin(f"{name}/second_attempt", block.second_attempt),
        refused=ground.coin(f"{name}/refused", block.refused),
        lost=ground.coin(f"{name}/lost", block.lost),
    )


def scanner_of(ground: Ground, name: str, block: landscape.Scans, facts: Feed) -> Scanner:
    """Return how a carrier's scans reach the middleware."""
    told_after = ground.lag(f"{name}/told_after", compiled(block.told_after))
    return Scanner(told_after, ground.coin(f"{name}/scans/duplicated", block.duplicated), facts)


def take_back_undelivered(carrier: Carrier, warehouses: list[Warehouse]) -> None:
    """Have the warehouses receive what a carrier could not deliver."""

    def refused(package: LabelRequested) -> None:
        parcel = Parcel(
            id=derive(package.package, 40),
            case=package.case,
            rma=0,
            site=package.site,
            lines=package.lines,
            items=package.items,
            undelivered=True,
            tracking=package.package,
        )
        warehouses[package.site].take_back(parcel)

    carrier.refused = refused
