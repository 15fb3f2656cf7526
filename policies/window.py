"""Sums over the last so many ticks, kept in slices: what breakers and budgets count in.

Theory of operation. Time is cut into slices on a fixed grid; the state holds one row for each slice in which something
happened, the oldest first: its number and its sums, all in one flat tuple. The window is the current slice and those
before it, `slices` in all, so what it covers ends between (slices - 1) and `slices` of them ago, and a slice leaves it
whole. An event costs one rebuilt tuple of at most `slices` rows.
"""

from dataclasses import dataclass

State = tuple[int, ...]
"""Rows of (number of the slice, its sums), flat; empty before the first event."""


@dataclass(frozen=True, slots=True)
class SlicedWindow:
    """A window of `slices` slices of `slice_ticks` ticks, with `width` sums in each."""

    slice_ticks: int
    slices: int
    width: int

    def add(self, state: State, now: int, amounts: tuple[int, ...]) -> State:
        """Return the state after `amounts`, one for each sum, happened at `now`."""
        kept = self.live(state, now)
        number = now // self.slice_ticks
        last = len(kept) - self.width - 1
        if last >= 0 and kept[last] == number:
            sums = [before + more for before, more in zip(kept[last + 1 :], amounts, strict=True)]
            return (*kept[: last + 1], *sums)
        return (*kept, number, *amounts)

    def sums(self, state: State, now: int) -> tuple[int, ...]:
        """Return the sums of the window that ends at `now`."""
        kept = self.live(state, now)
        row = self.width + 1
        return tuple([sum(kept[place::row]) for place in range(1, row)])

    def live(self, state: State, now: int) -> State:
        """Return the state without the slices that have left the window."""
        oldest = now // self.slice_ticks - self.slices
        row = self.width + 1
        start = 0
        while start < len(state) and state[start] <= oldest:
            start += row
        return state[start:] if start else state
