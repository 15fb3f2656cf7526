"""The examples of README and documentation: fenced blocks, which of them are run, and how.

A block in `sh` or `python` is run, page by page from top to bottom in one folder. A comment on the line above it says
that it is `long` (run with the slow tests) or `not run`, with the reason. A shell line that ends in a comment with
`exits N` must do so.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HOUSE = Path(__file__).parents[2]
MADE = ("_build", "reference", "stories")
"""Folders of docs that `make docs` writes."""
_FOUND = (page.relative_to(HOUSE) for page in (HOUSE / "docs").rglob("*.md"))
PAGES = ["README.md", *sorted(str(page) for page in _FOUND if page.parts[1] not in MADE)]
BLOCK = re.compile(r"(?:<!-- (?P<mark>.*?) -->\n)?^```(?P<language>\S*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
EXITS = re.compile(r"^(?P<command>[^#\n]+?)\s*#.*\bexits (?P<code>\d+).*$", re.MULTILINE)
COMMAND = re.compile(r"(?:^|`|\| |/)twin (?P<words>[a-z][^`#|\n]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block; `mark` is what the comment above it says."""

    page: str
    line: int
    language: str
    text: str
    mark: str

    @property
    def runs(self) -> bool:
        """Whether it is run at all."""
        return self.language in ("sh", "python") and not self.mark.startswith("not run")

    @property
    def is_long(self) -> bool:
        """Whether it is run with the slow tests alone."""
        return self.mark.startswith("long")


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = (HOUSE / page).read_text(encoding="utf-8")
    return [
        Block(
            page,
            text.count("\n", 0, found.start("language")) + 1,
            found["language"],
            found["text"],
            found["mark"] or "",
        )
        for found in BLOCK.finditer(text)
    ]


def commands(page: str) -> Iterator[list[str]]:
    """Yield the words of each `twin ...` that a page shows, in a block or within a sentence."""
    text = (HOUSE / page).read_text(encoding="utf-8").replace("\\\n", " ")
    for found in COMMAND.finditer(text):
        yield found["words"].replace("'", " ").replace('"', " ").split()


def prepare(folder: Path) -> None:
    """Lay out what a reader of the pages has before him: the repository's documentation, scenarios and environment."""
    shutil.copytree(HOUSE / "docs", folder / "docs", ignore=shutil.ignore_patterns(*MADE))
    (folder / "scenarios").mkdir()
    for file in (HOUSE / "scenarios").glob("*.yaml"):
        shutil.copyfile(file, folder / "scenarios" / file.name)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)


def run(block: Block, folder: Path, environment: dict[str, str]) -> None:
    """Run one block; raise AssertionError with what it said if it fails."""
    words = [sys.executable, "-"] if block.language == "python" else ["bash", "-euo", "pipefail", "-s"]
    text = (
        block.text
        if block.language == "python"
        else EXITS.sub(r"code=0; \g<command> || code=$?; test $code -eq \g<code>", block.text)
    )
    done = subprocess.run(words, input=text, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{block.page}:{block.line} exits {done.returncode}\n{done.stdout}\n{done.stderr}"
