"""Axes say what they say, points lie where they should, and what cannot be read is refused in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import UsageError
from twin.experiment.vary import POINTS_MAX, Axis, points


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a=0..3", (0, 1, 2, 3)),
        ("a=-1..1", (-1, 0, 1)),
        ("a=1,2,5", (1, 2, 5)),
        ("a=0.5,risk,15m", (0.5, "risk", "15m")),
        ("a=5s:60s:3", ("5s", "32.5s", "60s")),
        ("a=1%:5%:5", ("1%", "2%", "3%", "4%", "5%")),
        ("a=30s:1m:3", ("30000000us", "45000000us", "60000000us")),
        ("a=0:1:5", (0, 0.25, 0.5, 0.75, 1)),
        ("a=log:1:100:3", (1, 10, 100)),
        ("a=log:1s:100s:3", ("1s", "10s", "100s")),
    ],
)
def test_an_axis_takes_the_values_that_it_states(text: str, values: tuple[object, ...]) -> None:
    assert Axis.read(text).values == values


def test_paths_that_move_together_take_the_same_value() -> None:
    assert points([Axis.read("a,b.c=1,5")]) == [{"a": 1, "b.c": 1}, {"a": 5, "b.c": 5}]


def test_a_grid_takes_every_combination_and_the_last_axis_changes_fastest() -> None:
    made = points([Axis.read("a=1,2"), Axis.read("b=x,y")])
    assert made == [{"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}, {"a": 2, "b": "y"}]


@pytest.mark.parametrize(
    "text", ["a", "a=", "=1", "a=5..1", "a=5s:1s:3", "a=1:2:1", "a=unif:1:1", "a=unif:x:y", "a=log:0:1:3"]
)
def test_what_cannot_be_read_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(UsageError, match="vary: "):
        points([Axis.read(text)], "lhs", 4)


def test_one_path_is_not_varied_twice() -> None:
    with pytest.raises(UsageError, match="varied twice"):
        points([Axis.read("a=1,2"), Axis.read("b,a=1,2")])


def test_a_range_has_no_grid_and_a_grid_no_count() -> None:
    with pytest.raises(UsageError, match="unif"):
        points([Axis.read("a=unif:0:1")])
    with pytest.raises(UsageError, match="count"):
        points([Axis.read("a=1,2")], count=5)
    with pytest.raises(UsageError, match=f"at most {POINTS_MAX:,}"):
        points([Axis.read("a=0..200"), Axis.read("b=0..200")])


@given(st.integers(2, 40), st.integers(0, 2**32))
def test_a_latin_hypercube_has_one_point_in_each_slice_of_every_axis(count: int, seed: int) -> None:
    made = points([Axis.read("a=unif:0:1"), Axis.read("b=unif:10s:20s")], "lhs", count, seed)
    for path, low, width in (("a", 0.0, 1.0), ("b", 10.0, 10.0)):
        places = [float(str(point[path]).rstrip("s")) for point in made]
        assert sorted(int((place - low) / width * count * (1 - 1e-12)) for place in places) == list(range(count))


def test_the_same_seed_draws_the_same_points() -> None:
    axes = [Axis.read("a=unif:0:1"), Axis.read("b=1,2,3")]
    for layout in ("lhs", "sobol"):
        assert points(axes, layout, 8, 3) == points(axes, layout, 8, 3)
        assert points(axes, layout, 8, 3) != points(axes, layout, 8, 4)


def test_a_sobol_design_changes_one_axis_at_a_time() -> None:
    made = points([Axis.read("a=unif:0:1"), Axis.read("b=unif:0:1")], "sobol", 4, 1)
    assert len(made) == 4 * 4
    a, b, first, second = made[:4]
    assert first == {"a": b["a"], "b": a["b"]} and second == {"a": a["a"], "b": b["b"]}


def test_a_sobol_design_wants_a_power_of_two() -> None:
    with pytest.raises(UsageError, match="power of two"):
        points([Axis.read("a=unif:0:1")], "sobol", 6)
