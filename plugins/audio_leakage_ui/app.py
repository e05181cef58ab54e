"""The routes of the UI. They are read-only and require permission to read the runs of the DAG in the path."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.common.db.common import SessionDep  # noqa: TC002  # FastAPI reads it
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from audio_leakage.contacts.contact import check_contact_id
from audio_leakage.errors import AudioLeakageError, InvalidContact, SetupError
from audio_leakage.instances import monitor_dag_of, naming_settings
from audio_leakage.runs.window import Window
from audio_leakage.times import parse_time
from audio_leakage_ui.calls import calls_of, row_of
from audio_leakage_ui.evidence import check_daily, daily_run, is_daily, picture_of_run
from audio_leakage_ui.health import LOOK_BACK, blind_spots, due_contacts, health_of, mutes_shown, not_read
from audio_leakage_ui.hours import hour_of
from audio_leakage_ui.leaks import rows_of_leaks
from audio_leakage_ui.month import exceptions_of_day, month_of, proved_day, rows_of_exceptions
from audio_leakage_ui.population import check_hourly, hourly_run, is_hourly, population_since
from audio_leakage_ui.reading import (
    ContactReader,
    UnknownRun,
    check_dag_id,
    contacts_of_run,
    first_run_at,
    is_paused,
    recent_runs,
    run_of,
    window_of_run,
)
from audio_leakage_ui.revisions import EvidencePlace
from audio_leakage_ui.sheet import MEDIA_TYPE, spreadsheet

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from audio_leakage_ui.consoles import Consoles

_STATIC = Path(__file__).parent / "static"
_FILES = {path.name: path for path in _STATIC.iterdir()}
_HOUR = timedelta(hours=1)
#: The longest stretch of a list of leaks: a little more than the page shows.
_MOST_HOURS = 24 * 31
#: The longest stretch of the calendar.
_MOST_DAYS = 400
#: An hour that ended longer ago hardly changes, so the browser may keep it for this many seconds.
_HARDLY_CHANGES_AFTER, _KEPT_SECONDS = timedelta(hours=3), 300
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
readers_only = APIRouter(
    prefix="/{dag_id}",
    dependencies=[Depends(requires_access_dag(method="GET", access_entity=DagAccessEntity.RUN))],
)


@app.middleware("http")
async def with_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Set headers that let a page run only its own files, whatever the data contains."""
    response = await call_next(request)
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@app.exception_handler(AudioLeakageError)
@app.exception_handler(UnknownRun)
def in_one_sentence(request: Request, error: Exception) -> JSONResponse:
    """Answer with the error's sentence, so that the reader can correct a setting, a permission or a name."""
    status = 404 if isinstance(error, UnknownRun) else 503
    sentence = str(error)
    if isinstance(error, SetupError):
        sentence = naming_settings(sentence, request.path_params["dag_id"])
    return JSONResponse({"detail": sentence}, status_code=status)


@readers_only.get("/")
def page() -> FileResponse:
    """Return the page "Call recordings"."""
    return FileResponse(_STATIC / "recordings.html")


@readers_only.get("/run")
def run_tab(dag_id: str) -> FileResponse:
    """Return the tab "Calls": the calls of a run, the figures of an hour, or the evidence of a day."""
    if is_daily(dag_id):
        return FileResponse(_STATIC / "day.html")
    return FileResponse(_STATIC / ("hour.html" if is_hourly(dag_id) else "run.html"))


@readers_only.get("/hour")
def hour_of_run(dag_id: str, run_id: str, session: SessionDep) -> dict[str, Any]:
    """Return what an hourly run found: the figures of its hours, and their proofs."""
    check_hourly(dag_id)
    return hourly_run(session, dag_id, run_of(session, dag_id, run_id).run_id)


@readers_only.get("/population")
def population(
    dag_id: str, session: SessionDep, since: str = Query(pattern=r"^\d{4}-\d\d-\d\dT\d\d$")
) -> dict[str, Any]:
    """Return the figures and the proof of each hour since a UTC hour, as hourly runs found them."""
    check_hourly(dag_id)
    return population_since(session, dag_id, _hour(since))


@readers_only.get("/day")
def day_of_run(dag_id: str, run_id: str, session: SessionDep) -> dict[str, Any]:
    """Return what a daily run found: classes, the days that it wrote about, and the link."""
    check_daily(dag_id)
    reader = ContactReader.of(monitor_dag_of(dag_id))
    run = run_of(session, dag_id, run_id)
    return daily_run(session, dag_id, run.run_id, reader.settings, reader.consoles)


@readers_only.get("/picture")
def picture(dag_id: str, run_id: str, session: SessionDep, place: int = Query(ge=0)) -> Response:
    """Return the picture of the way of calls that explains a finding of a daily run."""
    check_daily(dag_id)
    run = run_of(session, dag_id, run_id)
    drawn = picture_of_run(session, dag_id, run.run_id, place)
    return Response(drawn, media_type="image/svg+xml")


@readers_only.get("/calendar")
def calendar(dag_id: str, days: int = Query(ge=1, le=_MOST_DAYS)) -> dict[str, Any]:
    """Return the figures of each of the last days, read from the evidence itself."""
    place, consoles, today = _evidence_of(dag_id)
    return month_of(place, today - timedelta(days=days), today, consoles)


@readers_only.get("/days/{day}")
def day_page(dag_id: str, day: str) -> FileResponse:
    """Return the page of one day; its address stays."""
    check_daily(dag_id)
    _known_as_day(day)
    return FileResponse(_STATIC / "proved.html")


@readers_only.get("/days/{day}/figures")
def day_figures(dag_id: str, day: str) -> dict[str, Any]:
    """Return the classes of one day, and its figures by queue and by initiation method."""
    place, consoles, today = _evidence_of(dag_id)
    return proved_day(place, _known_as_day(day), today, consoles)


@readers_only.get("/days/{day}/exceptions")
def day_exceptions(
    dag_id: str,
    day: str,
    contact_class: str | None = Query(default=None, alias="class"),
    queue: str | None = Query(default=None),
    method: str | None = Query(default=None),
) -> dict[str, Any]:
    """Return the exceptions of one day: all, or those of a class, a queue and an initiation method."""
    place, _, today = _evidence_of(dag_id)
    wanted = {"class": contact_class, "queue_id": queue, "initiation_method": method}
    return exceptions_of_day(place, _known_as_day(day), today, wanted)


@readers_only.get("/days/{day}/exceptions.csv")
def day_exceptions_csv(dag_id: str, day: str) -> Response:
    """Return all exceptions of one day for a spreadsheet, each with its acknowledgement."""
    place, _, today = _evidence_of(dag_id)
    return _download(f"exceptions-{day}.csv", rows_of_exceptions(place, _known_as_day(day), today))


@readers_only.get("/contact/{contact_id}")
def contact_page(contact_id: str) -> FileResponse:
    """Return the page of one call; its address stays, whenever the call was."""
    _known_as_id(contact_id)
    return FileResponse(_STATIC / "contact.html")


@readers_only.get("/contacts/{contact_id}")
def contact(dag_id: str, contact_id: str) -> dict[str, Any]:
    """Return the row of one contact, whenever it was."""
    reader = ContactReader.of(dag_id)
    item = next(reader.named([_known_as_id(contact_id)]), None)
    if item is None:
        raise UnknownRun(
            "The contact table has no such contact. Its flow did not ask for a recording, or its line never "
            "arrived, or the call ended without an agent and was removed."
        )
    return row_of(item, reader.consoles, reader.mutes)


@readers_only.get("/leaks.csv")
def leaks(
    dag_id: str,
    since: str = Query(pattern=r"^\d{4}-\d\d-\d\dT\d\d$"),
    hours: int = Query(ge=1, le=_MOST_HOURS),
) -> Response:
    """Return the leaks of some hours for a spreadsheet, the earliest first: all of them, or an error."""
    reader = ContactReader.of(dag_id)
    start = _hour(since)
    window = Window(start, start + hours * _HOUR)
    rows = rows_of_leaks(reader.contacts(window), reader.consoles, reader.mutes)
    return _download(f"leaks-{since}-{hours}h.csv", rows)


@readers_only.get("/static/{name}")
def static_file(name: str) -> FileResponse:
    """Return a script, a style sheet or a licence."""
    if name not in _FILES:
        raise HTTPException(404, "There is no such file.")
    return FileResponse(_FILES[name], headers={"Cache-Control": f"private, max-age={_KEPT_SECONDS}"})


@readers_only.get("/window")
def window(dag_id: str, run_id: str, session: SessionDep) -> dict[str, Any]:
    """Return the window of a run, and the hours to request from :func:`calls`."""
    check_dag_id(dag_id)
    run = run_of(session, dag_id, run_id)
    about = window_of_run(run, datetime.now(UTC))
    hours = about.hours[:1] if contacts_of_run(run) else about.hours
    return {
        "start": about.start,
        "end": about.end,
        "hours": hours,
        "run_type": run.run_type,
        "named": len(contacts_of_run(run)),
    }


@readers_only.get("/calls")
def calls(
    dag_id: str, run_id: str, session: SessionDep, hour: str = Query(pattern=r"^\d{4}-\d\d-\d\dT\d\d$")
) -> dict[str, Any]:
    """Return the contacts of a run's window whose recording block ran in one UTC hour."""
    reader = ContactReader.of(dag_id)
    run = run_of(session, dag_id, run_id)
    whole = window_of_run(run, datetime.now(UTC))
    start = _hour(hour)
    part = Window(max(whole.start, start), min(whole.end, start + _HOUR))
    if part.end <= part.start:
        raise UnknownRun("This hour is not in the window of the run.")
    named = contacts_of_run(run)
    found = reader.named(named) if named else reader.contacts(part)
    return calls_of(found, reader.consoles, reader.mutes)


@readers_only.get("/hours")
def hours(
    dag_id: str, response: Response, hour: str = Query(pattern=r"^\d{4}-\d\d-\d\dT\d\d$")
) -> dict[str, Any]:
    """Return counts, delays and leaks of the contacts whose recording block ran in one UTC hour."""
    reader = ContactReader.of(dag_id)
    start, now = _hour(hour), datetime.now(UTC)
    if start + _HOUR + _HARDLY_CHANGES_AFTER < now:
        response.headers["Cache-Control"] = f"private, max-age={_KEPT_SECONDS}"
        response.headers["Vary"] = "Authorization, Cookie"  # a cached answer never reaches another login
    return hour_of(reader.contacts(Window(start, start + _HOUR)), reader.consoles, reader.mutes)


@readers_only.get("/health")
def health(dag_id: str, session: SessionDep) -> dict[str, Any]:
    """Return the health of the monitor: its runs, missed windows, and contacts that wait too long."""
    reader = ContactReader.of(dag_id)
    now = datetime.now(UTC)
    since = first_run_at(session, dag_id)
    return {
        "is_paused": is_paused(session, dag_id),
        **health_of(dag_id, recent_runs(session, dag_id, now), since, now),
        "blind": blind_spots(reader.settings, reader.mutes),
        "mutes": mutes_shown(reader.mutes),
        "not_read": not_read(dag_id, reader.progress, now),
        **due_contacts(reader.longest_due(now + LOOK_BACK), reader.consoles, now),
    }


def _download(name: str, rows: Iterable[Iterable[str]]) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(spreadsheet(rows), media_type=MEDIA_TYPE, headers=headers)


def _evidence_of(dag_id: str) -> tuple[EvidencePlace | None, Consoles, date]:
    check_daily(dag_id)
    reader = ContactReader.of(monitor_dag_of(dag_id))
    return EvidencePlace.of(reader.settings), reader.consoles, datetime.now(UTC).date()


def _known_as_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UnknownRun("This is no day. Allowed is a UTC day such as 2026-11-23.") from None


def _known_as_id(text: str) -> str:
    try:
        return check_contact_id(text).lower()
    except InvalidContact as error:
        raise UnknownRun(str(error)) from None


def _hour(hour: str) -> datetime:
    try:
        return parse_time(f"{hour}:00:00Z")
    except ValueError:
        raise UnknownRun(f"{hour} is not an hour of a day.") from None


app.include_router(readers_only)
