"""The calendar of proved days and the page of a day, in a real browser, over a day of every class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from support.played import DAG

if TYPE_CHECKING:
    from support.played import Played

LOST = {"DELETED_SINCE", "NEVER_ASKED", "SWITCHED_OFF_AGAINST_POLICY", "MISSING"}


def test_a_day_is_reached_from_the_calendar_and_shows_its_exceptions(viewer: Page, played: Played) -> None:
    viewer.goto(f"/audio-leakage/{DAG}/")
    truth, day = played.world.truth(played.day, 0), played.day
    lost = sum(contact_class in LOST for contact_class in truth.values())
    cell = viewer.get_by_role("link", name=f"{day}: INCOMPLETE")
    expect(cell).to_contain_text(f"{lost} lost")
    expect(cell).to_contain_text("blind")
    expect(viewer.locator(".calendar .day a")).to_have_count(1)
    cell.click()
    expect(viewer.locator("h1")).to_have_text(f"Evidence of {day} (UTC)")
    expect(viewer.locator("body[data-complete]")).to_be_attached()
    expect(viewer.locator(".card", has_text="Lost").first).to_contain_text(str(lost))
    missing = sum(contact_class == "MISSING" for contact_class in truth.values())
    viewer.get_by_role("group", name="Class").get_by_role("button", name="MISSING").click()
    expect(viewer.locator("#exceptions tbody tr")).to_have_count(missing)
    expect(viewer).to_have_url(f"/audio-leakage/audio_leakage_evidence/days/{day}?class=MISSING")
    viewer.reload()
    expect(viewer.locator("#exceptions tbody tr")).to_have_count(missing)  # the address keeps the choice
