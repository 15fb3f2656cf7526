"""The pages of a sweep and a search stand alone, name where it is best, and show intervals."""

import re
from pathlib import Path

from reports import sweep
from reports.study import best_point
from twin.cli import main
from twin.experiment.sweep_table import SweepTable


def table(layout: str = "grid", across: int = 3, designs: tuple[str, ...] = ("law",)) -> SweepTable:
    """Make a grid of two settings in which the measure falls with the first and grows with the second."""
    points = [(buffer, lag) for buffer in range(4) for lag in range(across)]
    rows = [
        {
            "point": number,
            "replication": rep,
            "seed": 7 + rep,
            "design": design,
            "events": 1,
            "digest": "sha256:0",
            "violations": 0,
            "publication.buffer": buffer,
            "channels.shop.delay": lag,
            "oversold_units": float(10 - 3 * buffer + 2 * lag + rep),
        }
        for number, (buffer, lag) in enumerate(points)
        for rep in range(2)
        for design in designs
    ]
    return SweepTable("oversell", ("publication.buffer", "channels.shop.delay"), layout, rows)


def test_two_axes_of_which_one_has_few_values_are_a_line_each_with_bands() -> None:
    drawn = sweep.figure(table(), ["oversold_units"])
    assert drawn is not None
    (place,) = drawn.axes
    legend = place.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["0", "1", "2"]
    assert legend.get_title().get_text() == "channels.shop.delay"
    assert place.get_xlabel() == "publication.buffer"
    assert len(place.collections) == 3


def test_two_long_axes_are_a_map_whose_cells_tell_half_widths() -> None:
    drawn = sweep.figure(table(across=8), ["oversold_units"])
    assert drawn is not None
    cells = [text.get_text() for text in drawn.axes[0].texts]
    assert len(cells) == 32 and all("±" in cell for cell in cells)


def test_the_answer_of_a_sweep_names_the_point_and_its_interval() -> None:
    told = best_point(table(), ["oversold_units"])
    assert told.startswith("law has the least oversold units at publication.buffer = 3, channels.shop.delay = 0: 1.5 (")
    assert best_point(table(), []).startswith("The scenario reports no measure")


def test_a_sweep_has_a_report_also_afterwards(tmp_path: Path) -> None:
    out = tmp_path / "s"
    words = ["sweep", "queue", "--small", "--vary", "landscape.parties.users.open.rate=2/s,3/s", "--reps", "2"]
    assert main([*words, "--designs", "patient", "--out", str(out), "--report", "--quiet", "--format", "json"]) == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "patient has the " in page and "--vary" in page and "--reps 2 --small" in page
    assert "clients and servers alone" in page
    assert page.count("<svg") == page.count('<svg role="img" aria-label="') > 0
    assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)) == []
    assert {"sweep-1.png", "sweep-1.svg", "means.csv"} <= {path.name for path in out.iterdir()}
    assert main(["report", str(out), "--out", str(tmp_path / "again.html"), "--quiet"]) == 0
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page


def test_the_sweep_of_a_grid_with_trouble_shows_its_recovery_surface(tmp_path: Path) -> None:
    out = tmp_path / "g"
    words = ["sweep", "metastable_grid", "--small", "--reps", "1", "--designs", "none"]
    words += ["--vary", "landscape.parties.users.open.rate=40/s,50/s", "--vary", "faults.trigger.duration=2s,5s"]
    assert main([*words, "--out", str(out), "--report", "--quiet", "--format", "json"]) == 0
    assert "how long it takes to recover" in (out / "report.html").read_text(encoding="utf-8")
    assert (out / "recovery.svg").is_file()


def test_a_search_has_a_report(tmp_path: Path) -> None:
    out = tmp_path / "o"
    words = ["optimize", "queue", "--small", "--vary", "landscape.parties.users.open.rate=2/s,3/s", "--trials", "2"]
    words += ["--objective", "latency_s.mean:min", "--design", "patient", "--reps", "2", "--out", str(out)]
    assert main([*words, "--report", "--quiet", "--format", "json"]) == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "queue: a search" in page and "front" in page
    assert "twin optimize queue --design patient --vary landscape.parties.users.open.rate=2/s,3/s" in page
    assert page.index("Limits of the model") < page.index("How to repeat it") < page.index("seeds and versions")
    assert {"front.png", "front.csv", "best.yaml"} <= {path.name for path in out.iterdir()}
