"""Each view as a Viewer sees it: in both themes, on a wide and on a narrow screen, and by ear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from local_aws.commands.airflow import EVIDENCE_DAG_ID, RECONCILE_DAG_ID
from support.pictures import keep_picture
from support.played import DAG, Played, a_leak, run_id_of, window_with_a_leak

if TYPE_CHECKING:
    from collections.abc import Callable

WIDE, NARROW = 1440, 800
#: The parts of a finding of axe that lead to its place.
FINDINGS = """axe.run().then(({ violations }) => violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target}: ${node.failureSummary}`)))"""


@dataclass(frozen=True)
class View:
    """A page below ``/audio-leakage``, and what a person looks for on it."""

    address: Callable[[Page, Played], str]
    title: str
    headings: tuple[str, ...]
    pictured: str = ""
    """What is at the top of its picture in the docs, if it has one of its own."""


VIEWS = {
    "month": View(
        lambda *_: f"{DAG}/",
        "Call recordings",
        ("What the monitor cannot see", "Evidence, day by day (UTC)", "Day by day", "Open failures"),
        "#evidence",
    ),
    "run": View(
        lambda page, played: f"{DAG}/run?run_id={run_id_of(page, window_with_a_leak(played)[0])}",
        "Calls",
        ("poll_initialised", "check_recordings", "Contacts"),
    ),
    "contact": View(lambda _, played: f"{DAG}/contact/{a_leak(played).contact_id}", "A call", ("Contact",)),
    "hour": View(
        lambda _, played: f"{RECONCILE_DAG_ID}/run?run_id={quote(played.hourly_run)}",
        "Population",
        ("Hour by hour", "Proof of completeness", "Excluded by rule"),
        "header",
    ),
    "day": View(
        lambda _, played: f"{EVIDENCE_DAG_ID}/run?run_id={quote(played.daily_run)}",
        "Evidence",
        ("Evidence, day by day (UTC)", "Contacts by class", "Configuration", "Flows", "Verification"),
        "header",
    ),
    "proved": View(
        lambda _, played: f"{EVIDENCE_DAG_ID}/days/{played.day}",
        "Evidence of ",
        ("Status", "Coverage, as measured", "Class", "Queue", "Initiation method", "Exceptions: "),
        "header",
    ),
}
each_view = pytest.mark.parametrize("view", list(VIEWS))
each_theme = pytest.mark.parametrize("theme", ["light", "dark"])


@pytest.fixture
def width() -> int:
    return WIDE


@pytest.fixture
def said(viewer: Page) -> list[str]:
    """Return the errors that the page says to nobody but the console."""
    errors: list[str] = []
    viewer.on("console", lambda message: errors.extend(error_in(message)))
    viewer.on("pageerror", lambda error: errors.append(str(error)))
    return errors


@pytest.fixture
def shown(viewer: Page, played: Played, said: list[str], view: str, theme: str, width: int) -> Page:
    """Return a page that shows a view in a theme, with everything unfolded."""
    del said
    viewer.set_viewport_size({"width": width, "height": 900})
    viewer.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    viewer.goto(f"/audio-leakage/{VIEWS[view].address(viewer, played)}")
    expect(viewer.locator("body[data-complete]")).to_be_attached()
    viewer.evaluate("document.querySelectorAll('details.finding').forEach(each => each.open = true)")
    return viewer


@each_view
@each_theme
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_each_view_fits_and_follows_the_theme(
    shown: Page, said: list[str], view: str, theme: str, width: int
) -> None:
    """`make pictures` takes the pictures of the docs here."""
    expect(shown.locator("h1")).to_contain_text(VIEWS[view].title)
    for heading in VIEWS[view].headings:
        expect(shown.get_by_role("heading", name=heading).first).to_be_visible()
    expect(shown.locator("#problem")).to_be_hidden()
    assert shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert (brightness(shown, "background-color") < 50) is (theme == "dark")
    assert (brightness(shown, "color") > 200) is (theme == "dark")
    assert said == []
    if width == WIDE and VIEWS[view].pictured:
        shown.locator(VIEWS[view].pictured).evaluate("each => each.scrollIntoView()")
        keep_picture(shown, f"{view}-{theme}")


@each_view
@each_theme
def test_axe_finds_nothing_serious(shown: Page, axe: str, view: str, theme: str) -> None:
    del view, theme
    shown.evaluate(axe)
    found: list[str] = shown.evaluate(FINDINGS)
    assert found == []


def error_in(message: ConsoleMessage) -> list[str]:
    return [f"{message.text} ({message.location['url']})"] if message.type == "error" else []


def brightness(page: Page, name: str) -> float:
    """Return how bright a colour of the page is, from 0 to 255."""
    found: float = page.evaluate(
        """name => {
            const [red, green, blue] = getComputedStyle(document.body).getPropertyValue(name).match(/[0-9.]+/g);
            return 0.299 * red + 0.587 * green + 0.114 * blue;
        }""",
        name,
    )
    return found
