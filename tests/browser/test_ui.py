"""The monitor in Airflow's UI, in a real browser, for an hour with a known truth."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from local_aws.commands.playback import FAILURE_AFTER, WINDOW
from local_aws.contact_centre.company import TABLE
from support.big_table import PAGES_PER_HOUR, PER_HOUR
from support.pictures import keep_picture
from support.played import DAG, Played, a_leak, run_id_of, truths, window_with_a_leak

if TYPE_CHECKING:
    from collections.abc import Iterator


log = logging.getLogger(__name__)

DASH = "\N{EN DASH}"


def open_run_tab(page: Page, end: datetime) -> FrameLocator:
    page.goto(f"/dags/{DAG}/runs/{run_id_of(page, end)}/plugin/audio-leakage-calls")
    frame = page.frame_locator("iframe")
    expect(frame.locator("body[data-complete]")).to_be_attached()
    return frame


def open_page(page: Page) -> FrameLocator:
    page.goto("/plugin/call-recordings")
    frame = page.frame_locator("iframe")
    expect(frame.locator("body[data-complete]")).to_be_attached()
    return frame


def rows(frame: FrameLocator) -> Locator:
    return frame.locator("#calls tbody tr:not(.evidence)")


def widths(elements: Locator) -> list[float]:
    """Return how wide some elements are, in pixels."""
    found: list[float] = elements.evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    return found


def green_tiles(section: Locator) -> list[str]:
    """Return the headings of the tiles in the colour for good."""
    green = section.evaluate(
        """section => {
            const probe = section.appendChild(document.createElement("i"));
            probe.style.color = "var(--recorded)";
            const green = getComputedStyle(probe).color;
            probe.remove();
            return [...section.querySelectorAll(".card")]
                .filter(card => getComputedStyle(card).borderTopColor === green)
                .map(card => card.querySelector("h2").textContent);
        }"""
    )
    return [str(heading) for heading in green]


def test_graph_and_grid_show_the_four_tasks(page: Page) -> None:
    page.goto(f"/dags/{DAG}")
    expect(page.get_by_text("poll_initialised").first).to_be_visible()
    page.get_by_label("Show Graph").first.click()
    for task in ("poll_initialised", "due_contacts"):
        expect(page.locator(".react-flow__node").get_by_text(task).first).to_be_visible()


def test_the_page_counts_the_simulated_calls(page: Page, played: Played) -> None:
    truth = truths(played, list(played.centre.calls))
    assert truth["leaked"] > 3
    frame = open_page(page)
    columns = frame.locator("#days thead th").all_inner_texts()
    days = [row.locator("th, td").all_inner_texts() for row in frame.locator("#days tbody tr").all()]
    shown = {
        column: sum(int(day[place]) for day in days)
        for place, column in enumerate(columns)
        if column
        in {"expected", "recorded", "leaked", "waiting", "in progress", "not expected", "unreadable"}
    }
    assert shown == {
        "expected": truth["recorded"] + truth["leaked"],
        "recorded": truth["recorded"],
        "leaked": truth["leaked"],
        "waiting": 0,
        "in progress": 0,
        "not expected": truth["not expected"],
        "unreadable": 0,
    }
    expect(frame.locator("#failures tbody tr:not(.evidence)")).to_have_count(truth["leaked"])
    expect(frame.locator("#plots canvas")).to_have_count(2)
    expect(frame.locator("#health .card")).to_have_count(8)
    leaks, _, _, last_run, *_ = frame.locator("#health .card").all()
    expect(leaks).to_contain_text(f"{truth['leaked']} in 3 days")
    expect(last_run).to_contain_text("success")
    assert green_tiles(frame.locator("#health")) == []


def test_the_tab_shows_the_contacts_of_its_window_failures_first(page: Page, played: Played) -> None:
    end, calls = window_with_a_leak(played)
    truth = truths(played, calls)
    frame = open_run_tab(page, end)
    shown = rows(frame).locator(".badge").all_inner_texts()
    assert Counter(shown) == truth
    assert shown == sorted(shown, key=["leaked", "recorded", "not expected"].index)
    expect(frame.locator("#tasks .card")).to_have_count(4)
    returned = page.request.get(
        f"/api/v2/dags/{DAG}/dagRuns/{run_id_of(page, end)}/taskInstances/poll_initialised"
        "/xcomEntries/return_value?deserialize=true"
    ).json()["value"]
    counts = {
        f"{count} {name.replace('_', ' ')}" for name, count in returned.items() if count and name != "window"
    }
    assert set(frame.locator("#tasks .card").first.locator("li").all_inner_texts()) == counts
    expect(rows(frame).first.locator("svg.course .lost")).to_be_attached()


NO_LEAK = {"recorded": 4, "judged": 4, "expected": 4}
ONE_LEAK = {"recorded": 3, "leaked": 1, "judged": 4, "expected": 4}


def hour_with(counts: dict[str, int]) -> dict[str, Any]:
    """Return what the page is told of an hour in which the flow log had a line just now."""
    lists: dict[str, Any] = {"failures": [], "set_aside": []}
    seen = datetime.now(UTC).isoformat()
    return {"counts": counts, "closed": {}, "known": {}, "delay": None, "last_seen": seen, **lists}


def show_hours(page: Page, hour: dict[str, Any]) -> None:
    page.route("**/hours?*", lambda route: route.fulfill(json=hour))


def show_health(page: Page, **changes: Any) -> None:
    """Let the page hear that the monitor is well, but for some changes."""
    now = datetime.now(UTC).isoformat()
    run = {"run_id": "any", "state": "success", "start": now, "end": now, "ended": now}
    well = {
        "is_paused": False,
        "last_run": run,
        "last_success": run,
        "missed": [],
        "missed_windows": 0,
        "not_read": [],
        "mutes": [],
        "due": 0,
        "oldest_due": None,
        "set_aside": [],
    }
    told = page.request.get(f"/audio-leakage/{DAG}/health").json()
    page.route("**/health", lambda route: route.fulfill(json={**told, **well, **changes}))


@pytest.mark.parametrize(
    ("counts", "tile", "rate", "is_green"),
    [
        (NO_LEAK, "0.00 % of judged calls", "0.00 %", True),
        (ONE_LEAK, "25.00 % of judged calls", "25.00 %", False),
        ({"waiting": 2, "judged": 0, "expected": 2}, "no call judged yet", DASH, False),
        ({"judged": 0, "expected": 0}, "no call judged yet", DASH, False),
    ],
)
def test_the_page_is_green_only_if_judged_calls_have_no_leak(
    page: Page, counts: dict[str, int], tile: str, rate: str, is_green: bool
) -> None:
    show_hours(page, hour_with(counts))
    show_health(page)
    page.goto(f"/audio-leakage/{DAG}/?days=1")
    expect(page.locator("body[data-complete]")).to_be_attached()
    leaks, short, *_ = page.locator("#health .card").all()
    expect(leaks).to_contain_text(f"Leaks, last 24 hours{DASH if rate == DASH else ''}")
    expect(leaks).to_contain_text(tile)
    expect(short).to_contain_text("Short recordings, last 24 hours")
    expect(page.locator("#days tbody tr td").last).to_have_text(rate)
    assert ("Leaks, last 24 hours" in green_tiles(page.locator("#health"))) is is_green
    assert bool(green_tiles(page.locator("#health"))) is is_green


def test_an_hour_that_was_taken_and_not_compared_yet_adds_nothing_to_its_day(page: Page) -> None:
    now = datetime.now(UTC)
    figures = {"population": 29, "unexplained": 1, "proof": {"status": "PENDING"}}
    hours = {
        f"{now:%Y-%m-%dT%H}": figures,
        f"{now - timedelta(hours=1):%Y-%m-%dT%H}": {"proof": {"status": "PENDING"}},
    }
    page.route("**/population?*", lambda route: route.fulfill(json={"hours": hours}))
    page.goto(f"/audio-leakage/{DAG}/")
    expect(page.locator("body[data-complete]")).to_be_attached()
    cells = page.locator("#days tbody tr").first.locator("td").all_inner_texts()
    assert cells[:2] == ["29", "1"]


@pytest.mark.parametrize(
    ("seen_minutes_ago", "trouble"),
    [
        (18, {}),
        (0, {"missed_windows": 1}),
        (0, {"is_paused": True}),
        (0, {"last_run": {"run_id": "any", "state": "failed", "start": "2023-08-29", "end": "2023-08-29"}}),
        (0, {"last_success": None}),
    ],
)
def test_no_tile_is_green_while_the_monitor_does_not_see_all(
    page: Page, seen_minutes_ago: int, trouble: dict[str, Any]
) -> None:
    seen = datetime.now(UTC) - timedelta(minutes=seen_minutes_ago)
    show_hours(page, hour_with(NO_LEAK) | {"last_seen": seen.isoformat()})
    show_health(page, **trouble)
    page.goto(f"/audio-leakage/{DAG}/?days=1")
    expect(page.locator("body[data-complete]")).to_be_attached()
    assert green_tiles(page.locator("#health")) == []


def test_warnings_assumed_ends_and_closed_reasons_are_in_words(page: Page, played: Played) -> None:
    end, _ = window_with_a_leak(played)
    moment = f"{end - WINDOW / 2:%Y-%m-%dT%H:%M:%S.000Z}"
    item = {"State": "COMPLETED - AGENT", "InitialisedHour": moment[:13], "InitialisedAt": moment}
    recorded = {
        "RecordedState": "CALL_RECORDED_SUCCESS",
        "JudgedAt": moment,
        "EndAssumedAt": moment,
        "Warnings": "SHORT",
    }
    short, unknown, closed = (f"00000000-0000-4000-8000-00000000000{place}" for place in range(3))
    with stored(
        played,
        {"ContactId": short, **item, **recorded},
        {"ContactId": unknown, **item, **recorded, "Warnings": "A_WORD_OF_TOMORROW"},
        {"ContactId": closed, **item, "ClosedReason": "NOT_VOICE"},
    ):
        frame = open_run_tab(page, end)
        expect(frame.get_by_text("A_WORD_OF_TOMORROW").first).to_be_visible()
        expect(frame.locator("#closed li")).to_contain_text(["NOT VOICE"])
        assert green_tiles(frame.locator("#tasks")) == []  # the window has a leak
        frame.get_by_label("Search contacts").fill(short)
        expect(rows(frame).locator(".warning")).to_have_text("shorter than the talk")
        rows(frame).get_by_role("button").click()
        names = frame.locator("tr.evidence dt").all_inner_texts()
        assert {"Judged", "End assumed", "Warnings"} <= set(names)
        frame = open_page(page)
        in_all = 1 + sum(
            "SHORT" in (call.truth(played.end, FAILURE_AFTER).warnings or ()) for call in played.centre.calls
        )
        expect(frame.locator("#health .card").nth(1)).to_contain_text(
            f"shorter than the talk, {in_all} in 3 days"
        )
        expect(frame.locator("#closed li").first).to_be_visible()


def test_filter_and_search_leave_only_matching_contacts(page: Page, played: Played) -> None:
    end, calls = window_with_a_leak(played)
    truth = truths(played, calls)
    frame = open_run_tab(page, end)
    frame.get_by_role("button", name=re.compile("^recorded")).click()
    expect(rows(frame)).to_have_count(truth["recorded"])
    frame.get_by_role("button", name=re.compile("^leaked")).press("Enter")  # without a mouse, too
    expect(rows(frame)).to_have_count(truth["leaked"])
    frame.get_by_role("button", name=re.compile("^all")).click()
    one = next(call for call in calls if call.truth(played.end, FAILURE_AFTER).recorded_state)
    frame.get_by_label("Search contacts").fill(one.contact_id.upper())
    expect(rows(frame)).to_have_count(1)
    rows(frame).get_by_role("button").press("Enter")
    expect(frame.locator("tr.evidence")).to_contain_text("54b468a3-86b1-4746-aeb5-c31b62eecaa2")
    frame.get_by_label("Search contacts").fill("no such contact")
    expect(frame.get_by_text("Nothing matches.")).to_be_visible()


def test_times_are_shown_in_the_zone_chosen_in_airflow(page: Page, played: Played) -> None:
    end, _ = window_with_a_leak(played)
    page.add_init_script("localStorage.setItem('timezone', JSON.stringify('Asia/Kolkata'))")
    frame = open_run_tab(page, end)
    kolkata = (end - WINDOW).timestamp() + 5.5 * 3600
    expect(frame.locator("#about")).to_contain_text(
        f"{datetime.fromtimestamp(kolkata, UTC):%Y-%m-%d %H:%M} to"
    )


def test_a_task_links_to_its_calls_and_a_contact_to_the_console(
    page_of_its_own: Page, played: Played, elsewhere: list[str]
) -> None:
    page, (end, _) = page_of_its_own, window_with_a_leak(played)
    run = run_id_of(page, end)
    page.goto(f"/dags/{DAG}/runs/{run}/tasks/check_recordings/details")
    page.get_by_role("link", name="Calls of this run").click()
    opened = page.context.pages[-1]
    expect(opened.locator("body[data-complete]")).to_be_attached()
    with page.context.expect_event("requestfailed") as outside:
        opened.locator("#calls tbody tr:not(.evidence)").first.get_by_role("link").first.click()
    assert outside.value.failure == "net::ERR_NAME_NOT_RESOLVED"
    for each in page.context.pages:
        each.close()  # or Chromium would ask for the address again and again
    (address,) = {*elsewhere}
    assert address.startswith("https://acme.my.connect.aws/contact-trace-records/details/")
    elsewhere.clear()


def test_a_request_without_a_login_gets_no_answer(anonymous: BrowserContext) -> None:
    from audio_leakage_ui.app import app

    contact_id = "00000000-0000-4000-8000-000000000001"
    values = {"dag_id": DAG, "name": "run.js", "contact_id": contact_id, "day": "2023-08-29"}
    query = "?run_id=x&hour=2023-08-29T21&since=2023-08-29T21&hours=1&days=1"
    addresses = [
        f"/audio-leakage{route.path.format(**values)}{query}"
        for route in app.routes
        if isinstance(route, APIRoute)
    ]
    assert addresses
    for address in [*addresses, "/audio-leakage/docs", "/audio-leakage/openapi.json"]:
        assert anonymous.request.get(address).status in (401, 404), address
    assert [anonymous.request.get(address).status for address in addresses] == [401] * len(addresses)


HOSTILE = (
    "<img src=x onerror=\"parent.document.title='caught'\"><script>parent.document.title='caught'</script>"
)


@contextmanager
def stored(played: Played, *items: dict[str, str]) -> Iterator[None]:
    table = played.aws.client("dynamodb")
    for item in items:
        table.put_item(TableName=TABLE, Item={name: {"S": value} for name, value in item.items()})
    try:
        yield
    finally:
        for item in items:
            table.delete_item(TableName=TABLE, Key={"ContactId": {"S": item["ContactId"]}})


def test_a_hostile_contact_is_shown_as_text(page: Page, played: Played) -> None:
    end, calls = window_with_a_leak(played)
    moment = end - WINDOW / 2
    indexed = {
        "InitialisedHour": f"{moment:%Y-%m-%dT%H}",
        "InitialisedAt": f"{moment:%Y-%m-%dT%H:%M:%S.000Z}",
    }
    readable = {
        "State": "COMPLETED - AGENT",
        "RecordedState": "CALL_RECORDED_FAILURE",
        "QueueId": HOSTILE,
        "AgentId": HOSTILE,
        "Channel": HOSTILE,
        "LastError": HOSTILE,
        "Searched": f"bucket/{HOSTILE}",
        "RecordingLocation": "javascript:alert(1)",
    }
    items = [
        {"ContactId": HOSTILE, "State": HOSTILE, **indexed},
        {"ContactId": "x" * 1_500, **indexed},
        {"ContactId": "00000000-0000-4000-8000-000000000001", **readable, **indexed},
    ]
    with stored(played, *items):
        frame = open_run_tab(page, end)
        expect(rows(frame)).to_have_count(truths(played, calls).total() + 3)
        expect(frame.get_by_text(HOSTILE).first).to_be_visible()
        for toggle in frame.locator("#calls .toggle").all():
            toggle.click()
        expect(frame.locator("main img, main script")).to_have_count(0)
        addresses = [link.get_attribute("href") or "" for link in frame.locator("main a").all()]
        here = f"{page.evaluate('location.origin')}/audio-leakage/{DAG}/contact/"  # served over http
        pages = {address for address in addresses if address.startswith("http:")}
        kept = [call for call in calls if call.truth(played.end, FAILURE_AFTER).state]
        assert pages == {here + items[2]["ContactId"], *(here + call.contact_id for call in kept)}
        assert all(address.startswith("https://") for address in addresses if address not in pages)
        assert "caught" not in page.title()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_follow_the_theme_of_airflow(page: Page, played: Played, theme: str) -> None:
    """`make pictures` takes the pictures of the README here."""
    end, _ = window_with_a_leak(played)
    page.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    photograph(page, open_page(page), f"page-{theme}", theme)
    photograph(page, open_run_tab(page, end), f"run-tab-{theme}", theme)
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")  # outside of Airflow's frame
    page.goto(f"/audio-leakage/{DAG}/contact/{a_leak(played).contact_id}")
    expect(page.locator("body[data-complete]")).to_be_attached()
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    keep_picture(page, f"call-{theme}")


def photograph(page: Page, frame: FrameLocator, name: str, theme: str) -> None:
    expect(frame.locator("html")).to_have_attribute("data-theme", theme)
    expect(page.get_by_role("link", name="Call recordings")).to_be_visible()
    keep_picture(page, name)


def test_the_newest_hour_of_a_day_with_100_000_contacts_is_painted_first(page: Page, played: Played) -> None:
    now = datetime.now(UTC)
    ahead = 23 - now.hour if now.hour >= 9 else -(now.hour + 1)  # a zone in which the day has 24 hours by now
    page.add_init_script(f"localStorage.setItem('timezone', '\"Etc/GMT{-ahead:+d}\"')")
    table = played.big_table
    page.goto(f"/audio-leakage/{DAG}__big/?days=1")
    expect(page.locator("body[data-painted]")).to_be_attached()
    log.info("first paint %d ms after the navigation", page.evaluate("performance.now()"))
    expect(page.locator("#failures tbody tr:not(.evidence)")).to_have_count(-(-PER_HOUR // 100))
    first = [hour for hour in table.pages_of("contacts-by-hour") if hour == table.newest]
    assert len(first) == PAGES_PER_HOUR  # and the older hours have been held back until now
    table.older_hours.set()
    expect(page.locator("body[data-complete]")).to_be_attached(timeout=240_000)
    read = Counter(table.pages_of("contacts-by-hour"))
    assert read == dict.fromkeys(read, PAGES_PER_HOUR)
    assert len(read) == 24
    assert page.locator("#days td.recorded").inner_text() == f"{24 * (PER_HOUR - -(-PER_HOUR // 100)):,}"
    assert {operation for operation, _, _ in table.questions} == {"Query"}
    assert len(table.pages_of("open-contacts")) == 5


PROVED: dict[str, Any] = {
    "status": "PROVISIONAL", "coverage_percent": "66.66", "coverage_at_most": "100.00", "lost": 0,
    "undecided": 400, "blind": 0,
}  # fmt: skip


def test_the_calendar_is_green_only_for_a_day_that_is_proved_and_whole(page: Page) -> None:
    incomplete = {**PROVED, "status": "INCOMPLETE", "coverage_percent": None, "coverage_at_most": None}
    sure = {
        **PROVED,
        "status": "COMPLETE",
        "coverage_percent": "99.91",
        "coverage_at_most": "99.91",
        "undecided": 0,
    }
    leaked = {**sure, "lost": 1200}
    today = datetime.now(UTC).date()
    rows = [PROVED, incomplete, sure, leaked]
    days = {str(today - timedelta(days=ago)): row for ago, row in enumerate(rows, start=1)}
    page.route("**/calendar?*", lambda route: route.fulfill(json={"is_wanted": True, "days": days}))
    page.goto(f"/audio-leakage/{DAG}/?days=1")
    expect(page.locator("#evidence[data-complete]")).to_be_attached()
    cells = {
        ago: page.get_by_role("link", name=f"{today - timedelta(days=ago)}: ")
        for ago in range(1, len(rows) + 1)
    }
    expect(cells[1]).to_contain_text("PROVISIONAL")
    expect(cells[1]).to_contain_text("66.66 % to 100.00 %")
    expect(cells[2].locator(".share")).to_have_text(DASH)
    expect(cells[3].locator(".share")).to_have_text("99.91 %")
    expect(cells[4]).to_contain_text("1,200 lost")
    kinds = {ago: cell.locator("..").get_attribute("class") for ago, cell in cells.items()}
    assert kinds == {1: "day undecided", 2: "day incomplete", 3: "day proven", 4: "day lost"}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({"json": {"is_wanted": True, "days": {}}}, "No day is proved yet. The daily DAG runs at 06:40 UTC."),
        ({"status": 403, "json": {"detail": "Forbidden"}}, "Evidence not known."),
    ],
)
def test_the_page_says_why_it_shows_no_evidence(page: Page, answer: dict[str, Any], sentence: str) -> None:
    page.route("**/calendar?*", lambda route: route.fulfill(**answer))
    page.goto(f"/audio-leakage/{DAG}/?days=1")
    expect(page.locator("#evidence")).to_contain_text(sentence)


def test_a_call_is_looked_up_by_its_id_at_a_stable_address(page: Page, played: Played) -> None:
    leak = a_leak(played)
    page.goto(f"/audio-leakage/{DAG}/")
    page.get_by_label("Contact ID").fill(leak.contact_id.upper())
    page.get_by_role("button", name="Look up").click()
    page.wait_for_url(f"**/audio-leakage/{DAG}/contact/{leak.contact_id}")
    expect(page.locator("body[data-complete]")).to_be_attached()
    expect(page.locator("#call .badge")).to_have_text("leaked")
    expect(page.locator("#about")).to_contain_text(re.compile(r"Judged \d{4}-\d\d-\d\d"))
    assert "Judged" in page.locator("#call dt").all_inner_texts()
    assert green_tiles(page.locator("main")) == []


def test_an_unknown_call_is_answered_in_one_sentence(page: Page) -> None:
    page.goto(f"/audio-leakage/{DAG}/contact/00000000-0000-4000-8000-0000000000ff")
    expect(page.locator("#problem")).to_contain_text("The contact table has no such contact")


def test_the_leaks_of_the_days_shown_are_a_list_to_hand_over(page: Page, played: Played) -> None:
    page.goto(f"/audio-leakage/{DAG}/")
    expect(page.locator("body[data-complete]")).to_be_attached()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    head, *leaks = download.value.path().read_text(encoding="utf-16").splitlines()
    assert head.split("\t")[:4] == ["contact", "agent connected", "ended", "queue"]
    assert len(leaks) == truths(played, list(played.centre.calls))["leaked"]


def test_the_page_reloads_by_itself_and_is_not_green_when_it_cannot(page_of_its_own: Page) -> None:
    page, hour = page_of_its_own, hour_with(NO_LEAK)
    page.clock.install()
    show_hours(page, hour)
    show_health(page)
    page.goto(f"/audio-leakage/{DAG}/?days=1")
    expect(page.locator("body[data-complete]")).to_be_attached()
    expect(page.locator("#as-of")).to_contain_text("As of")
    assert "Leaks, last 24 hours" in green_tiles(page.locator("#health"))
    expect(page.locator("#blind li").first).to_contain_text("no recording block")
    hour["counts"] = ONE_LEAK
    page.clock.run_for(61_000)
    expect(page.locator("#health .card").first).to_contain_text("% of judged calls")
    expect(page.locator("body[data-leaks=some]")).to_be_attached()
    hour["counts"] = NO_LEAK
    page.clock.run_for(601_000)
    expect(page.locator("body[data-leaks=none]")).to_be_attached()
    page.route("**/hours?*", lambda route: route.fulfill(status=503, json={"detail": "denied"}))
    page.clock.run_for(61_000)
    expect(page.locator("#problem")).to_have_text("denied")
    assert green_tiles(page.locator("#health")) == []


@pytest.fixture
def muted(page: Page) -> Iterator[str]:
    """Keep quiet the leaks of the queue that most of them share, and give its scope."""
    queue = "54b468a3-86b1-4746-aeb5-c31b62eecaa2"
    until = datetime.now(UTC) + timedelta(days=2)
    mute = {"id": "key", "queue_id": queue, "until": until.isoformat(), "reason": "CHG-4711: new <b>key</b>"}
    variables, name = "/api/v2/variables", "audio_leakage_mutes"
    value = json.dumps([mute, {"id": "no-end", "queue_id": queue}])
    expect(page.request.post(variables, data={"key": name, "value": value})).to_be_ok()
    yield f"queue {queue}"
    expect(page.request.delete(f"{variables}/{name}")).to_be_ok()


def test_a_known_leak_is_marked_everywhere_and_counted(page: Page, played: Played, muted: str) -> None:
    leak, leaked = a_leak(played), truths(played, list(played.centre.calls))["leaked"]
    mark = re.compile(r"known until \d{4}-\d\d-\d\d \d\d:\d\d: CHG-4711: new <b>key</b>")
    page.goto(f"/audio-leakage/{DAG}/")
    expect(page.locator("body[data-complete]")).to_be_attached()
    expect(page.locator("#health .card").first).to_contain_text(f"{leaked} of them known")
    expect(page.locator("#mutes li")).to_contain_text(f"{muted}: known until")
    expect(page.locator("#mutes li")).to_contain_text(f"{leaked} leaked in the days shown")
    expect(page.locator("#blind")).to_contain_text("mute 'no-end': 'until' is None")
    expect(page.locator("#failures small.known")).to_have_count(leaked)
    expect(page.locator("#failures small.known").first).to_have_text(mark)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.path().read_text(encoding="utf-16").count("CHG-4711: new <b>key</b>") == leaked
    page.goto(f"/audio-leakage/{DAG}/contact/{leak.contact_id}")
    expect(page.locator("#call .badge")).to_have_text("leaked")
    expect(page.locator("#call small.known")).to_have_text(mark)
    end, _ = window_with_a_leak(played)
    frame = open_run_tab(page, end)
    expect(frame.locator("#calls small.known").first).to_have_text(mark)


def test_the_card_of_a_red_task_shows_its_sentence(page: Page, played: Played) -> None:
    end, _ = window_with_a_leak(played)
    sentence = "connect:DescribeContact was denied: grant it"
    page.route(
        "**/xcomEntries/task_failure*", lambda route: route.fulfill(json={"value": {"reason": sentence}})
    )
    failed = [{"task_id": "poll_initialised", "state": "failed"}]
    page.route("**/taskInstances", lambda route: route.fulfill(json={"task_instances": failed}))
    frame = open_run_tab(page, end)
    expect(frame.locator("#tasks .card").first.locator(".reason")).to_have_text(sentence)


def test_long_sentences_keep_the_columns_of_the_tab(page: Page, played: Played) -> None:
    end, _ = window_with_a_leak(played)
    moment = f"{end - WINDOW / 2:%Y-%m-%dT%H:%M:%S.000Z}"
    sentence = "s3:ListBucket on bucket 'acme-recordings' was denied: grant it to the role of this task. " * 3
    item = {"State": "COMPLETED - AGENT", "InitialisedHour": moment[:13], "InitialisedAt": moment}
    long = {"ContactId": "00000000-0000-4000-8000-000000000001", "LastError": sentence, **item}
    frame = open_run_tab(page, end)
    usual = widths(frame.locator("#calls thead th"))
    page.route(
        "**/xcomEntries/task_failure*", lambda route: route.fulfill(json={"value": {"reason": "x" * 900}})
    )
    failed = [{"task_id": "poll_initialised", "state": "failed"}]
    page.route("**/taskInstances", lambda route: route.fulfill(json={"task_instances": failed}))
    with stored(played, long):
        frame = open_run_tab(page, end)
        expect(frame.get_by_text("s3:ListBucket").first).to_be_visible()
        long_ones = widths(frame.locator("#calls thead th"))
        overflow = frame.locator("#calls .scroll").evaluate("box => box.scrollWidth - box.clientWidth")
        cards = widths(frame.locator("#tasks .card"))
    assert overflow == 0
    assert max(cards) - min(cards) < 2
    assert all(abs(usually - now) < 60 for usually, now in zip(usual, long_ones, strict=True))


def test_a_chart_is_a_table_for_those_who_cannot_see_it(page: Page) -> None:
    frame = open_page(page)
    frame.locator("figure summary").first.click()
    assert frame.locator("figure").first.locator("tbody tr").count() > 0
    expect(frame.locator("figure").first.locator("th[scope=col]")).to_have_text(["hour", "leaked"])


def test_the_page_fits_a_telephone(page: Page, played: Played) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    for address in (f"/audio-leakage/{DAG}/", f"/audio-leakage/{DAG}/contact/{a_leak(played).contact_id}"):
        page.goto(address)
        expect(page.locator("body[data-complete]")).to_be_attached()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
