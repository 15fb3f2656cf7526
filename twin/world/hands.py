"""Who carries actions out in a simulated world: who manages the ERP and the interfaces, who works at the bins and at
the exception queues. Those of floors and desks are in `staff`, what is done to the middleware's process in `deploys`.
"""

from collections.abc import Callable, Sequence
from typing import assert_never

from actors.calls import Client, Endpoint
from actors.ground import Ground
from actors.presence import Door
from actors.transactor import Store
from actors.wms import Warehouse
from policies.ruleset import RuleSet
from twin.errors import UsageError
from twin.middleware.unit import LETTERS
from twin.model.chance import stream_id
from twin.model.commands import RedriveLetter
from twin.model.dead_letter import DeadLetter, LetterKind
from twin.model.ids import derive
from twin.model.message import Message
from twin.world import landscape, settable
from twin.world.acting import Acting
from twin.world.action_specs import Action, CountAction, PauseAction, RedriveAction, RestartAction, SetAction
from twin.world.deploys import hands_on_process
from twin.world.scenario import Scenario
from twin.world.wiring import Wiring

HEALTH = "/health"
"""How the clients end that only ask whether a partner is there: they go on asking in a pause."""


def act(wiring: Wiring, ruled: Callable[[RuleSet], None]) -> None:
    """Let people do what the scenario says that they do on purpose; `ruled` hears of other rules."""
    scenario = wiring.scenario
    if not scenario.actions:
        return

    def told(rules: RuleSet) -> None:
        """Other rules hold on purpose: the pages of channels name the prices that they are now sold at."""
        ruled(rules)
        for channel, terms in zip(wiring.channels, rules.channels, strict=True):
            if channel.says is not None and terms.source is not None:
                channel.says.rules = terms.source

    sign = _unheard if wiring.tap is None else wiring.tap.life.sign
    hands = hands_on_process(scenario, wiring.name, wiring.middleware, wiring.numbers, sign=sign, told=told)
    hands.people = wiring.staff.change
    if wiring.erp_interface is not None:
        hands.concurrency = widened(wiring.erp_interface, wiring.erp_client)
    hands.pause = Interfaces(scenario, wiring.clients).pause
    hands.count = counter(scenario, wiring.warehouses, wiring.numbers)
    hands.redrive = redriver(wiring.store, wiring.door("actions"))
    hands.told = noted(wiring.ground)
    wiring.further.acting = Acting(scenario, wiring.name, wiring.timeline, hands)
    wiring.further.acting.start()


class Interfaces:
    """The interfaces that the middleware calls, of which actions pause some."""

    def __init__(self, scenario: Scenario, clients: Sequence[Client]) -> None:
        targets = [each.target for each in scenario.actions if isinstance(each, PauseAction)]
        self.doors: dict[str, list[Door]] = {target: [] for target in targets}
        self._pauses = dict.fromkeys(targets, 0)
        for client in clients:
            caller, called = client.ends
            if caller != "middleware" or client.name.endswith(HEALTH):
                continue
            party = scenario.party_of(called) if called in scenario.channels else called.partition("/")[0]
            for target in dict.fromkeys(targets):
                if target in (called, party):
                    door = Door(client.pace)
                    client.pace = door
                    self.doors[target].append(door)

    def pause(self, action: PauseAction, begins: bool) -> None:
        """Shut the doors to a partner, or open them; one that two pauses shut stays shut until both are over."""
        self._pauses[action.target] += 1 if begins else -1
        for door in self.doors[action.target]:
            door.shut = self._pauses[action.target] > 0


def widened(endpoint: Endpoint, client: Client) -> Callable[[Scenario, str], None]:
    """Return who changes how many calls the ERP takes at once, and how many its caller has under way."""

    def change(scenario: Scenario, path: str) -> None:
        block = scenario.landscape.parties[settable.keys(path)[2]]
        assert isinstance(block, landscape.ErpCloud)
        if client.concurrency == endpoint.concurrency:
            client.concurrency = block.concurrency
        endpoint.concurrency = block.concurrency

    return change


def counter(
    scenario: Scenario, warehouses: Sequence[Warehouse], items: dict[str, int]
) -> Callable[[CountAction], None]:
    """Return who has bins counted.

    Raises:
        UsageError: an action counts an item that is not there.
    """
    for each in scenario.actions:
        for sku in each.items if isinstance(each, CountAction) else ():
            if sku not in items:
                some = ", ".join(list(items)[:3])
                raise UsageError(f"action {each.name!r}: no item {sku!r} in this world; there are {some}, ...")

    def count(action: CountAction) -> None:
        chosen = [items[sku] for sku in action.items] or list(items.values())
        site = action.target.partition("/")[2]
        for warehouse in warehouses:
            if site in ("", warehouse.name.partition("/")[2]):
                warehouse.stock_take(chosen, action.each, stream_id(action.name))

    return count


def redriver(store: Store, tell: Callable[[Message], None]) -> Callable[[RedriveAction], None]:
    """Return who redrives what lies in the exception queues, the oldest first."""

    def redrive(action: RedriveAction) -> None:
        rows = [row for row in store.rows[LETTERS.number].values() if isinstance(row, DeadLetter)]
        for letter in sorted(rows, key=lambda row: (row.first_failure, row.id)):
            if letter.kind is not LetterKind.NOTICE and action.owner in (None, letter.owner):
                id = derive(derive(stream_id(action.name), letter.id), letter.redrives)
                tell(RedriveLetter(id=id, cause=letter.id, case=letter.case, letter=letter.id, by=action.name))

    return redrive


def _unheard() -> None:
    """Nobody counts signs of life."""


def noted(ground: Ground) -> Callable[[Action, bool], None]:
    """Return who writes into the record that an action has begun or is over: from whom, the action by its name."""
    recorder = ground.recorder

    def told(action: Action, on: bool) -> None:
        kind = recorder.kind("action.on" if on else "action.off")
        match action:
            case SetAction(path=where) | RestartAction(target=where) | PauseAction(target=where):
                pass
            case CountAction(target=where):
                pass
            case RedriveAction():
                where = "exception queues"
            case _:
                assert_never(action)
        recorder.note(ground.timeline.now, kind, recorder.party(action.name), recorder.party(where), 0, 0, 0)

    return told
