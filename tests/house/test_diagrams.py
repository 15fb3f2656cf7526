"""The state diagrams of the pages are drawn for the site: every move once, inside the picture, and well formed."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from docs.diagrams import BLOCK, LETTER, moves_of, rendered, svg
from tests.house.examples import HOUSE, PAGES

DIAGRAMS = [
    (page, found["text"]) for page in PAGES for found in BLOCK.finditer((HOUSE / page).read_text(encoding="utf-8"))
]
SPACE = "{http://www.w3.org/2000/svg}"


def test_no_page_keeps_a_diagram_as_text():
    assert len(DIAGRAMS) > 5
    for page in PAGES:
        assert "```mermaid" not in rendered((HOUSE / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize(("page", "text"), DIAGRAMS, ids=[f"{page}-{n}" for n, (page, _) in enumerate(DIAGRAMS)])
def test_every_move_is_drawn_inside_the_picture(page: str, text: str):
    moves = moves_of(text)
    drawn = ET.fromstring(svg(moves).replace("<svg ", f'<svg xmlns="{SPACE[1:-1]}" ', 1))
    labels = [each for each in drawn.iter(f"{SPACE}text") if "transform" not in each.attrib]
    assert [each.text for each in labels] == [move.event for move in moves]
    width, height = (float(size) for size in drawn.attrib["viewBox"].split()[2:])
    for each in labels:
        assert float(each.attrib["x"]) + LETTER * len(each.text or "") <= width
        assert 0 < float(each.attrib["y"]) < height
    ys = [float(each.attrib["y"]) for each in labels]
    assert min((b - a for a, b in pairwise(ys)), default=20) >= 20


def test_what_is_no_move_is_refused():
    with pytest.raises(ValueError, match="no move of a state diagram: 'A --- B'"):
        moves_of("    A --- B")


def test_the_text_stays_beside_the_picture():
    made = rendered("```mermaid\nstateDiagram-v2\n    A --> B: go <now>\n```\n")
    assert re.search(r"<pre>\s+A --&gt; B: go &lt;now&gt;", made)
