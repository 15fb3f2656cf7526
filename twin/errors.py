"""Every exception of the project, in one tree, so that a caller can catch as wide or as narrow as it likes.

```
Exception
└── TwinError                   every exception that is ours
    ├── the caller's fault
    │   ├── ScenarioError       a scenario does not hold together: every problem found, with its position
    │   ├── UsageError          a call or an option makes no sense as given
    │   └── MissingExtra        a feature wants packages of an extra that is not installed
    ├── the data's fault
    │   ├── WireError           a message cannot be read, or does not keep its contract
    │   └── HistoryError        a recording cannot be read, or does not fit what it is asked for
    │       └── NoRows          a foreign file in which nothing lies where its rows are looked for
    └── the world's finding
        ├── InvariantViolation  a promise about every run was broken
        └── Divergence          a replay did something else than the recording
```

The three lines in lower case are headings, not classes. A business "no" is not here: it is a value.
All of them pickle, because a replication may raise in another process than the one that reports it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


class TwinError(Exception):
    """The root: whatever the project raises on purpose."""

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows in the place of a traceback: the sentence says what its reader can act on."""
        return [f"{type(self).__name__}: {self}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a file: where it stands, the rule, and the value that broke it.

    `line` and `column` count from 1, as editors do; 0 means that the position is not known.
    `path` is the dotted path of the setting, empty when the file as a whole is meant.
    """

    file: str
    line: int
    column: int
    path: str
    level: Literal["error", "warning"]
    message: str

    def __str__(self) -> str:
        """Write the problem as `file:line:column: path: message`, the form that editors turn into links."""
        known = [str(number) for number in (self.line, self.column) if number > 0]
        place = ":".join([self.file, *known])
        return ": ".join(part for part in (place, self.path, self.message) if part)


class ScenarioError(TwinError):
    """A scenario that does not hold together; `problems` has every finding, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type["ScenarioError"], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class UsageError(TwinError):
    """A call or an option that makes no sense as given."""


class MissingExtra(TwinError):
    """A feature whose packages are not installed; the sentence has the exact command that installs them."""

    def __init__(self, feature: str, extra: str) -> None:
        self.feature = feature
        self.extra = extra
        super().__init__(f"{feature} needs the extra {extra!r}: python -m pip install 'distribution-twin[{extra}]'")

    def __reduce__(self) -> tuple[type["MissingExtra"], tuple[str, str]]:
        return type(self), (self.feature, self.extra)


class WireError(TwinError):
    """A message that cannot be read, or that does not keep its contract."""


class HistoryError(TwinError):
    """A recording that cannot be read, or that does not fit what it is asked for."""


class NoRows(HistoryError):
    """A foreign file that can be read, and has nothing where its rows are looked for."""


class InvariantViolation(TwinError):
    """A promise about every run that was broken in this one.

    `id` names the invariant, `at_us` is the simulated time in microseconds since the run began, `key` is what it was
    broken for (an item at a place, an order), and `chain` has the messages that led there, the oldest first.
    """

    def __init__(self, id: str, at_us: int, key: str, chain: Iterable[str] = ()) -> None:
        self.id = id
        self.at_us = at_us
        self.key = key
        self.chain = tuple(chain)
        led = f", led there by {' > '.join(self.chain)}" if self.chain else ""
        super().__init__(f"{id} was broken for {key} at {at_us} us{led}")

    def __reduce__(self) -> tuple[type["InvariantViolation"], tuple[str, int, str, tuple[str, ...]]]:
        return type(self), (self.id, self.at_us, self.key, self.chain)


class Divergence(TwinError):
    """A replay that did something else than the recording; the sentence names the first step that differs."""
