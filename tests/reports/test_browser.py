"""A browser without a network opens the report: no error, the explorer draws a path, the keyboard reaches it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twin.cli import main

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


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
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        yield made
        made.close()


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Any, report: Path) -> Iterator[Any]:
    context = browser.new_context(offline=True, color_scheme=request.param, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.said = []
    opened.on("console", lambda message: opened.said.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.goto(report.as_uri())
    opened.wait_for_selector("#explorer[data-ready]", state="attached", timeout=10_000)
    yield opened
    context.close()


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


def test_axe_finds_no_serious_violation(page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page.locator("[data-list] button").first.click()
    found = axe.Axe().run(page).response["violations"]
    assert [
        (each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in ("serious", "critical")
    ] == []
