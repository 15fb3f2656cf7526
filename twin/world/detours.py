"""The ways a channel's figures take beside its interface: by file, or entered by people."""

from collections.abc import Callable, Sequence

from actors.by_hand import ByHand
from actors.calls import Client, Endpoint
from actors.channel import Channel
from actors.presence import Detour
from actors.tap import Submits
from twin.model.fallback import stock_interface
from twin.model.instant import Elapsed
from twin.model.message import Event, Message
from twin.world.channel_fallback_specs import ChannelRefuses
from twin.world.laws import compiled
from twin.world.wiring import Wiring


def detours_of(wiring: Wiring, stock: Sequence[Submits]) -> tuple[list[Submits], dict[int, Detour]]:
    """Return where each channel's figures are handed in, and the detours among them, by partner."""
    ways: dict[int, Detour] = {}
    clients: list[Submits] = []
    for number, usual in enumerate(stock):
        block = wiring.design.fallbacks.channel_refuses if wiring.design.fallbacks is not None else None
        partner = stock_interface(number)
        if block is None or block.use == "wait" or partner not in wiring.doors:
            clients.append(usual)
            continue
        channel = wiring.channels[number]
        if block.use == "alternate_path":
            (other,) = wiring.handed([_files(wiring, channel, block)])
            ways[partner] = Detour(usual, other)
        else:
            person = _by_hand(wiring, f"middleware/{channel.name}/portal", lambda _: 0, channel.entered_by_hand)
            (other,) = wiring.handed([person])
            ways[partner] = Detour(usual, other, person.withdraw)
        clients.append(ways[partner])
    return clients, ways


def _files(wiring: Wiring, channel: Channel, block: ChannelRefuses) -> Client:
    """Return the client that sends a channel's figures by file, beside its interface."""
    turnaround = wiring.ground.lag(f"{channel.name}/file", compiled(block.turnaround))
    endpoint = Endpoint(wiring.ground, service=lambda _, __: 0, handle=channel.by_file(turnaround))
    return wiring.client(
        f"middleware/{channel.name}/file", "middleware", f"{channel.name}/file", endpoint,
        refused=wiring.middleware.refused,
    )  # fmt: skip


def _by_hand(
    wiring: Wiring, name: str, due: Callable[[Event], Elapsed], does: Callable[[Event], Message | None]
) -> ByHand:
    """Return people who do by hand what an interface cannot."""
    assert wiring.team is not None, "a scenario is not valid whose design asks for people where there are none"
    team, block, desk = wiring.team
    tap, done, refused = wiring.tap, wiring.middleware.delivered, wiring.middleware.refused
    person = ByHand(
        wiring.ground,
        name,
        desk=desk,
        people=block.people,
        touch=wiring.ground.lag(f"{team}/{name}", compiled(block.touch)),
        due=due,
        does=does,
        done=done if tap is None else tap.delivered(name, done),
        given_back=refused if tap is None else tap.refused(name, refused),
    )
    wiring.by_hand.append(person)
    return person
