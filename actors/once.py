"""What a partner has done already: keys remembered for at least a while, so that a repeat does nothing."""

from twin.model.instant import Elapsed


class Once:
    """Remembers keys with their answers for at least `kept` microseconds and at most twice that."""

    def __init__(self, kept: Elapsed) -> None:
        self.kept = kept
        self._young: dict[int, int] = {}
        self._old: dict[int, int] = {}
        self._turned: Elapsed = 0

    def get(self, key: int) -> int | None:
        """Return the answer given for the key, or None when it is new or forgotten."""
        answer = self._young.get(key)
        return answer if answer is not None else self._old.get(key)

    def put(self, key: int, answer: int, now: Elapsed) -> None:
        """Remember the answer."""
        if now - self._turned >= self.kept:
            self._old, self._young, self._turned = self._young, {}, now
        self._young[key] = answer
