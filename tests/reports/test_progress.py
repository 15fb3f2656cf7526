"""Claims about the bar in a notebook: each whole percent is shown once, the end says what was done."""

import twin
from reports.progress import Bar, Shown, seen


class Cell:
    """What a cell has shown, one after the other."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []

    def update(self, shown: object) -> None:
        assert isinstance(shown, Shown)
        self.shown.append(shown)


def test_a_bar_shows_each_whole_percent_once():
    cell = Cell()
    bar = Bar("run", cell)
    for part in range(2001):
        bar(part / 1000, 2)
    assert len(cell.shown) == 101
    assert [repr(cell.shown[place]) for place in (0, 50, 100)] == [f"run: {done} of 2 runs" for done in (0, 1, 2)]
    assert ["<progress" in shown._repr_html_() for shown in cell.shown[-2:]] == [True, False]


def test_outside_a_notebook_nothing_is_shown_by_itself():
    assert seen(None, "run") is None


def test_who_hands_in_a_progress_hears_of_it_alone():
    heard: list[float] = []
    given = seen(lambda done, _: heard.append(done), "run")
    assert given is not None
    given(1.0, 2)
    assert heard == [1.0]


def test_a_stepped_world_says_how_many_of_its_minutes_are_over():
    heard: list[tuple[float, int]] = []
    world = twin.open("first_day", small=True)
    world.run(until=twin.minutes(10), progress=lambda done, planned: heard.append((done, planned)))
    world.run(until=twin.minutes(20), progress=lambda done, planned: heard.append((done, planned)))
    assert [planned for _, planned in heard[:1] + heard[-1:]] == [10, 20]
    assert (10.0, 10) in heard and heard[-1] == (20.0, 20)
