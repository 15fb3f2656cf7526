"""The transport management system between warehouses and carriers: it rates a parcel and tenders it.

Carriers are asked in the order of the routing guide. One that declines, or refuses because of its limit, is passed
over; of one that did not answer nobody knows whether it printed a label, so it is asked again and nobody else is: two
labels for one package would be two parcels. Warehouses that ask again meanwhile hear the one answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from actors.calls import FAILED, REFUSED, Call, Client, Gate
from actors.carrier import LabelRequested
from actors.ground import Ground, Lag
from policies.carrier_fallback import CarrierAway
from twin.kernel.station import Station
from twin.model.message import Event, Message


@dataclass(slots=True)
class _Load:
    """A parcel without a label: who asked, how far down the routing guide it is, and for the how manieth time."""

    calls: list[Call] = field(default_factory=list)
    place: int = 0
    round: int = 0
    tendered: bool = False
    diverted: bool = False
    """Whether a carrier was passed over because it is away."""
    unsure: bool = False
    """Whether the carrier it stands at may have printed a label that nobody has seen."""


class Tms:
    """The planner's desk."""

    def __init__(
        self,
        ground: Ground,
        name: str,
        *,
        rate: Lag,
        solvers: Station,
        declines: Callable[[int, int], bool],
        gate: Gate | None = None,
    ) -> None:
        self.ground = ground
        self.name = name
        self.rate = rate
        self.solvers = solvers
        self.declines = declines
        self.carriers: list[Client] = []
        """The routing guide."""
        self.numbers: list[int] = []
        """Their numbers among the carriers, by their places in it."""
        self.instead: CarrierAway | None = None
        """Who is asked in the place of a carrier that is away; None: nobody, whoever is away."""
        self.away: frozenset[int] = frozenset()
        """The numbers of the carriers that are away."""
        self.diverted = 0
        """Labels that another carrier gave because of that."""
        self.gate = gate
        self.declined = self.passed_over = self.refused = 0
        self.given: dict[str, int] = {}
        """Labels by the interface that gave them."""
        self._loads: dict[int, _Load] = {}
        recorder = ground.recorder
        self._party = recorder.party(name)
        self._declined = recorder.kind("tender.declined")

    def request(self, call: Call) -> None:
        """Take a warehouse's wish for a label; a solver rates it first."""
        if self.gate is not None and (wait := self.gate.admit(self.ground.timeline.now)) is not None:
            self.refused += 1
            call.status, call.retry_after = REFUSED, wait or None
            call.client.respond(call)
            return
        if not self.solvers.offer(self.rate(call.event.id, call.attempt), self._rated, call):
            call.status = REFUSED
            call.client.respond(call)

    def _rated(self, call: Call) -> None:
        assert isinstance(call.event, LabelRequested)
        load = self._loads.setdefault(call.event.package, _Load())
        load.calls.append(call)
        if not load.tendered:
            self._tender(call.event, load)

    def _tender(self, event: LabelRequested, load: _Load) -> None:
        """Ask the next carrier that does not decline; after the last one, the warehouse comes back later."""
        while load.place < len(self.carriers):
            if self._passes(load):
                load.place += 1
                continue
            if load.unsure or not self.declines(event.package, load.place + len(self.carriers) * load.round):
                load.tendered = True
                self.carriers[load.place].submit(event)
                return
            self.declined += 1
            now, note = self.ground.timeline.now, self.ground.recorder.note
            note(now, self._declined, self._party, self._party, event.id, event.cause, event.case, 0, load.place)
            load.place += 1
        load.place, load.round, load.diverted = 0, load.round + 1, False
        self._answer(load, REFUSED)

    def turn(self, carrier: int, away: bool) -> None:
        """A carrier is away from now on, or back."""
        self.away = self.away | {carrier} if away else self.away - {carrier}

    def _passes(self, load: _Load) -> bool:
        """Tell whether a carrier is passed over: it is away and cannot have printed the label, or is none of those who
        are asked in the place of another one.
        """
        if self.instead is None or load.unsure:
            return False
        number = self.numbers[load.place]
        if number in self.away:
            load.diverted = True
            return True
        return load.diverted and not self.instead.instead(number, self.away)

    def _answer(self, load: _Load, status: str, answer: Message | None = None) -> None:
        calls, load.calls = load.calls, []
        for call in calls:
            call.status, call.answer = status, answer
            call.client.respond(call)

    # --- what carriers say

    def labelled(self, event: Event, answer: Message | None) -> None:
        """A carrier gave the label."""
        assert isinstance(event, LabelRequested)
        load = self._loads.pop(event.package)
        carrier = self.carriers[load.place].name
        self.given[carrier] = self.given.get(carrier, 0) + 1
        self.diverted += load.diverted
        self._answer(load, "ok", answer)

    def unlabelled(self, event: Event, reason: str) -> None:
        """A carrier gave none in its one attempt: the next is asked if it only was at its limit.

        An attempt that failed or was not answered may have printed a label: from then on this carrier alone is asked,
        whenever the warehouse comes back.
        """
        assert isinstance(event, LabelRequested)
        load = self._loads[event.package]
        load.tendered = False
        refused = f": {REFUSED} " in reason
        load.unsure = load.unsure or not refused
        if refused and not load.unsure and load.place < len(self.carriers) - 1:
            self.passed_over += 1
            load.place += 1
            self._tender(event, load)
        else:
            self._answer(load, REFUSED if refused else FAILED)
