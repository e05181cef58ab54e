"""Pictures of the UI. `make pictures` takes those of the docs; without it they go where nobody commits them."""

import os

from playwright.sync_api import Page

from conftest import ROOT

FOLDER = ROOT / os.environ.get("PICTURES", "build/pictures")


def keep_picture(page: Page, name: str) -> None:
    """Keep what the window shows, small enough for a repository."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}.png")
    assert (FOLDER / f"{name}.png").stat().st_size < 300_000
