"""A user's own modules: which may be imported, where from, and what the manifest says of them.

A module is a file in the scenario's own folder, or an installed package; nothing else comes onto the path, and nothing
is imported that the caller has not allowed by name. What is found is handed out as a value that names it, so that it
goes to another process by its name and is found there in the same way.
"""

import hashlib
import importlib
import importlib.util
import inspect
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True, slots=True)
class Own:
    """A class or a function of a user's module; calling it calls that."""

    folder: str
    module: str
    name: str

    def __call__(self, **parameters: object) -> object:
        """Call it with parameters by keyword."""
        made: object = self.found(**parameters)
        return made

    @property
    def found(self) -> type:
        """The class or the function itself.

        Raises:
            ImportError: there is no such module, or it cannot be imported.
            AttributeError: it has no such name.
        """
        found: type = getattr(_module(self.folder, self.module), self.name)
        return found

    @property
    def __signature__(self) -> inspect.Signature:
        """The parameters that it takes."""
        return inspect.signature(self.found)


def own(folder: str, use: str, allowed: tuple[str, ...]) -> "Own | str":
    """Return what `use` names, or the sentence that says why there is nothing."""
    module, _, name = use.partition(":")
    if module not in allowed:
        return f"wants the code of module {module!r}; allow it with --allow-code {module}"
    found = Own(folder, module, name)
    try:
        callable_ = callable(found.found)
    except ImportError as error:
        return f"module {module!r} cannot be imported: {error} (looked beside the scenario and in installed packages)"
    except AttributeError:
        return f"module {module!r} has no {name!r}"
    return found if callable_ else f"{use} cannot be called"


def told(folder: str, module: str) -> dict[str, str | None]:
    """Return what the manifest says of a module: its name, its version if it is installed, its SHA-256."""
    found = _module(folder, module)
    text = Path(found.__file__).read_bytes() if found.__file__ else b""
    try:
        version = metadata.version(module.partition(".")[0])
    except metadata.PackageNotFoundError:
        version = None
    return {"module": module, "version": version, "sha256": hashlib.sha256(text).hexdigest()}


def _module(folder: str, name: str) -> ModuleType:
    """Return a module: the file beside the scenario first, then an installed package."""
    file = Path(folder, *name.split(".")).with_suffix(".py")
    if not file.is_file():
        return importlib.import_module(name)
    known = sys.modules.get(name)
    if known is not None and known.__file__ == str(file):
        return known
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
