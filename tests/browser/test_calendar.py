"""The calendar of proved days and the page of a day, in a real browser, over a day of every class."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from audio_leakage_ui import month, revisions
from audio_leakage_ui.consoles import Consoles
from audio_leakage_ui.revisions import EvidencePlace
from support.day import DailyWorld

if TYPE_CHECKING:
    from datetime import date

    from browser.conftest import Played

LOST = {"DELETED_SINCE", "NEVER_ASKED", "SWITCHED_OFF_AGAINST_POLICY", "MISSING"}


@pytest.fixture
def day() -> date:
    return datetime.now(UTC).date() - timedelta(days=2)


@pytest.fixture
def world(day: date) -> DailyWorld:
    world = DailyWorld()
    world.play(day)
    world.prove(day)
    return world


@pytest.fixture
def shown(page: Page, world: DailyWorld, day: date, monkeypatch: pytest.MonkeyPatch) -> Page:
    """Let the pages read the evidence of a world in memory, through the functions behind the routes."""
    monkeypatch.setattr(revisions, "_hook", lambda *_: SimpleNamespace(folder=lambda *_: world.store))
    revisions._link.cache_clear()
    revisions._measured.cache_clear()
    place, consoles, today = (
        EvidencePlace(None, "evidence", ""),
        Consoles("af-south-1"),
        datetime.now(UTC).date(),
    )

    def answer(route: Route) -> None:
        address = urlsplit(route.request.url)
        wanted = {name: values[0] for name, values in parse_qs(address.query).items()}
        found: dict[str, Any]
        if address.path.endswith("/calendar"):
            found = month.month_of(place, today - timedelta(days=int(wanted["days"])), today, consoles)
        elif address.path.endswith("/figures"):
            found = month.proved_day(place, day, today, consoles)
        else:
            found = month.exceptions_of_day(place, day, today, {"class": wanted.get("class")})
        route.fulfill(body=json.dumps(found), content_type="application/json")

    for path in ("calendar*", "days/*/figures", "days/*/exceptions*"):
        page.route(f"**/audio_leakage_evidence/{path}", answer)
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 800])
def test_a_day_is_reached_from_the_calendar_and_shows_its_exceptions(
    shown: Page, played: Played, world: DailyWorld, day: date, theme: str, width: int
) -> None:
    del played
    shown.set_viewport_size({"width": width, "height": 900})
    shown.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    shown.goto("/audio-leakage/monitor_audio_leakage/")
    truth = world.truth(day, 0)
    lost = sum(contact_class in LOST for contact_class in truth.values())
    cell = shown.get_by_role("link", name=f"{day}: INCOMPLETE")
    expect(cell).to_contain_text(f"{lost} lost")
    expect(cell).to_contain_text("blind")
    expect(shown.locator(".calendar .day a")).to_have_count(1)
    cell.click()
    expect(shown.locator("h1")).to_have_text(f"Evidence of {day} (UTC)")
    expect(shown.locator("body[data-complete]")).to_be_attached()
    expect(shown.locator(".card", has_text="Lost").first).to_contain_text(str(lost))
    missing = sum(contact_class == "MISSING" for contact_class in truth.values())
    shown.get_by_role("group", name="Class").get_by_role("button", name="MISSING").click()
    expect(shown.locator("#exceptions tbody tr")).to_have_count(missing)
    expect(shown).to_have_url(f"/audio-leakage/audio_leakage_evidence/days/{day}?class=MISSING")
    shown.reload()
    expect(shown.locator("#exceptions tbody tr")).to_have_count(missing)  # the address keeps the choice
    wide = shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page scrolls sideways"
