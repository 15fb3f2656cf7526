"""Paths find what they name and nothing else."""

import pytest

from twin.connectivity.paths import Element, parse_path, picker

TREE = {
    "id": 7,
    "a.b": "dotted",
    "buyer": {"name": "Ann"},
    "lines": [{"sku": "X", "q": [1, 2]}, {"sku": "Y", "q": [3]}],
    "by_id": {"p": {"n": 1}, "q": {"n": 2}},
    "one": Element({"x": Element({"y": "1"})}),
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("id", 7),
        ("$.buyer.name", "Ann"),
        ('"a.b"', "dotted"),
        ("buyer.age", None),
        ("buyer.name.first", None),
        ("lines[1].sku", "Y"),
        ("lines[9].sku", None),
        ("lines[*].sku", ["X", "Y"]),
        ("lines[*].q[0]", [1, 3]),
        ("lines[?sku=Y].q[0]", 3),
        ("lines[sku=X].q[1]", 2),
        ("lines[?sku=Z].q", None),
        ("by_id[*].@key", ["p", "q"]),
        ("one[*].x.y", ["1"]),
        ("buyer[*].name", ["Ann"]),
        ("missing[*]", []),
    ],
)
def test_a_path_finds_what_it_names(path: str, found: object):
    assert picker(parse_path(path))(TREE) == found


@pytest.mark.parametrize("path", ["a..b", "a[", "a[x]", "a[-1]", "a]b", "[?=x]"])
def test_what_is_no_path_is_refused(path: str):
    with pytest.raises(ValueError, match="cannot be read from"):
        parse_path(path)
