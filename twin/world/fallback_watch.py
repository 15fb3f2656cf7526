"""What is measured of fallbacks: how long each was on, and what became of the orders that came meanwhile."""

from collections.abc import Callable, Mapping
from typing import Final

from policies.channel_fallback import BY_FILE, BY_HAND
from policies.document_fallback import TYPED
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
    "fallback_exposure_s": (
        "s",
        "The longest time for which a channel's figure was exposed, as declared: what it is on average, and how long "
        "its stock interface was silent.",
    ),
    "fallback_files": ("count", "Files of figures that went to channels whose stock interface was away."),
    "fallback_typed_answers": ("documents", "Answers that people were asked to give at a partner's portal."),
    "fallback_second_route": ("documents", "Documents that took the second route while their gateway was away."),
    "fallback_copies": ("documents", "Answers that a partner got a second time, and took for copies."),
    "fallback_other_carrier": ("labels", "Labels that another carrier gave because the first one was away."),
    "fallback_reserved_numbers": ("parcels", "Parcels that left under numbers that their carrier gave beforehand."),
    "fallback_counted_items": ("items", "Items that a warehouse was asked to count when it was back from a silence."),
    "fallback_listings": ("count", "Times that people were asked to pause listings, for the same reason."),
}
"""Name to (unit, what it says)."""
_NAMED: Final = {REROUTED: "rerouted_orders", BY_FILE: "files", BY_HAND: "listings", TYPED: "typed_answers"}
"""What decisions are called that are not about whether an order is accepted, by their reason."""


def _none() -> int:
    return 0


class FallbackWatch:
    """The fallbacks of one run; `partners` are their names by number."""

    def __init__(self, recorder: Recorder) -> None:
        self.partners: Mapping[int, str] = {}
        self._recorder = recorder
        self._on: dict[int, Level] = {}
        self.exposed: Mapping[int, Elapsed] = {}
        """How long a channel's figure is exposed when the fallback is entered, by partner."""
        self._began: Elapsed = 0
        self._counts: dict[str, int] = {}
        self._longest: Elapsed | None = None
        self.documents: Callable[[], tuple[int, int]] = lambda: (0, 0)
        """How many documents took the second route, and how many were copies."""
        self.diverted: Callable[[], int] = _none
        """How many labels another carrier gave."""
        self.reserved: Callable[[], int] = _none
        """How many parcels left under reserved numbers."""
        self._before = (0, 0, 0, 0)

    def restart(self, now: Elapsed) -> None:
        """The warm-up is over."""
        self._began = now
        self._counts.clear()
        self._longest = None
        self._before = self._so_far()
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
            if not event.on and event.partner in self.exposed:
                self._longest = max(self._longest or 0, self.exposed[event.partner] + event.lasted)
            word = "on" if event.on else "off"
        else:
            name = _NAMED.get(event.reason) or ("held_orders" if event.held else "accepted_orders")
            self._counts[name] = self._counts.get(name, 0) + 1
            word = name.removesuffix("_orders")
        ours, theirs = self._recorder.party("middleware"), self._recorder.party(self._name(event.partner))
        kind = self._recorder.kind(f"fallback.{word}")
        self._recorder.note(now, kind, ours, theirs, event.id, event.cause, event.case)

    def counting(self, items: int) -> None:
        """A warehouse is asked to count items."""
        self._counts["counted_items"] = self._counts.get("counted_items", 0) + items

    def results(self, now: Elapsed) -> dict[str, float | None]:
        """Return the measures under their keys."""
        span = (now - self._began) / SECOND
        on = {partner: level.mean(now) * span for partner, level in sorted(self._on.items())}
        kpis: dict[str, float | None] = {"fallback_s": sum(on.values())}
        kpis |= {f"fallback_s{{partner={self._name(partner)}}}": seconds for partner, seconds in on.items()}
        kpis["fallback_exposure_s"] = None if self._longest is None else self._longest / SECOND
        second, copies, diverted, reserved = (
            count - before for count, before in zip(self._so_far(), self._before, strict=True)
        )
        kpis |= {"fallback_second_route": second, "fallback_copies": copies}
        kpis |= {"fallback_other_carrier": diverted, "fallback_reserved_numbers": reserved}
        counted = [name for name in FALLBACK_MEASURES if name not in kpis]
        return kpis | {name: self._counts.get(name.removeprefix("fallback_"), 0) for name in counted}

    def _so_far(self) -> tuple[int, int, int, int]:
        return (*self.documents(), self.diverted(), self.reserved())

    def _name(self, partner: int) -> str:
        return self.partners.get(partner, str(partner))
