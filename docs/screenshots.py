"""Make the pictures of the report on `docs/reports.md`: `python docs/screenshots.py FOLDER`, which wants chromium.

FOLDER is that of `twin compare oversell --report`. Nothing is fetched: the browser has no network.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
WIDTH, HEIGHT = 1000, 760


def main(folder: Path) -> None:
    """Open the report, and write `report.png` and `explorer.png` beside this file."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        context = browser.new_context(offline=True, viewport={"width": WIDTH, "height": HEIGHT})
        page = context.new_page()
        page.goto((folder / "report.html").resolve().as_uri())
        page.wait_for_selector("#explorer[data-ready]", state="attached")
        page.screenshot(path=HERE / "report.png")
        show_a_stale_order(page)
        page.screenshot(path=HERE / "explorer.png")
        browser.close()


def show_a_stale_order(page: Page) -> None:
    """Choose the first oversold order that a warehouse's movement had made stale, and bring its path into sight."""
    oversold = page.locator("#why option", has_text="oversold").get_attribute("value")
    page.select_option("#why", oversold)
    orders = page.locator("[data-list] button")
    for n in range(orders.count()):
        orders.nth(n).click()
        if page.locator("[data-path] svg .step.behind").count():
            break
    page.locator("[data-path] h3").evaluate("heading => heading.scrollIntoView()")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
