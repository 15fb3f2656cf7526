"""Actions at work: each is begun at its time and, where it has an end, taken back; whoever has a hand in it does it.

A hand is a function for one part of the world. Settings that actions change are laid over the scenario together, so two
that overlap do not undo each other; the hand of each part is given the scenario as it then stands. What reaches into
the middleware's process counts as a sign of its life, so that a replay puts it between the same two records.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from twin.kernel.timeline import Timeline
from twin.world import settable
from twin.world.action_specs import Action, CountAction, PauseAction, RedriveAction, RestartAction, SetAction
from twin.world.scenario import Scenario


@dataclass(slots=True, kw_only=True)
class Hands:
    """Who does what; None: nobody here, since it is done elsewhere or by nobody."""

    rules: Callable[[Scenario], None] | None = None
    workers: Callable[[Scenario], None] | None = None
    people: Callable[[Scenario, str], None] | None = None
    """Called with the path that changed."""
    concurrency: Callable[[Scenario, str], None] | None = None
    restart: Callable[[RestartAction], None] | None = None
    pause: Callable[[PauseAction, bool], None] | None = None
    count: Callable[[CountAction], None] | None = None
    redrive: Callable[[RedriveAction], None] | None = None
    told: Callable[[Action, bool], None] = field(default=lambda action, on: None)
    """Hears of every action that begins or ends."""


class Acting:
    """The actions of one run."""

    def __init__(self, scenario: Scenario, design: str, timeline: Timeline, hands: Hands) -> None:
        self.scenario = scenario
        self.design = design
        self.timeline = timeline
        self.hands = hands
        self.idle: list[str] = []
        """Actions that had nothing to do in this design."""
        self._set: dict[str, SetAction] = {}

    def start(self) -> None:
        """Wait for the time of each action that is still to come."""
        for action in self.scenario.actions:
            if action.at >= self.timeline.now:
                self.timeline.call_at(action.at, self._begin, action)

    def _begin(self, action: Action) -> None:
        if isinstance(action, SetAction) and not settable.is_of(action.path, self.design):
            self.idle.append(action.name)
            return
        self.hands.told(action, True)
        self._do(action, begins=True)
        lasts = action.for_ if isinstance(action, SetAction | PauseAction) else None
        if lasts is not None:
            self.timeline.call_in(lasts, self._end, action)

    def _end(self, action: Action) -> None:
        self.hands.told(action, False)
        self._do(action, begins=False)

    def _do(self, action: Action, *, begins: bool) -> None:
        hands = self.hands
        match action:
            case SetAction():
                self._change(action, begins=begins)
            case RestartAction() if hands.restart is not None:
                hands.restart(action)
            case PauseAction() if hands.pause is not None:
                hands.pause(action, begins)
            case CountAction() if hands.count is not None:
                hands.count(action)
            case RedriveAction() if hands.redrive is not None:
                hands.redrive(action)
            case _:
                pass

    def _change(self, action: SetAction, *, begins: bool) -> None:
        """Lay the setting over those that are on already, or take it away, and hand the part what holds now."""
        if begins:
            self._set[action.name] = action
        else:
            del self._set[action.name]
        changed = {each.path: each.value for each in self._set.values()}
        scenario = self.scenario.with_all({**changed, "actions": []}) if changed else self.scenario
        hands = self.hands
        match settable.part_of(action.path):
            case "rules" if hands.rules is not None:
                hands.rules(scenario)
            case "workers" if hands.workers is not None:
                hands.workers(scenario)
            case "floor" | "desk" if hands.people is not None:
                hands.people(scenario, action.path)
            case "concurrency" if hands.concurrency is not None:
                hands.concurrency(scenario, action.path)
            case _:
                pass
