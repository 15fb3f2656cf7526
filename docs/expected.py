"""Write what twenty seeds said of each scenario's claims: `python docs/expected.py DAY NAME SEED... [--small]`.

Each seed begins a window of twenty; all designs are run on each, and the scenario's section of `expectations.md` is
written anew, with its command and the day that is given (`date -I`). The other sections stay as they are.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import twin
from twin.experiment.comparison import number
from twin.experiment.expectations import Verdict

HERE = Path(__file__).parent
WINDOW = 20
SECTION = re.compile(r"(?ms)^## (\S+)\n(.*?)(?=^## |\Z)")


def main(words: Sequence[str]) -> None:
    """Run one scenario on its windows, and put what was found on the page."""
    small = "--small" in words
    day, name, *seeds = (word for word in words if word != "--small")
    scenario = twin.load(name, small=small)
    found = {int(seed): twin.compare(scenario, seed=int(seed), reps=WINDOW).expectations for seed in seeds}
    put(name, section(name, found, small=small, day=day))


def section(name: str, found: Mapping[int, Sequence[Verdict]], *, small: bool, day: str) -> str:
    """Write the section of a scenario; `found` are the verdicts of each window by its first seed."""
    first, *others = found
    words = f"twin compare {name}{' --small' if small else ''} --reps {WINDOW} --seed"
    again = "".join(f", `{words} {seed}`" for seed in others)
    rows = zip(*found.values(), strict=True)
    return "\n".join(
        [
            f"`{words} {first}`{again} ({day})",
            "",
            f"| claim | is | {' | '.join(f'seeds {seed} to {seed + WINDOW - 1}' for seed in found)} |",
            f"|---|---|{'---|' * len(found)}",
            *(
                f"| {each[0].claim.name} | `{each[0].claim.sentence}` | {' | '.join(map(_cell, each))} |"
                for each in rows
            ),
            "",
        ]
    )


def _cell(verdict: Verdict) -> str:
    if verdict.value is None:
        return "no value"
    low, high = verdict.ci95 or (verdict.value, verdict.value)
    word = verdict.word if verdict.holds is None or verdict.holds else f"**{verdict.word}**"
    return f"{word}: {number(verdict.value)} ({number(low)} .. {number(high)})"


def put(name: str, body: str) -> None:
    """Replace a section of the page, or add it in its alphabetical place."""
    page = HERE / "expectations.md"
    text = page.read_text(encoding="utf-8")
    head = text[: text.index("\n## ") + 1] if "\n## " in text else text.rstrip() + "\n\n"
    sections = dict(SECTION.findall(text)) | {name: f"\n{body}\n"}
    written = head + "".join(f"## {each}\n{sections[each].rstrip()}\n\n" for each in sorted(sections))
    part = page.with_suffix(".md.part")
    part.write_text(written.rstrip() + "\n", encoding="utf-8")
    part.replace(page)


if __name__ == "__main__":
    main(sys.argv[1:])
