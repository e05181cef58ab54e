"""What a person sees in Airflow's UI, in a real browser, of an hour whose truth is known."""

from urllib.parse import quote

from playwright.sync_api import FrameLocator, Page, expect

from conftest import ROOT

IMAGES = ROOT / "docs" / "images"


def test_probe(page: Page, played) -> None:
    page.wait_for_timeout(3000)
    page.screenshot(path="/tmp/shot-home.png")
    page.goto("/plugin/call-recordings")
    page.wait_for_timeout(6000)
    page.screenshot(path="/tmp/shot-page.png")
    end = played.end
    rid = page.evaluate(
        """async () => (await (await fetch('/api/v2/dags/monitor_audio_leakage/dagRuns?limit=100')).json()).dag_runs.map(r => r.dag_run_id)"""
    )
    print(rid)
    page.goto(f"/dags/monitor_audio_leakage/runs/{quote(rid[5], safe='')}/plugin/audio-leakage-calls")
    page.wait_for_timeout(6000)
    page.screenshot(path="/tmp/shot-run.png")
    page.goto(f"/dags/monitor_audio_leakage/runs/{quote(rid[5], safe='')}/tasks/check_recordings/details")
    page.wait_for_timeout(4000)
    page.screenshot(path="/tmp/shot-ti.png")
