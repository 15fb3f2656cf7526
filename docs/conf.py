"""How the site is built: `make docs`. The reference is written from the code first, and notebooks are copied in."""

import shutil
import sys
from importlib import metadata
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from docs.diagrams import rendered  # noqa: E402  # the path above leads there
from docs.generated import pages  # noqa: E402  # so does it here

project = "twin"
author = "the founders of twin"
release = metadata.version("distribution-twin")
extensions = ["myst_nb"]
html_theme = "furo"
html_title = f"twin {release}"
html_copy_source = False
exclude_patterns = ["ranges_reading.md", "_build", "own_policy", "own_party"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # `make docs NOTEBOOKS=cache` shows their results; that they run is tested in any case
nb_execution_timeout = 300
suppress_warnings = ["myst.header"]  # a page of the house may begin with a heading of any level


def setup(app: Sphinx) -> None:
    """Write what is generated, and have diagrams that are text drawn."""
    for name, text in pages().items():
        _write(HERE / "reference" / f"{name}.md", text)
    for notebook in sorted((HERE.parent / "notebooks").glob("*.ipynb")):
        (HERE / "stories").mkdir(exist_ok=True)
        shutil.copyfile(notebook, HERE / "stories" / notebook.name)
    app.connect("source-read", _draw)


def _draw(app: Sphinx, page: str, source: list[str]) -> None:
    source[0] = rendered(source[0])


def _write(file: Path, text: str) -> None:
    """Write a page, unless it already says so: an unchanged page is not built again."""
    file.parent.mkdir(exist_ok=True)
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")
