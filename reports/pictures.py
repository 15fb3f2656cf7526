"""The figures of a run or a comparison, each with the text that stands for it where it cannot be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup
from matplotlib.figure import Figure

from reports import bands, compare, timeline, topology
from reports.document import image
from reports.windows import marks_of, never_on, windows_of
from twin.experiment.comparison import Comparison
from twin.experiment.trace import Record
from twin.model.instant import SECOND

if TYPE_CHECKING:
    from twin.world.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure on a page, and the name of its file beside it; `section` says where on the page it belongs."""

    name: str
    figure: Figure
    caption: str
    section: str

    @property
    def svg(self) -> Markup:
        """The figure as it stands in a page: labelled for screen readers, without the head of a file."""
        text = image(self.figure, "svg").decode()
        body = text[text.index("<svg") :]
        return Markup(body.replace("<svg", f'<svg role="img" aria-label="{Markup.escape(self.caption)}"', 1))


def pictures(scenario: "Scenario", comparison: Comparison, records: Sequence[Record]) -> list[Picture]:
    """Draw a comparison, then each record over time and its parties; what has nothing to show is left out."""
    drawn: list[Picture] = []
    if len(comparison.designs) > 1 and comparison.reported:
        drawn.append(Picture("compare", compare.figure(comparison), compare.caption(comparison), "answer"))
    run = comparison.runs[0]
    span = int(run.sim_s * SECOND)
    warm_up = int(run.warm_up_s * SECOND)
    faults = [fault.name for fault in scenario.faults]
    on = {record.design: windows_of(record, span) for record in records}
    acted = {record.design: marks_of(record) for record in records}
    for section, chosen, told in (("time", bands.BUSINESS, "orders"), ("technical", bands.TECHNICAL, "interfaces")):
        for record in records:
            windows = on[record.design]
            figure = timeline.figure(
                record, chosen, run.scenario, run.seed, span, windows, warm_up, acted[record.design]
            )
            if figure is not None:
                shown = ", ".join(place.get_title(loc="left").partition(" (")[0].lower() for place in figure.axes)
                absent = never_on(faults, windows)
                note = f" Never on in this run: {', '.join(absent)}." if absent else ""
                caption = f"{record.design}, {told} over time, first replication: {shown}.{note}"
                drawn.append(Picture(f"{told}-{record.design}", figure, caption, section))
    for record in records:
        figure = topology.figure(record, run.scenario, run.seed)
        if figure is not None:
            caption = f"{record.design}: how many messages the parties sent to each other, attempts included."
            drawn.append(Picture(f"parties-{record.design}", figure, caption, "technical"))
    return drawn
