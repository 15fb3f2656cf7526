"""A digital twin of distribution-ERP middleware: the middleware is real, the world around it is simulated.

This is the one face: users write `import twin` and nothing else. A name is imported from its room when it is first
used. It has to be so: this package lies below and above its siblings, so an eager face would be a circular import; it
would also make `import twin` slow and bring the simulator into a live process. Inside the project, rooms are imported
by path.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.replayed import replay as replay
    from reports.result import compare as compare
    from reports.result import run as run
    from reports.stepped import open as open  # noqa: A004  # a name of the face, reached as twin.open
    from reports.swept import optimize as optimize
    from reports.swept import sweep as sweep
    from scenarios import check as check
    from scenarios import load as load
    from scenarios import names as names
    from scenarios.imports import import_files as import_files
    from twin.errors import Divergence as Divergence
    from twin.errors import HistoryError as HistoryError
    from twin.errors import InvariantViolation as InvariantViolation
    from twin.errors import MissingExtra as MissingExtra
    from twin.errors import Problem as Problem
    from twin.errors import ScenarioError as ScenarioError
    from twin.errors import TwinError as TwinError
    from twin.errors import UsageError as UsageError
    from twin.errors import WireError as WireError
    from twin.experiment import results as results
    from twin.live.effects import read_effects as read_effects
    from twin.model.instant import minutes as minutes
    from twin.model.instant import seconds as seconds
    from twin.world.scenario import Scenario as Scenario

    __version__: str

__all__ = [
    "Divergence",
    "HistoryError",
    "InvariantViolation",
    "MissingExtra",
    "Problem",
    "Scenario",
    "ScenarioError",
    "TwinError",
    "UsageError",
    "WireError",
    "check",
    "compare",
    "import_files",
    "load",
    "minutes",
    "names",
    "open",
    "optimize",
    "read_effects",
    "replay",
    "results",
    "run",
    "seconds",
    "sweep",
]

if not TYPE_CHECKING:  # hidden from checkers, so that misspelt names are still reported
    _ROOMS = {
        "Divergence": "twin.errors",
        "HistoryError": "twin.errors",
        "InvariantViolation": "twin.errors",
        "MissingExtra": "twin.errors",
        "Problem": "twin.errors",
        "Scenario": "twin.world.scenario",
        "ScenarioError": "twin.errors",
        "TwinError": "twin.errors",
        "UsageError": "twin.errors",
        "WireError": "twin.errors",
        "check": "scenarios",
        "compare": "reports.result",
        "import_files": "scenarios.imports",
        "load": "scenarios",
        "minutes": "twin.model.instant",
        "names": "scenarios",
        "open": "reports.stepped",
        "optimize": "reports.swept",
        "read_effects": "twin.live.effects",
        "replay": "reports.replayed",
        "results": "twin.experiment",
        "run": "reports.result",
        "seconds": "twin.model.instant",
        "sweep": "reports.swept",
    }

    def __getattr__(name):
        """Import the room of a public name on first use and keep what it gave."""
        from importlib import import_module, metadata

        if name == "__version__":
            value = metadata.version("distribution-twin")
        elif name in _ROOMS:
            value = getattr(import_module(_ROOMS[name]), name)
        else:
            raise AttributeError(f"module 'twin' has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__():
        """List the public names, so that completion shows what has not been loaded yet."""
        return sorted([*__all__, "__version__"])
