"""How much of a run is the logic itself: procedures and the policies that they ask, against all that simulates them.

Every procedure of the middleware's table is timed, with the unit calls inside it; publishers and the relay are outside.
The timer costs about 0.1 us a call on both sides of the ratio, which is small beside a procedure.
"""

from time import perf_counter
from typing import TYPE_CHECKING

from policies.ruleset import RuleSet
from twin.experiment.bench_measure import BenchRow, quiet, timed
from twin.kernel.recorder import Recorder
from twin.middleware.dispatch import Procedure, Procedures
from twin.middleware.unit import Outcome, Unit
from twin.model.instant import Now
from twin.model.message import Message
from twin.world.build import build

if TYPE_CHECKING:
    from twin.world.scenario import Scenario


class Stopwatch:
    """Puts itself around the procedures of a table and sums the seconds that they take."""

    def __init__(self, table: Procedures) -> None:
        self.seconds = 0.0
        self.calls = 0
        for kind, procedure in table.by_type.items():
            table.by_type[kind] = self._around(procedure)

    def _around(self, procedure: Procedure[Message]) -> Procedure[Message]:
        def measured(message: Message, now: Now, rules: RuleSet, unit: Unit) -> Outcome:
            began = perf_counter()
            try:
                return procedure(message, now, rules, unit)
            finally:
                self.seconds += perf_counter() - began
                self.calls += 1

        return measured


def logic_share(scenario: "Scenario", quick: bool) -> BenchRow:
    """Measure the share of a run that procedures and policies take; it has no target and is reported."""
    chosen = scenario.with_("horizon", "1h" if quick else "6h")
    world = build(chosen, next(iter(chosen.designs)), 1, Recorder(), stops=False)
    watch = Stopwatch(world.middleware.procedures)
    with quiet():
        took = timed(lambda: world.timeline.run(until=chosen.horizon))
    placed = world.watch.count["orders_placed"]
    return BenchRow(
        name="logic_share",
        what="time in procedures and the policies they ask / the whole run",
        measured=watch.seconds / took,
        target=None,
        unit="ratio",
        how=f"{watch.calls} procedures in {watch.seconds:.2f} of {took:.2f} s; N = {placed}",
    )
