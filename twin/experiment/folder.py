"""The run folder: written beside its target, renamed at the end, so that it is whole or not there.

A folder of the same name is replaced only if it is one of ours (it has a manifest) or empty. Renaming a folder over a
full one is not one step: the old one moves aside first, and comes back if the second step fails.
"""

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from twin.errors import UsageError

MANIFEST = "manifest.json"


class RunFolder:
    """A folder under construction; what is not committed is removed, and so are the parents made for it.

    Used as a context. `path` is where files go until then, `target` where they will be found.

    Raises:
        UsageError: The target exists and is not ours, or cannot be written.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.parent / f".{target.name}.{os.getpid()}.partial"
        self._parents: list[Path] = []

    def __enter__(self) -> Self:
        _check_replaceable(self.target)
        self._parents = [parent for parent in (self.path.parent, *self.path.parent.parents) if not parent.exists()]
        try:
            shutil.rmtree(self.path, ignore_errors=True)
            self.path.mkdir(parents=True)
        except OSError as error:
            self._remove()
            raise _unwritable(self.target, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def folder(self, name: str) -> Path:
        """Make a folder inside.

        Raises:
            UsageError: It cannot be written.
        """
        inside = self.path / name
        try:
            inside.mkdir(exist_ok=True)
        except OSError as error:
            raise _unwritable(inside, error) from error
        return inside

    def write(self, name: str, content: str | bytes) -> None:
        """Write one file inside; text is UTF-8 with plain line ends.

        Raises:
            UsageError: It cannot be written.
        """
        data = content.encode() if isinstance(content, str) else content
        try:
            (self.path / name).write_bytes(data)
        except OSError as error:
            raise _unwritable(self.target / name, error) from error

    def commit(self) -> None:
        """Give the folder its name.

        Raises:
            UsageError: Something that is not ours took the name meanwhile, or it cannot be written.
        """
        _check_replaceable(self.target)
        aside = self.path.with_suffix(".old")
        try:
            if self.target.exists():
                self.target.rename(aside)
            try:
                self.path.rename(self.target)
            except OSError:
                if aside.exists():
                    aside.rename(self.target)
                raise
        except OSError as error:
            raise _unwritable(self.target, error) from error
        self._parents = []
        shutil.rmtree(aside, ignore_errors=True)

    def _remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        for parent in self._parents:
            try:
                parent.rmdir()
            except OSError:  # somebody else put something there, or it was never made
                break


def _check_replaceable(target: Path) -> None:
    try:
        if not target.exists() or (target / MANIFEST).is_file() or (target.is_dir() and not any(target.iterdir())):
            return
    except OSError as error:
        raise _unwritable(target, error) from error
    raise UsageError(f"cannot write run folder '{target}': it exists and is no run folder (it has no {MANIFEST})")


def _unwritable(target: Path, error: OSError) -> UsageError:
    return UsageError(f"cannot write run folder '{target}': {error.strerror or error}")
