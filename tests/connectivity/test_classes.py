"""Every class under which the reader itself refuses a row is explained."""

import re
from pathlib import Path

import twin.connectivity
from twin.connectivity.report import CLASSES

GIVEN = re.compile(r'Bad\(\s*"(\w+)"|None, "(\w+)"\)|unknown: str = "(\w+)"|different: str = "(\w+)"|broken = "(\w+)"')


def test_no_class_is_given_that_is_not_explained_and_none_is_explained_that_is_not_given():
    (folder,) = twin.connectivity.__path__
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(Path(folder).rglob("*.py")))
    given = {name for names in GIVEN.findall(text) for name in names if name}
    assert given - set(CLASSES) == set()
    table = text[text.index("CLASSES = {") : text.index("FIRST_PLACES_MAX")]
    quoted = set(re.findall(r'"(\w+)"', text.replace(table, "")))
    assert set(CLASSES) - quoted == set()
