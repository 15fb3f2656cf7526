"""From a name or a path to a checked scenario: reads the file and its parts, merges, applies settings, checks.

The order is: includes, then the landscape, under the file; `standard` and `extends` written out; `small`; what the
caller sets; the models; and last whether the parts fit each other. Each step goes on after a problem as far as it can,
so that one call shows all of them, at most twenty.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from scenarios import paths
from scenarios.document import Node, Place, Unreadable, at, merged, node_of, parse, path_text, problem, read, read_text
from scenarios.figures import ROOM, Shipped
from scenarios.mappings import load_history, load_mapping
from scenarios.own_code import told
from scenarios.places import named, placed
from scenarios.shortened import shortened
from scenarios.sized import sized
from twin.errors import HistoryError, Problem, ScenarioError
from twin.world.consistency import findings
from twin.world.demand import History as HistoryBlock
from twin.world.demand_history import History
from twin.world.landscape import BLANK
from twin.world.own_code import is_own, shown
from twin.world.scenario import Scenario
from twin.world.values import instant_us
from twin.world.wording import nearest
from twin.world.wording import read as read_document

PROBLEMS_MAX: Final = 20
INCLUDES_MAX: Final = 50


def names() -> list[str]:
    """Return the names of the shipped scenarios, sorted."""
    return sorted(file.stem for file in ROOM.glob("*.yaml"))


def load(
    name_or_path: str | Path,
    overrides: Sequence[str] = (),
    small: bool = False,
    *,
    text: str | None = None,
    allow_code: Sequence[str] = (),
) -> Scenario:
    """Return a scenario, checked.

    Args:
        name_or_path: a shipped name, or the path of a file.
        overrides: settings over the file, each as `path=value` with the value in YAML.
        small: apply the file's own `small` block first.
        text: what to read in the place of the file, which then only says where parts and data lie.
        allow_code: modules of the user that the scenario may import.

    Raises:
        ScenarioError: with every problem found, each at its place, at most twenty.
    """
    scenario, problems = _attempt(name_or_path, overrides, small, text, allow_code)
    errors = [found for found in problems if found.level == "error"]
    if scenario is None or errors:
        raise ScenarioError(errors[:PROBLEMS_MAX])
    return scenario


def check(
    name_or_path: str | Path, overrides: Sequence[str] = (), small: bool = False, *, allow_code: Sequence[str] = ()
) -> list[Problem]:
    """Return the problems of a scenario, errors first, then what is allowed but dangerous; at most twenty."""
    _, problems = _attempt(name_or_path, overrides, small, None, allow_code)
    return sorted(problems, key=lambda found: found.level != "error")[:PROBLEMS_MAX]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Where a scenario came from: its file, and the tree from which it was read after everything was merged and set."""

    name: str
    source: str
    text: str
    overrides: tuple[str, ...]
    tree: Node
    surroundings: Shipped
    small: bool = False

    def locate(self, file: str) -> str | None:
        """Return the full path of a data file, or None."""
        return self.surroundings.locate(file)

    def history(self, scenario: Scenario, block: HistoryBlock) -> History:
        """Read the recorded demand that a block names; kept for the next replication of the same process."""
        rule = scenario.stock.rule
        leave_out = block.leave_out
        above = leave_out.quantity_above if leave_out is not None else None
        begin_us = scenario.start_us
        if block.window is not None:
            begin_us = instant_us(block.window.from_, scenario.start.zone)
        file, mapping = Path(scenario.locate(block.file)), Path(scenario.locate(block.mapping))
        return _history(
            _stamped(file),
            _stamped(mapping),
            begin_us,
            block.window.length if block.window is not None else scenario.horizon,
            getattr(rule, "estimate_from", 0),
            above if isinstance(above, int) else None,
            leave_out.quantile if leave_out is not None else None,
        )

    def stated(self) -> object:
        """Return what the file, its parts and its settings state, as plain values."""
        return self.tree.plain()

    @property
    def code(self) -> tuple[Mapping[str, str | None], ...]:
        """What is known of each module of the user that it may import: name, version, SHA-256."""
        return tuple(told(self.surroundings.folder, module) for module in self.surroundings.allowed)

    def changed(self, scenario: Scenario, settings: Mapping[str, object]) -> Scenario:
        """Return the scenario with more settings changed; raises ScenarioError as `load` does."""
        place, tree = Place("with_"), self.tree
        for path, value in settings.items():
            try:
                node = Node(value, place) if is_own(value) else node_of(value, place)  # type: ignore[arg-type]  # a block reads it
                tree = paths.put(tree, scenario, path, node)
            except paths.NoWay as error:
                raise ScenarioError([problem(place, path, str(error))]) from error
        more = tuple(f"{path}={shown(value)}" for path, value in settings.items())
        known = replace(self, tree=tree, overrides=(*self.overrides, *more))
        found, problems = validated(known, tree)
        errors = [each for each in problems if each.level == "error"]
        if found is None or errors:
            raise ScenarioError(errors[:PROBLEMS_MAX])
        return found


Stamp = tuple[str, int, int]


def _stamped(file: Path) -> Stamp:
    """Return a file with its size and time of change, so that a file that was changed is read again."""
    try:
        found = file.stat()
    except OSError as error:
        raise HistoryError(f"{file.name}: cannot be read: {error.strerror or error}") from error
    return str(file), found.st_size, found.st_mtime_ns


@lru_cache(maxsize=4)
def _history(
    file: Stamp,
    mapping: Stamp,
    begin_us: int,
    length_us: int,
    estimate_us: int,
    above: int | None,
    quantile: float | None,
) -> History:
    return load_history(
        Path(file[0]),
        Path(mapping[0]),
        window_from_us=begin_us,
        window_us=length_us,
        estimate_us=estimate_us,
        quantity_above=above,
        quantity_quantile=quantile,
    )


def _attempt(
    name_or_path: str | Path,
    overrides: Sequence[str],
    small: bool,
    instead: str | None = None,
    allow_code: Sequence[str] = (),
) -> tuple[Scenario | None, list[Problem]]:
    """Go through all steps; return what came of them and every problem on the way."""
    try:
        if instead is None:
            path, shown = _found(name_or_path)
            file, text, problems = read(path, shown)
        else:
            path, shown = _meant(name_or_path), str(name_or_path)
            file, text, problems = read_text(instead, shown)
        tree = _with_includes(file, path, shown, (path.resolve(),), problems)
        tree = _on_its_landscape(tree, path, problems)
    except Unreadable as error:
        return None, [error.problem]
    tree = _written_out(tree, problems)
    known = Loaded(
        name=path.stem,
        source=str(path),
        text=text,
        overrides=tuple(overrides),
        tree=tree,
        surroundings=Shipped(str(path.parent), tuple(allow_code)),
        small=small,
    )
    settings = _settings(tree, overrides, small, problems)
    before, found = validated(known, tree)
    if not settings:
        problems += found
        if before is not None:
            problems += _small_paths(tree, before)
        return before, problems
    for setting in settings:
        try:
            tree = paths.put(tree, before, setting.path, setting.value)
        except paths.NoWay as error:
            problems.append(problem(setting.value.place, setting.path, str(error)))
    scenario, found = validated(replace(known, tree=tree), tree)
    if small and scenario is not None:
        tree, left_out = shortened(tree, scenario)
        if left_out:
            scenario, found = validated(replace(known, tree=tree), tree)
            problems += left_out
    return scenario, problems + found


def _meant(name_or_path: str | Path) -> Path:
    return ROOM / f"{name_or_path}.yaml" if str(name_or_path) in names() else Path(name_or_path)


def _found(name_or_path: str | Path) -> tuple[Path, str]:
    """Return the file that is meant, and how errors name it; a shipped name is one without a folder or an ending."""
    told = str(name_or_path)
    if isinstance(name_or_path, str) and told in names():
        return ROOM / f"{told}.yaml", f"{told}.yaml"
    path = Path(name_or_path)
    if path.is_file():
        return path, told
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        what = "is a folder, not a scenario" if path.is_dir() else "no such file"
        raise Unreadable(problem(Place(told), "", what))
    raise Unreadable(problem(Place(told or "''"), "", f"no such scenario{nearest(told, names(), all_up_to=60)}"))


def _with_includes(tree: Node, path: Path, shown: str, chain: tuple[Path, ...], problems: list[Problem]) -> Node:
    """Return the file laid over the parts that it includes, each laid over those before it."""
    entry = tree.entries.get("includes")
    if entry is None:
        return tree
    rest = Node({key: child for key, child in tree.entries.items() if key != "includes"}, tree.place)
    if not isinstance(entry.value, list):
        problems.append(problem(entry.place, "includes", "must be a list of files"))
        return rest
    base: Node | None = None
    for number, child in enumerate(entry.value):
        where = f"includes[{number}]"
        part = path.parent / str(child.value)
        if not isinstance(child.value, str) or not part.is_file():
            problems.append(problem(child.place, where, f"no such file {child.value!r} (looked beside {path.name})"))
            continue
        if part.resolve() in chain:
            circle = " > ".join(each.name for each in (*chain[chain.index(part.resolve()) :], part))
            problems.append(problem(child.place, where, f"includes itself: {circle}"))
            continue
        if len(chain) > INCLUDES_MAX:
            problems.append(problem(child.place, where, f"more than {INCLUDES_MAX} files deep"))
            continue
        try:
            beside = str(Path(shown).parent / child.value)
            found, _, more = read(part, beside)
        except Unreadable as error:
            problems.append(error.problem)
            continue
        problems += more
        found = _with_includes(found, part, beside, (*chain, part.resolve()), problems)
        base = found if base is None else merged(base, found)
    return rest if base is None else merged(base, rest)


def _on_its_landscape(tree: Node, path: Path, problems: list[Problem]) -> Node:
    """Return the scenario laid over the landscape that it uses: a shipped name, or a file beside it."""
    use = at(tree, ("landscape", "use"))
    if use is None or not isinstance(use.value, str) or use.value == BLANK:
        return tree
    shipped = sorted(file.stem for file in (ROOM / "landscapes").glob("*.yaml"))
    beside = path.parent / use.value
    if use.value in shipped:
        file, shown = ROOM / "landscapes" / f"{use.value}.yaml", f"landscapes/{use.value}.yaml"
    elif beside.is_file():
        file, shown = beside, str(Path(use.place.file).parent / use.value)
    else:
        told = f"no such landscape {use.value!r}, and no such file beside the scenario{nearest(use.value, shipped)}"
        problems.append(problem(use.place, "landscape.use", told))
        return tree
    try:
        base, _, more = read(file, shown)
    except Unreadable as error:
        problems.append(error.problem)
        return tree
    problems += more
    for key, child in base.entries.items():
        if key not in ("landscape", "channels"):
            told = path_text((key,))
            problems.append(problem(child.key or child.place, told, "a landscape file holds landscape and channels"))
    inner = at(base, ("landscape", "use"))
    if inner is not None:
        problems.append(problem(inner.place, "landscape.use", "a landscape file uses no other"))
    kept: dict[Hashable, Node] = {key: base.entries[key] for key in ("landscape", "channels") if key in base.entries}
    return merged(Node(kept, base.place), tree)


def _written_out(tree: Node, problems: list[Problem]) -> Node:
    """Return the tree with `designs: standard` as a block, and every design with the slots it takes from another."""
    designs = tree.entries.get("designs")
    if designs is None or designs.value == "standard":
        place = designs.place if designs is not None else tree.place
        standard: Node = Node({"standard": Node({}, place, place)}, place, place)
        return Node(tree.entries | {"designs": standard}, tree.place, tree.key)
    if not isinstance(designs.value, dict):
        return tree
    done = {name: _extended(designs, str(name), (), problems) for name in designs.entries}
    whole = Node({name: node for name, node in done.items() if node is not None}, designs.place, designs.key)
    return Node(tree.entries | {"designs": whole}, tree.place, tree.key)


def _extended(designs: Node, name: str, chain: tuple[str, ...], problems: list[Problem]) -> Node | None:
    """Return a design with the slots of the one it extends underneath; slots replace each other whole."""
    design = next((node for key, node in designs.entries.items() if str(key) == name), None)
    if design is None or not isinstance(design.value, dict):
        return design
    base = design.entries.get("extends")
    if base is None or not isinstance(base.value, str):
        return design
    path = path_text(("designs", name, "extends"))
    told: str | None = None
    if base.value in (*chain, name):
        told = f"goes in a circle: {' > '.join([*chain, name, base.value])}"
    elif base.value not in designs.entries:
        told = f"{base.value!r} is no design here; there are {', '.join(str(key) for key in designs.entries)}"
    if told is not None:
        if not chain:
            problems.append(problem(base.place, path, told))
        return design
    under = _extended(designs, base.value, (*chain, name), problems)
    taken = {key: node for key, node in under.entries.items() if key != "extends"} if under is not None else {}
    return Node({**taken, **design.entries}, design.place, design.key)


@dataclass(frozen=True, slots=True)
class _Setting:
    """A path and the value that is set there."""

    path: str
    value: Node


def _settings(tree: Node, overrides: Sequence[str], small: bool, problems: list[Problem]) -> list[_Setting]:
    """Return what `small` sets, then what the caller sets."""
    block = tree.entries.get("small")
    found = [_Setting(str(key), node) for key, node in block.entries.items()] if small and block is not None else []
    for override in overrides:
        path, equals, text = override.partition("=")
        place = Place("--set")
        if not equals:
            problems.append(problem(place, path, "must be path=value"))
            continue
        try:
            value, more = parse(text, "--set")
        except Unreadable as error:
            problems.append(problem(place, path, f"the value {error.problem.message}"))
            continue
        problems += [replace(each, path=path, line=0, column=0) for each in more]
        plain = value.plain() if value is not None else None
        found.append(_Setting(path.strip(), node_of(plain, place)))
    return found


def _small_paths(tree: Node, scenario: Scenario) -> list[Problem]:
    """Return the paths of `small` that meet nothing, also when it is not applied."""
    block = tree.entries.get("small")
    found = []
    for key, node in block.entries.items() if block is not None else ():
        try:
            paths.check(tree, scenario, str(key))
        except paths.NoWay as error:
            found.append(problem(node.key or node.place, path_text(("small", str(key))), str(error)))
    return found


def validated(known: Loaded, tree: Node) -> tuple[Scenario | None, list[Problem]]:
    """Check the tree against the models, then its parts against each other."""
    tree, problems = sized(tree, known.surroundings)
    if problems:
        return None, problems
    scenario = read_document(tree.plain(), known.surroundings)
    if not isinstance(scenario, Scenario):
        return None, [placed(complaint, tree) for complaint in scenario]
    scenario._origin = known
    problems = []
    for finding in findings(scenario):
        path, node = finding.path, tree
        for part in path:
            node = at(node, (part,)) or node
        place = node.key if node.key is not None and isinstance(node.value, dict | list) else node.place
        problems.append(replace(problem(place, named(tree, path), finding.message), level=finding.level))
    for block in scenario.demands:
        if isinstance(block, HistoryBlock):
            problems += _mapping_problems(scenario.locate(block.mapping))
    return scenario, problems


def _mapping_problems(file: str) -> tuple[Problem, ...]:
    """Return what is wrong with a mapping, so that it shows before anything runs."""
    try:
        load_mapping(Path(file))
    except ScenarioError as error:
        return error.problems
    return ()
