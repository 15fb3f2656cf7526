"""From a demand's second thoughts to the actor that has them, and from the returns desk of a scenario to its grader."""

from collections.abc import Callable, Sequence

from actors.calls import Feed
from actors.ground import Ground, Lag
from actors.parcel import ReturnsDesk
from actors.second_thoughts import Habit, Habits, SecondThoughts
from actors.wms import Warehouse
from twin.model.chance import stream_id, uniform
from twin.model.stock import Bucket
from twin.world import second_thoughts
from twin.world.laws import compiled
from twin.world.scenario import Scenario
from twin.world.site_specs import Returns


def thoughts_of(
    scenario: Scenario,
    ground: Ground,
    *,
    wishes: Callable[[], Sequence[Feed]],
    warehouses: Sequence[Warehouse],
    transit: Lag,
) -> SecondThoughts | None:
    """Return the buyers who think again, or None when no demand has any; `wishes` makes one feed for each channel."""
    habits = []
    for number, block in enumerate(scenario.demands):
        name = f"demand/{block.name or number}"
        returns = block.returns
        habits.append(
            Habits(
                cancels=_habit(ground, f"{name}/cancellations", block.cancellations),
                edits=_habit(ground, f"{name}/edits", block.edits),
                returns=_habit(ground, f"{name}/returns", returns),
                unannounced=ground.coin(f"{name}/unannounced", returns.unannounced) if returns else None,
            )
        )
    if not any(each.cancels or each.edits or each.returns for each in habits):
        return None
    return SecondThoughts(ground, habits, wishes(), warehouses, transit)


def desk_of(ground: Ground, name: str, block: Returns) -> ReturnsDesk:
    """Return the returns desk of a site: how long it takes, and the grade of each line, drawn by its identity."""
    stream = stream_id(f"{name}/grade")

    def grade(parcel: int, line: int) -> Bucket:
        draw = uniform(ground.seed, stream, parcel, line)
        if draw < block.sellable:
            return Bucket.SELLABLE
        return Bucket.OUTSIDE if draw < block.sellable + block.to_vendor else Bucket.DAMAGED

    return ReturnsDesk(ground.lag(f"{name}/inspect", compiled(block.inspect)), grade)


def _habit(ground: Ground, name: str, block: second_thoughts.SecondThoughts | None) -> Habit | None:
    if block is None or not block.part:
        return None
    return Habit(ground.coin(name, block.part), ground.lag(f"{name}/delay", compiled(block.delay)))
