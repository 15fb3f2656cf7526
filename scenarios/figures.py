"""What a scenario may refer to by name: figures of the shipped profiles, files beside it or in the shipped data."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ruamel.yaml import YAML

from scenarios.own_code import Own, own
from twin.world.wording import nearest

ROOM: Final = Path(__file__).parent
_LISTS: Final = {
    "archetype": ("latency.yaml", "archetypes"),
    "figure": ("demand.yaml", "figures"),
    "multipliers": ("landscape.yaml", "peak_multipliers"),
}
PROFILES: Final = ("brokers", "carriers", "edi", "erp", "marketplaces", "saas", "storefronts", "wms")
"""The profiles that list operations of systems."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """The surroundings of a scenario: the shipped profiles, and `folder`, in which the scenario's own file lies."""

    folder: str
    allowed: tuple[str, ...] = ()
    """Modules of the user that may be imported."""

    def archetype(self, name: str) -> Mapping[str, object] | None:
        """Return the entry of latency.yaml with this name, or None."""
        return _entries("archetype").get(name)

    def figure(self, name: str) -> Mapping[str, object] | None:
        """Return the entry of demand.yaml with this name, or None."""
        return _entries("figure").get(name)

    def multipliers(self, name: str) -> Mapping[str, object] | None:
        """Return the row of landscape.yaml's peak multipliers with this name, or None."""
        return _entries("multipliers").get(name)

    def published(self, file: str, system: str, operation: str) -> Mapping[str, object] | str:
        """Return the entry of a profile for an operation of a system, or the sentence that says what there is."""
        if file not in PROFILES:
            return f"no such profile {file!r}{nearest(file, PROFILES)}"
        operations = {str(entry["operation"]): entry for entry in _profile(file) if entry["system"] == system}
        if not operations:
            systems = dict.fromkeys(str(entry["system"]) for entry in _profile(file))
            return f"no system {system!r} in {file}.yaml{nearest(system, systems)}"
        return operations.get(operation) or f"{system!r} has no {operation!r}{nearest(operation, operations)}"

    def near(self, kind: str, name: str) -> str:
        """Return the end of a sentence that says what there is instead."""
        return nearest(name, _entries(kind), all_up_to=0 if kind == "figure" else 30)

    def locate(self, file: str) -> str | None:
        """Return the full path of a data file, looked for beside the scenario and in the shipped data, or None."""
        for found in (Path(self.folder, file), ROOM / file):
            if found.is_file():
                return str(found.resolve())
        return None

    def own(self, use: str) -> Own | str:
        """Return the class of a user's module, or the sentence that says why there is none."""
        return own(self.folder, use, self.allowed)


@cache
def _entries(kind: str) -> Mapping[str, Mapping[str, object]]:
    """Return the entries of one list of a shipped profile by name; the files are read once in a process."""
    file, key = _LISTS[kind]
    document = YAML(typ="safe", pure=True).load((ROOM / "profiles" / file).read_text(encoding="utf-8"))
    return MappingProxyType({entry["name"]: MappingProxyType(entry) for entry in document[key]})


@cache
def _profile(file: str) -> tuple[Mapping[str, object], ...]:
    """Return the entries of a profile that lists operations; the file is read once in a process."""
    document = YAML(typ="safe", pure=True).load((ROOM / "profiles" / f"{file}.yaml").read_text(encoding="utf-8"))
    return tuple([MappingProxyType(entry) for entry in document["entries"]])
