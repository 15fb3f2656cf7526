"""From the demands of a scenario to the buyers who shop in it."""

from collections.abc import Callable, Sequence

from actors.calls import Feed
from actors.channel import Channel
from actors.ground import Ground
from actors.shoppers import Buys, Shoppers, Shopping
from twin.world.laws import compiled
from twin.world.scenario import Scenario


def shoppers_of(
    scenario: Scenario, ground: Ground, channels: Sequence[Channel], feed: Callable[[str], Feed], buy: Buys
) -> Shoppers | None:
    """Return the buyers who shop, or None where nobody does; `feed` is how the shop of a channel speaks of baskets."""
    names = list(scenario.channels)
    habits: list[Shopping | None] = []
    for number, demand in enumerate(scenario.demands):
        block = demand.baskets
        if block is None:
            habits.append(None)
            continue
        name = f"demand/{demand.name or number}/baskets"
        habits.append(
            Shopping(
                channels=tuple([names.index(each) for each in block.channels or names]),
                think=ground.lag(f"{name}/think", compiled(block.think)),
                pay=ground.lag(f"{name}/pay", compiled(block.pay)),
                leaves=ground.coin(f"{name}/left", block.left),
            )
        )
    shopped = {channel for habit in habits if habit is not None for channel in habit.channels}
    if not shopped:
        return None
    feeds = [feed(name) if number in shopped else None for number, name in enumerate(names)]
    return Shoppers(ground, habits, channels, feeds, buy)
