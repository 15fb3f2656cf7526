"""The other ways to partners that are away: files beside an interface, a second route for documents, people."""

from collections.abc import Callable, Sequence

from actors.by_hand import ByHand
from actors.calls import Client, Endpoint
from actors.channel import Channel
from actors.presence import Detour
from actors.tap import Submits
from twin.model.events import DocumentByHand
from twin.model.fallback import documents, stock_interface
from twin.model.instant import Elapsed
from twin.model.message import Event, Message
from twin.world.channel_fallback_specs import ChannelRefuses, DocumentsAway
from twin.world.laws import compiled
from twin.world.wiring import Wiring


class Detours:
    """Makes the other ways of one design, and has them hear when their partners are away."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.fallbacks = wiring.design.fallbacks
        self.routes: list[Detour] = []
        """The second routes of documents."""

    def of_figures(self, stock: Sequence[Submits]) -> list[Submits]:
        """Return where each channel's figures are handed in."""
        block = self.fallbacks.channel_refuses if self.fallbacks is not None else None
        return [
            usual
            if block is None or block.use == "wait" or stock_interface(number) not in self.wiring.doors
            else self._of_figures(number, usual, block)
            for number, usual in enumerate(stock)
        ]

    def _of_figures(self, number: int, usual: Submits, block: ChannelRefuses) -> Detour:
        channel, partner = self.wiring.channels[number], stock_interface(number)
        if block.use == "alternate_path":
            (other,) = self.wiring.handed([self._files(channel, block)])
        else:
            tap, refused = self.wiring.tap, self.wiring.middleware.refused
            name = f"middleware/{channel.name}/portal"
            given_back = refused if tap is None else tap.refused(name, refused)
            person = self._person(name, _at_once, channel.entered_by_hand, given_back)
            (other,) = self.wiring.handed([person])
            self._hears(partner, person.turn)
        way = Detour(usual, other)
        self._hears(partner, way.turn)
        return way

    def _files(self, channel: Channel, block: ChannelRefuses) -> Client:
        """Return the client that sends a channel's figures by file, beside its interface."""
        ground, name = self.wiring.ground, f"{channel.name}/file"
        turnaround = ground.lag(name, compiled(block.turnaround))
        endpoint = Endpoint(ground, service=_no_time, handle=channel.by_file(turnaround))
        refused = self.wiring.middleware.refused
        return self.wiring.client(f"middleware/{name}", "middleware", name, endpoint, refused=refused)

    def of_documents(self, answers: Sequence[Submits]) -> list[Submits]:
        """Return where what each channel hears is handed in."""
        block = self.fallbacks.edi_away if self.fallbacks is not None else None
        return [
            usual
            if block is None or block.use != "second_route" or documents(number) not in self.wiring.doors
            else self._of_documents(number, usual, block)
            for number, usual in enumerate(answers)
        ]

    def _of_documents(self, number: int, usual: Submits, block: DocumentsAway) -> Detour:
        channel = self.wiring.channels[number]
        name = f"{channel.name}/second"
        route = self.wiring.ground.lag(name, compiled(block.route))
        endpoint = Endpoint(self.wiring.ground, service=route, handle=channel.take_answer)
        (other,) = self.wiring.handed([self.wiring.client(f"middleware/{name}", "middleware", name, endpoint)])
        way = Detour(usual, other)
        self.wiring.answer_clients[number].refused = way.moved
        self._hears(documents(number), way.turn)
        self.routes.append(way)
        return way

    def by_hand(self, answers: Sequence[Submits]) -> list[Submits]:
        """Return who gives each channel's partners an answer at their portal, where the design asks people to."""
        block = self.fallbacks.edi_away if self.fallbacks is not None else None
        found = list(answers)
        for number, channel in enumerate(self.wiring.channels):
            if block is not None and block.use == "manual" and documents(number) in self.wiring.doors:
                name = f"middleware/{channel.name}/typed"
                person = self._person(name, _deadline, channel.answered_by_hand, self._over)
                (found[number],) = self.wiring.handed([person])
                self._hears(documents(number), person.turn)
        return found

    def counted(self) -> tuple[int, int]:
        """Return how many documents took a second route, and how many answers came to a partner again."""
        return sum(way.taken for way in self.routes), sum(channel.copies for channel in self.wiring.channels)

    def _hears(self, partner: int, turn: Callable[[bool], None]) -> None:
        self.wiring.turns.setdefault(partner, []).append(turn)

    def _person(
        self,
        name: str,
        due: Callable[[Event], Elapsed],
        does: Callable[[Event], Message | None],
        given_back: Callable[[Event, Elapsed | None], bool],
    ) -> ByHand:
        """Return people who do by hand what an interface cannot."""
        wiring = self.wiring
        assert wiring.team is not None, "a scenario is not valid whose design asks for people where there are none"
        team, block, desk = wiring.team
        done = wiring.middleware.delivered
        person = ByHand(
            wiring.ground,
            name,
            desk=desk,
            people=block.people,
            touch=wiring.ground.lag(f"{team}/{name}", compiled(block.touch)),
            due=due,
            does=does,
            done=done if wiring.tap is None else wiring.tap.delivered(name, done),
            given_back=given_back,
        )
        wiring.by_hand.append(person)
        return person

    def _over(self, event: Event, _: Elapsed | None) -> bool:
        """Nobody has to type an answer whose document goes out after all."""
        tap, done = self.wiring.tap, self.wiring.middleware.delivered
        (done if tap is None else tap.delivered("operators", done))(event, None)
        return True


def _deadline(event: Event) -> Elapsed:
    assert isinstance(event, DocumentByHand)
    return event.deadline


def _at_once(_: Event) -> Elapsed:
    return 0


def _no_time(_: int, __: int) -> Elapsed:
    return 0
