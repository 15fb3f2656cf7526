"""What is measured of fallbacks: how long each was on, and what became of the orders that came meanwhile."""

from collections.abc import Sequence
from typing import Final

from policies.fallback import REROUTED
from twin.kernel.recorder import Recorder
from twin.model.events import FallbackChanged, FallbackDecided
from twin.model.instant import SECOND, Elapsed
from twin.world.levels import Level

FALLBACK_MEASURES: Final[dict[str, tuple[str, str]]] = {
    "fallback_s": ("s", "Time that fallbacks were on, summed over partners, and by partner."),
    "fallback_held_orders": (
        "orders",
        "New orders that were held, or turned away, because a partner was away; each time.",
    ),
    "fallback_rerouted_orders": ("orders", "Orders whose units were claimed elsewhere because a warehouse was silent."),
    "fallback_accepted_orders": ("orders", "New orders that were accepted on what was known while a partner was away."),
}
"""Name to (unit, what it says)."""


class FallbackWatch:
    """The fallbacks of one run; `partners` are their names by number."""

    def __init__(self, recorder: Recorder) -> None:
        self.partners: Sequence[str] = ()
        self._recorder = recorder
        self._on: dict[int, Level] = {}
        self._began: Elapsed = 0
        self._held = self._accepted = self._rerouted = 0

    def restart(self, now: Elapsed) -> None:
        """The warm-up is over."""
        self._began = now
        self._held = self._accepted = self._rerouted = 0
        for level in self._on.values():
            level.restart(now)

    def heard(self, event: FallbackChanged | FallbackDecided, now: Elapsed) -> None:
        """Count an event, and put it into the record: nobody outside is told of it."""
        if isinstance(event, FallbackChanged):
            level = self._on.get(event.partner)
            if level is None:
                level = self._on[event.partner] = Level()
                level.restart(self._began)
            level.put(int(event.on), now)
            word = "fallback.on" if event.on else "fallback.off"
        elif event.reason == REROUTED:
            self._rerouted += 1
            word = "fallback.rerouted"
        elif event.held:
            self._held += 1
            word = "fallback.held"
        else:
            self._accepted += 1
            word = "fallback.accepted"
        ours, theirs = self._recorder.party("middleware"), self._recorder.party(self._name(event.partner))
        self._recorder.note(now, self._recorder.kind(word), ours, theirs, event.id, event.cause, event.case)

    def results(self, now: Elapsed) -> dict[str, float | None]:
        """Return the measures under their keys."""
        span = (now - self._began) / SECOND
        on = {partner: level.mean(now) * span for partner, level in sorted(self._on.items())}
        kpis: dict[str, float | None] = {"fallback_s": sum(on.values())}
        kpis |= {f"fallback_s{{partner={self._name(partner)}}}": seconds for partner, seconds in on.items()}
        kpis["fallback_held_orders"] = self._held
        kpis["fallback_rerouted_orders"] = self._rerouted
        kpis["fallback_accepted_orders"] = self._accepted
        return kpis

    def _name(self, partner: int) -> str:
        return self.partners[partner] if partner < len(self.partners) else str(partner)
