"""Make the pictures of the gallery: `python docs/pictures.py [NAME...]` (ten minutes; one scenario after the other).

Each section of `docs/gallery.md` is a scenario; its small version is run as the section's own command says: all designs
on the same seeds, or the one that there is. Of several designs their measures are drawn side by side; of a single one,
or of several that no measure tells apart, how many orders stood where over time; without orders measures.
The figures that the sections quote are printed, as `NAME DESIGN MEASURE VALUE`.
"""

import re
import sys
from pathlib import Path

import twin
from reports import compare
from reports.document import image
from reports.tables import estimate_cell
from twin.errors import TwinError

HERE = Path(__file__).parent
COMMAND = re.compile(r"^`twin (compare|run) (\S+) --small", re.MULTILINE)


def main(wanted: list[str]) -> None:
    """Draw the scenarios that are named, or all of the page."""
    (HERE / "gallery").mkdir(exist_ok=True)
    for verb, name in COMMAND.findall((HERE / "gallery.md").read_text(encoding="utf-8")):
        if wanted and name not in wanted:
            continue
        scenario = twin.load(name, small=True)
        findings = (twin.compare if verb == "compare" else twin.run)(scenario)
        comparison, over_time = findings.comparison, None
        if verb == "run" or (len(comparison.designs) > 1 and not compare.tells_apart(comparison)):
            over_time = next((drawn for key, drawn in findings.figures.items() if key.startswith("orders")), None)
        target = HERE / "gallery" / f"{name}.svg"
        target.write_bytes(image(over_time or compare.figure(comparison), "svg"))
        sys.stdout.write(f"{name} shows {'orders over time' if over_time else compare.caption(comparison)}\n")
        for design in comparison.designs:
            for kpi in comparison.reported:
                sys.stdout.write(f"{name} {design} {kpi} {estimate_cell(comparison.estimates[design].get(kpi))}\n")
        sys.stderr.write(f"{target}\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except TwinError as error:
        sys.exit(str(error))
