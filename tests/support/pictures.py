"""Pictures of the UI. `make pictures` takes those of the docs; without it they go where nobody commits them."""

import os

from playwright.sync_api import FloatRect, Page

from conftest import ROOT

FOLDER = ROOT / os.environ.get("PICTURES", "build/pictures")


def keep_picture(page: Page, name: str) -> None:
    """Keep what the window shows, without what is blank below a page, small enough for a repository."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    window = page.viewport_size
    assert window
    height = min(window["height"], page.evaluate("Math.ceil(document.body.getBoundingClientRect().bottom)"))
    clip: FloatRect = {"x": 0, "y": 0, "width": window["width"], "height": height}
    page.screenshot(path=FOLDER / f"{name}.png", clip=clip)
    assert (FOLDER / f"{name}.png").stat().st_size < 300_000
