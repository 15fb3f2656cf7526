"""Where a complaint about a document stands in its files: line, column, and the path that is named."""

from scenarios.document import Node, Path_, Place, at, path_text, problem
from twin.errors import Problem
from twin.world.wording import Complaint, Loc


def placed(complaint: Complaint, tree: Node) -> Problem:
    """Return a complaint as a problem with its place."""
    place, path = _where(complaint, tree)
    return problem(place, named(tree, path), complaint.sentence)


def _where(complaint: Complaint, tree: Node) -> tuple[Place, Path_]:
    """Return where a complaint stands, and the path that is named in it."""
    path, node = _followed(complaint.loc, tree)
    match complaint.about:
        case "wrong_key":
            child = at(node, (complaint.got,)) if isinstance(complaint.got, str | int | float | None) else None
            return (child.key if child is not None and child.key is not None else node.place), path
        case "missing_key":
            return node.place, (*path, complaint.inside)
        case "unknown_key":
            return (node.key or node.place), path
        case "value":
            if not complaint.inside:
                return node.place, path
            child = node.entries.get(complaint.inside)
            return (child.place if child is not None else node.place), (*path, complaint.inside)


def _followed(loc: Loc, tree: Node) -> tuple[Path_, Node]:
    """Follow a place as far as the file goes; tags and what was only written shorter are stepped over."""
    path: Path_ = ()
    node = tree
    for part in loc:
        child = at(node, (part,))
        if child is not None:
            path, node = (*path, part), child
    return path, node


def named(tree: Node, path: Path_) -> str:
    """Write a path with the names of list items where they have one."""
    told: list[object] = []
    node: Node | None = tree
    for part in path:
        listed = node is not None and isinstance(node.value, list)
        node = at(node, (part,)) if node is not None else None
        name = node.entries.get("name") if listed and node is not None else None
        told.append(name.value if name is not None and isinstance(name.value, str) else part)
    return path_text(tuple(told))
