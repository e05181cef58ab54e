"""Each view as a Viewer sees it: in both themes, on a wide and on a narrow screen, and by ear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from local_aws.commands.airflow import EVIDENCE_DAG_ID, RECONCILE_DAG_ID
from support.pictures import keep_picture
from support.played import DAG, Login, Played, a_leak, run_id_of, window_with_a_leak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WIDE, NARROW = 1440, 800
#: The violations that axe finds, each with what leads to its place.
VIOLATIONS = """axe.run().then(({ violations }) => violations
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
each_view = pytest.mark.parametrize("view", list(VIEWS), scope="module")
each_theme = pytest.mark.parametrize("theme", ["light", "dark"], scope="module")


@dataclass(frozen=True)
class Loaded:
    """A page that shows a view, and the errors that it has written to the console."""

    page: Page
    said: list[str]


@pytest.fixture(scope="module")
def loaded(logins: dict[str, Login], played: Played, view: str, theme: str) -> Iterator[Loaded]:
    """Yield a view in a theme, with everything unfolded. The tests of it look at one page after the other."""
    page, said = logins["viewer"].context.new_page(), list[str]()
    page.on("console", lambda message: said.extend(error_in(message)))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(f"/audio-leakage/{VIEWS[view].address(page, played)}")
    expect(page.locator("body[data-complete]")).to_be_attached()
    page.evaluate("document.querySelectorAll('details.finding').forEach(each => each.open = true)")
    yield Loaded(page, said)
    page.close()


@each_view
@each_theme
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_each_view_fits_and_follows_the_theme(loaded: Loaded, view: str, theme: str, width: int) -> None:
    """`make pictures` takes the pictures of the docs here."""
    shown = loaded.page
    shown.set_viewport_size({"width": width, "height": 900})
    expect(shown.locator("h1")).to_contain_text(VIEWS[view].title)
    for heading in VIEWS[view].headings:
        expect(shown.get_by_role("heading", name=heading).first).to_be_visible()
    expect(shown.locator("#problem")).to_be_hidden()
    assert shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert (brightness(shown, "background-color") < 50) is (theme == "dark")
    assert (brightness(shown, "color") > 200) is (theme == "dark")
    assert loaded.said == []
    if width == WIDE and VIEWS[view].pictured:
        shown.locator(VIEWS[view].pictured).evaluate("each => each.scrollIntoView()")
        keep_picture(shown, f"{view}-{theme}")


@each_view
@each_theme
def test_axe_finds_nothing_serious(loaded: Loaded, axe: str, view: str, theme: str) -> None:
    del view, theme
    loaded.page.set_viewport_size({"width": WIDE, "height": 900})
    loaded.page.evaluate(axe)
    found: list[str] = loaded.page.evaluate(VIOLATIONS)
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
