"""The test vectors of the domain rules: which test tries each of them, which code it calls, which scenario runs it.

A test that tries vectors carries one mark for each:

    @pytest.mark.vector("V04", rule="3", code="policies.atp.period", scenario="promise_dates")

`rule` is the section of the domain rules, `code` the dotted name of the policy or procedure that the test calls and a
run uses, `scenario` a shipped scenario that executes the same code (left out: none does yet). The page docs/vectors.md
is written from the marks by `python -m tests.house.vectors`, and `test_vectors.py` holds it to them.
"""

import ast
import sys
from pathlib import Path
from pkgutil import resolve_name
from types import CodeType, FunctionType
from typing import NamedTuple

HOUSE = Path(__file__).parents[2]
PAGE = HOUSE / "docs" / "vectors.md"
END = "<!-- end of what is written -->"


class Mark(NamedTuple):
    """One vector at one test."""

    vector: str
    rule: str
    code: str
    scenario: str
    test: str

    @property
    def number(self) -> int:
        """The number of the vector."""
        return int(self.vector.removeprefix("V"))


def marks() -> list[Mark]:
    """Return every mark in the tests, by vector, then by test."""
    found: list[Mark] = []
    for path in sorted((HOUSE / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        where = path.relative_to(HOUSE).as_posix()
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                found += [_mark(each, f"{where}::{node.name}") for each in node.decorator_list if _is_mark(each)]
    return sorted(found, key=lambda mark: (mark.number, mark.test))


def _is_mark(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.vector"


def _mark(node: ast.expr, test: str) -> Mark:
    assert isinstance(node, ast.Call)
    (vector,) = [ast.literal_eval(each) for each in node.args]
    named = {each.arg: ast.literal_eval(each.value) for each in node.keywords}
    return Mark(vector, named["rule"], named["code"], named.get("scenario", ""), test)


def code_of(name: str) -> CodeType:
    """Return the code object behind a dotted name such as policies.atp.LookAhead.available."""
    found = resolve_name(name)
    assert isinstance(found, FunctionType), f"{name} is no function or method"
    return found.__code__


class Called:
    """Which code runs inside a `with` block, in this thread."""

    def __init__(self) -> None:
        self.codes: set[CodeType] = set()

    def __enter__(self) -> "Called":
        codes = self.codes

        def note(frame: object, event: str, _: object) -> None:
            if event == "call":
                codes.add(frame.f_code)  # type: ignore[attr-defined]  # a frame has its code

        sys.setprofile(note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)


def table() -> str:
    """Return the table of the page."""
    rows = ["| vector | rule | code | test | scenario |", "|---|---|---|---|---|"]
    for mark in marks():
        path, _, name = mark.test.partition("::")
        scenario = f"`{mark.scenario}`" if mark.scenario else "none yet"
        test = f"[`{name}`](../{path})"
        rows.append(f"| {mark.vector} | {mark.rule} | `{mark.code}` | {test} | {scenario} |")
    return "\n".join(rows)


def page(text: str) -> str:
    """Return the page with its table written anew."""
    return written(text, "tests.house.vectors", table())


def written(text: str, module: str, what: str) -> str:
    """Return a page with the part that `python -m module` writes replaced; the words around it are kept."""
    begin = f"<!-- written by `python -m {module}` -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(END)
    return f"{before}{begin}\n\n{what}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
