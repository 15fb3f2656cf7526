"""A browser without a network opens the report: no error, the explorer draws a path, the keyboard reaches it.

Without a browser these tests are skipped, and say so; where CI is set they fail, because there somebody relies on them.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from twin.cli import main
from twin.experiment.manifest import read_manifest
from twin.experiment.trace import record_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def needed(name: str) -> Any:
    """Return a module that these tests want: where CI is set its absence is an error, elsewhere a skip."""
    return import_module(name) if "CI" in os.environ else pytest.importorskip(name)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "c"
    words = ["compare", "oversell", "--reps", "2", "--set", "horizon=1d", "--set", "demand.window.length=1d"]
    assert main([*words, "--set", "expectations=[]", "--report", "--out", str(out), "--quiet", "--format", "json"]) in (
        0,
        1,
    )
    return out / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium")
    if chromium is None and "CI" in os.environ:
        pytest.fail("there is no chromium, and CI must not skip the test of the report")
    sync_api = needed("playwright.sync_api")
    if chromium is None:
        pytest.skip("there is no chromium")
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield made
        made.close()


@pytest.fixture(params=["light", "dark"])
def opened(request: pytest.FixtureRequest, browser: Any) -> Iterator[Callable[[Path], Any]]:
    """Give what opens a page without a network and gathers what its console complains of."""
    context = browser.new_context(offline=True, color_scheme=request.param, viewport={"width": 1280, "height": 900})

    def visit(file: Path) -> Any:
        tab = context.new_page()
        tab.said = []
        tab.on("console", lambda message: tab.said.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: tab.said.append(str(error)))
        tab.goto(file.as_uri())
        return tab

    yield visit
    context.close()


@pytest.fixture
def page(opened: Callable[[Path], Any], report: Path) -> Any:
    tab = opened(report)
    tab.wait_for_selector("#explorer[data-ready]", state="attached", timeout=10_000)
    return tab


def serious(page: Any) -> list[tuple[str, str]]:
    axe = needed("axe_playwright_python.sync_playwright")
    found = axe.Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in ("serious", "critical")]


def test_the_explorer_finds_an_order_and_draws_its_path(page: Any) -> None:
    name = page.locator("[data-list] button").first.evaluate("button => button.firstChild.textContent")
    page.fill("#find", name)
    page.locator("[data-list] button").first.click()
    assert page.locator("[data-path] svg text.party").count() >= 3
    assert page.locator("[data-path] tbody tr").count() > 5
    assert page.said == []


def test_the_keyboard_alone_reaches_a_path(page: Any) -> None:
    page.focus("#find")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-path] svg", timeout=5_000)
    assert page.evaluate("document.activeElement.tagName") == "H3"


def test_an_item_and_a_message_lead_to_their_orders(page: Any) -> None:
    page.locator("[data-list] button").first.click()
    item, message = (
        page.locator(f"[data-path] [aria-label='{of}'] tbody tr").first.locator("td").nth(column).text_content()
        for of, column in (("what the buyer saw", 0), ("steps", 6))
    )
    name = page.locator("[data-path] h3").text_content().partition(" under ")[0]
    for text in (item, message):
        page.fill("#find", text)
        listed = page.locator("[data-list] button").evaluate_all("all => all.map(each => each.firstChild.textContent)")
        assert name in listed


def test_a_stale_order_is_drawn_with_what_made_it_stale(page: Any) -> None:
    """Some order among those held was sold on a figure that a warehouse's movement had made stale."""
    buttons = page.locator("[data-list] button")
    for n in range(buttons.count()):
        buttons.nth(n).click()
        if page.locator("[data-path] svg .step.behind").count():
            break
    assert "Grey steps" in page.locator("[data-path]").text_content()
    assert page.locator("[data-path] [aria-label='what the buyer saw'] td", has_text="at wms/").count() > 0


def test_headings_have_no_gap_and_the_first_key_skips_to_the_answer(page: Any) -> None:
    levels = page.locator("h1, h2, h3").evaluate_all("all => all.map(each => Number(each.tagName[1]))")
    assert levels[0] == 1 and all(b - a <= 1 for a, b in pairwise(levels))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#answer"


def test_axe_finds_no_serious_violation(page: Any) -> None:
    page.locator("[data-list] button").first.click()
    assert serious(page) == []


def test_the_page_of_one_order_draws_it_at_once(opened: Callable[[Path], Any], report: Path, tmp_path: Path) -> None:
    alone = tmp_path / "path.html"
    record = record_of(read_manifest(report.parent), "governed")
    ((name,),) = record.rows("SELECT name FROM names WHERE what = 'order' ORDER BY number LIMIT 1")
    words = ["trace", str(report.parent), str(name), "--design", "governed", "--html", str(alone)]
    assert main([*words, "--quiet", "--format", "json"]) == 0
    tab = opened(alone)
    tab.wait_for_selector("[data-path] svg", timeout=10_000)
    assert tab.locator("[data-path] h3").text_content() == f"{name} under governed"
    assert (tab.said, serious(tab)) == ([], [])


def test_printing_shows_the_page_and_hides_its_controls(page: Any) -> None:
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible() and not page.locator("#find").is_visible()
    assert page.locator("#answer").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
