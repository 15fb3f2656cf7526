"""What people do to the middleware's own process: other rules, other workers, a rolling restart.

A run and a replay do it with the same hands, at the same instants, so that a history of a run with actions replays.
"""

from collections.abc import Callable, Mapping

from actors.middleware import Middleware
from policies.ruleset import RuleSet
from twin.world.acting import Hands
from twin.world.action_specs import RestartAction
from twin.world.delays import windows_of
from twin.world.process import publish_everything
from twin.world.rules import rules_of
from twin.world.scenario import Scenario


def hands_on_process(
    scenario: Scenario,
    design: str,
    middleware: Middleware,
    numbers: Mapping[str, int],
    *,
    sign: Callable[[], None],
    told: Callable[[RuleSet], None],
) -> Hands:
    """Return who acts on the process; `numbers` are those of the items, `sign` and `told` hear of a sign of its life
    and of other rules.
    """
    known = scenario.designs[design].workers.count

    def rule(changed: Scenario) -> None:
        block = changed.designs[design]
        sign()
        middleware.rule(rules_of(changed, block, dict(numbers), windows_of(changed, block)))
        told(middleware.rules)
        publish_everything(middleware, len(numbers))

    def staff(changed: Scenario) -> None:
        nonlocal known
        count = changed.designs[design].workers.count
        sign()
        middleware.workers += count - known
        known = count
        middleware.take_up()

    def restart(action: RestartAction) -> None:
        _Restart(middleware, action, sign).stop_one(middleware.workers)

    return Hands(rules=rule, workers=staff, restart=restart)


class _Restart:
    """One rolling restart: a worker stops, another takes its place, and then the next."""

    def __init__(self, middleware: Middleware, action: RestartAction, sign: Callable[[], None]) -> None:
        self.middleware = middleware
        self.action = action
        self.sign = sign

    def stop_one(self, left: int) -> None:
        """A worker stops once it has finished what it has in hand."""
        if left:
            self.sign()
            self.middleware.workers -= 1
            self.middleware.ground.timeline.call_in(self.action.each, self._start_one, left)

    def _start_one(self, left: int) -> None:
        self.sign()
        self.middleware.workers += 1
        self.middleware.take_up()
        self.stop_one(left - 1)
