"""Which keys came lately: a memory for checks that does not grow with the horizon."""

from twin.model.instant import Elapsed


class Lately:
    """Keys that came within the last `kept` microseconds, and when."""

    __slots__ = ("_old", "_turned", "_young", "kept")

    def __init__(self, kept: Elapsed) -> None:
        self.kept = kept
        self._young: dict[int, Elapsed] = {}
        self._old: dict[int, Elapsed] = {}
        self._turned: Elapsed = 0

    def came(self, key: int, now: Elapsed) -> bool:
        """Remember a key; tell whether it had come before, less than `kept` ago."""
        if now - self._turned >= self.kept:
            self._old, self._young, self._turned = self._young, {}, now
        before = self._young.get(key)
        if before is None and self._old:
            before = self._old.get(key)
        self._young[key] = now
        return before is not None and now - before < self.kept
