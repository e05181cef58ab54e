"""The tasks of ``audio_leakage_evidence``: what can be proven about a day.

The bucket is listed for the evidence itself. So the evidence does not rest on the monitor's own word.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from itertools import islice
from typing import Any

from audio_leakage.contacts.contact import Contact, check_contact_id
from audio_leakage.contacts.recording import RecordingStorage, is_conversation
from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.errors import ContactNotFound, InvalidContact
from audio_leakage.evidence.chain import Link
from audio_leakage.evidence.files import EvidenceFile, Json, json_lines, rows_of
from audio_leakage.evidence.ledger import CONTACTS, OTHER_DAY, UNRECOGNISED_OBJECT
from audio_leakage.evidence.manifest import MANIFEST
from audio_leakage.evidence.population_rows import decider_of, row_of_member
from audio_leakage.evidence.reports import SUMMARY_TXT, Day
from audio_leakage.evidence.revision import (
    BEFORE,
    FINAL,
    FIRST,
    ITEMS,
    POPULATION,
    RECORDINGS,
    before_of,
    evidence_of,
)
from audio_leakage.population.context import HourContext
from audio_leakage.population.parts import Part, by_hour
from audio_leakage.population.policy import Policy
from audio_leakage.ports import AlertTopic, Connect, ContactTable, EvidenceStore, RecordingBucket
from audio_leakage.runs.window import Window
from audio_leakage.settings import Settings
from audio_leakage.times import format_time
from audio_leakage.use_cases.evidence_chain import Chain
from audio_leakage.use_cases.population import take_population

log = logging.getLogger(__name__)

#: The message attribute ``event`` of the daily mail.
EVENT = "DAY_EVIDENCE"
#: At most this many recordings without a contact are asked Connect about each day.
_MOST_STRAYS = 200
_BATCH = 100


@dataclass(kw_only=True)
class DayContext:
    """One task's part of a daily run. Nothing is asked of AWS before it is needed."""

    settings: Settings
    policy: Policy
    policy_document: Json | None
    """The policy as it is set."""
    day: date
    """The UTC day that is proved."""
    now: datetime
    connect: Connect
    bucket: RecordingBucket
    storage: Callable[[], RecordingStorage]
    contacts: ContactTable
    store: EvidenceStore
    chain: Chain
    alert_topic: AlertTopic
    hour_context: Callable[[Window], HourContext]
    """Returns what ``take_population`` works with, for one hour."""
    producer: Json = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The kind of the revision: final when nothing is waited for any more."""
        return FINAL if self.now >= _start_of(self.day) + _DAY + self.settings.recheck_for else FIRST

    @property
    def hours(self) -> list[Window]:
        """The hours of the day."""
        starts = [_start_of(self.day) + timedelta(hours=hour) for hour in range(24)]
        return [Window(start, start + timedelta(hours=1)) for start in starts]


_DAY = timedelta(days=1)


class HeldParts:
    """The parts of an hour's population, kept by this task alone."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def of_earlier_tries(self) -> list[str]:
        """Return nothing: whole hours are kept in the evidence bucket."""
        return []

    def keep(self, place: int, part: str) -> None:
        """Keep one part."""
        del self._parts[place:]
        self._parts.append(part)

    def taken(self) -> Iterator[str]:
        """Yield the parts."""
        return iter(self._parts)


class NoCountedHours:
    """Remembers nothing: a day is proved after all its hours have settled."""

    def read(self) -> Mapping[str, Any]:
        """Return nothing."""
        return {}

    def change(self, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        """Change nothing."""


def complete_population(run: DayContext) -> dict[str, Any]:
    """Take each hour of the day that is not proven yet, and keep it in the evidence bucket.

    A retry goes on with the hour at which the try before it stopped. An hour that is taken again is kept
    beside the one before.
    """
    taken = 0
    for hour in run.hours:
        if _hour_proof(run, hour).get("status") != "COMPLETE":
            _take_hour(run, hour)
            taken += 1
    proofs = [_hour_proof(run, hour) for hour in run.hours]
    return {
        "day": run.day.isoformat(),
        "hours_taken": taken,
        "population": sum(proof["listed"] for proof in proofs),
        "unproven_hours": sum(proof["status"] != "COMPLETE" for proof in proofs),
    }


def list_recordings(run: DayContext) -> dict[str, Any]:
    """List the folder of the day in the recording bucket, and keep the listing."""
    storage = run.storage()
    folder = _folder_of(storage, run.day)
    rows = sorted(
        (_listed(storage.bucket, folder, found) for found in run.bucket.list_objects(storage.bucket, folder)),
        key=lambda row: str(row["contact_id"]),
    )
    key = f"listings/day={run.day.isoformat()}/{format_time(run.now)}.jsonl.gz"
    run.store.write(key, json_lines(key, rows).stored)
    return {"day": run.day.isoformat(), "objects": len(rows), "listing": key}


def write_evidence(run: DayContext) -> dict[str, Any]:
    """Put each contact of the day into its class, and append a revision unless it says nothing new."""
    known = run.chain.earlier(run.day.isoformat())
    day = Day(
        instance=run.settings.connect_instance_id,
        day=run.day.isoformat(),
        kind=run.kind,
        hours=[_hour_row(_hour_proof(run, hour)) for hour in run.hours],
        listing_is_whole=bool(list(run.store.keys(_listings(run)))),
        tolerance_percent=str(run.settings.population_tolerance_percent),
    )
    inputs = _gather(run, known[0] if known else None)
    settings = {"recheck_days": str(run.settings.recheck_days)}
    evidence = evidence_of(day, inputs, run.policy_document, decider_of(run.policy), settings)
    link, is_new = run.chain.append(evidence, _origin(run), run.now)
    log.info("%s", evidence.summary["classes"])
    return {
        "day": run.day.isoformat(),
        "status": evidence.summary["status"],
        "revision": link.revision,
        "kind": link.kind,
        "unchanged": int(not is_new),
        "head": f"{link.sequence}:{link.sha256}",
        **{name: evidence.summary["total"][name] for name in ("required", "proven", "lost", "undecided")},
    }


def tell_evidence(run: DayContext) -> dict[str, Any]:
    """Publish the text of the day's last revision with its link, which makes each reader a witness."""
    known = run.chain.earlier(run.day.isoformat())
    if known is None or run.settings.alert_topic_arn is None:
        return {"day": run.day.isoformat(), "told": 0}
    link = known[0]
    text = run.store.read(link.manifest_path.removesuffix(MANIFEST) + SUMMARY_TXT).decode()
    signed = "" if link.signature else "The chain is not signed: no evidence_key_arn is set.\n"
    run.alert_topic.publish(
        run.settings.alert_topic_arn,
        f"Call recordings: evidence of {link.day}",
        f"{text}{signed}Revision {link.revision}, link {link.sequence}:{link.sha256}\n",
        {"event": EVENT, "connect_instance_id": run.settings.connect_instance_id},
    )
    return {"day": run.day.isoformat(), "told": 1}


def _gather(run: DayContext, earlier: Link | None) -> list[EvidenceFile]:
    """Return the four inputs of the day."""
    population: dict[str, Json] = {}
    for hour in run.hours:
        for row in _hour_members(run, hour):  # of several takings the last one comes first
            population.setdefault(row["contact_id"], row)
    ids = sorted(population)
    outside = _outside(run, population)
    population_file = json_lines(POPULATION, (population[each] for each in ids))
    known = set(ids) | {str(item["ContactId"]).lower() for item in outside}
    population.clear()
    items = merge(_items(run, ids), outside, key=lambda item: str(item["ContactId"]).lower())
    items_file = json_lines(ITEMS, items)
    recordings = sorted(
        [*_recordings(run, known), *_elsewhere(run, items_file)], key=lambda row: str(row["contact_id"])
    )
    return [
        population_file,
        items_file,
        json_lines(RECORDINGS, recordings),
        json_lines(BEFORE, _before(run, earlier)),
    ]


def _items(run: DayContext, ids: Iterable[str]) -> Iterator[Json]:
    """Yield the table's items of contacts, in the order of their ids."""
    remaining = iter(ids)
    while batch := list(islice(remaining, _BATCH)):
        yield from sorted(
            map(_allowed, run.contacts.get_many(batch)), key=lambda item: str(item["ContactId"])
        )


def _allowed(item: Mapping[str, Any]) -> Json:
    """Return what we keep of an item: its own attributes, or its id alone where it makes no sense."""
    try:
        return Contact.from_item(item).to_item()
    except InvalidContact:
        return {"ContactId": str(item["ContactId"])}


def _outside(run: DayContext, population: Mapping[str, Json]) -> list[Json]:
    """Return the items that speak of an agent on that day and are not in the population."""
    start = _start_of(run.day) - _DAY  # a block may have run a day before the agent joined
    hours = [format_time(start + timedelta(hours=hour))[:13] for hour in range(48)]
    found = run.contacts.initialised(hours, format_time(start), format_time(start + 2 * _DAY))
    return sorted(
        (
            _allowed(item)
            for item in found
            if str(item.get("ConnectedToAgentTimestamp", "")).startswith(run.day.isoformat())
            and str(item["ContactId"]).lower() not in population
        ),
        key=lambda item: str(item["ContactId"]),
    )


def _recordings(run: DayContext, known: set[str]) -> Iterator[Json]:
    """Yield the listing, and what is known of each recording whose contact is not among the day's."""
    listings = sorted(run.store.keys(_listings(run)))
    rows = list(rows_of(run.store.read(listings[-1]))) if listings else []
    strays = [row for row in rows if row["contact_id"] not in known and row["known"] is None]
    items = {item["ContactId"]: item for item in _items(run, sorted({row["contact_id"] for row in strays}))}
    asked = 0
    for row in rows:
        if row["known"] is not None or row["contact_id"] in known:
            yield row
        elif row["contact_id"] in items:
            yield {**row, "known": OTHER_DAY}
        else:
            asked += 1
            yield {**row, "known": _ask_connect(run, row["contact_id"]) if asked <= _MOST_STRAYS else None}


def _ask_connect(run: DayContext, contact_id: str) -> str | None:
    """Return what Connect knows of a contact that has a recording; None if it knows nothing."""
    try:
        answer = run.connect.describe_contact(run.settings.connect_instance_id, contact_id)
        snapshot = ContactSnapshot.from_answer(contact_id, answer, run.now)
    except (ContactNotFound, InvalidContact):
        return None
    connected = snapshot.connected_to_agent_timestamp
    if connected is None or connected.astimezone(UTC).date() != run.day:
        return OTHER_DAY
    return "VOICE" if snapshot.channel == "VOICE" else None


def _elsewhere(run: DayContext, items: EvidenceFile) -> Iterator[Json]:
    """Yield recordings that lie outside the day's folder, where the monitor found them."""
    storage = run.storage()
    folder = _folder_of(storage, run.day)
    for item in rows_of(items.stored):
        key = item.get("RecordingKey")
        if key is None or key.startswith(folder):
            continue
        bucket = str(item.get("RecordingLocation", storage.bucket)).partition("/")[0]
        for found in run.bucket.list_objects(bucket, key):
            if found["Key"] == key:
                yield {**_listed(bucket, "", found), "contact_id": item["ContactId"].lower(), "known": None}


def _before(run: DayContext, earlier: Link | None) -> Iterable[Json]:
    if earlier is None:
        return ()
    folder = earlier.manifest_path.removesuffix(MANIFEST)
    return before_of(run.store.read(folder + CONTACTS), run.store.read(folder + BEFORE))


def _listed(bucket: str, folder: str, found: Mapping[str, Any]) -> Json:
    """Return an object of a listing as it is kept."""
    key = str(found["Key"])
    contact_id, _, rest = key.removeprefix(folder).partition("_")
    try:
        is_recording = bool(check_contact_id(contact_id)) and "/" not in rest and is_conversation(key)
    except InvalidContact:
        is_recording = False
    return {
        "bucket": bucket,
        "contact_id": contact_id.lower() if is_recording else "",
        "etag": str(found.get("ETag", "")).strip('"'),
        "key": key,
        "known": None if is_recording else UNRECOGNISED_OBJECT,
        "last_modified": format_time(found["LastModified"]),
        "size": int(found["Size"]),
        "storage_class": str(found.get("StorageClass", "STANDARD")),
    }


def _take_hour(run: DayContext, hour: Window) -> None:
    context = run.hour_context(hour)
    summary = take_population(context)
    members = by_hour(map(Part.from_text, context.parts.taken()))[summary["hour"]].members
    proof = {
        name: value if isinstance(value, str | bool) else int(value)
        for name, value in summary["proofs"][0].items()
    }
    rows = [{"proof": proof}, *(row_of_member(members[each]) for each in sorted(members))]
    key = f"{_hour_folder(run, hour)}{format_time(run.now)}.jsonl.gz"
    run.store.write(key, json_lines(key, rows).stored)


def _hour_folder(run: DayContext, hour: Window) -> str:
    return f"population/day={run.day.isoformat()}/hour={hour.start.astimezone(UTC):%H}/"


def _hour_rows(run: DayContext, hour: Window) -> Iterator[Json]:
    """Yield the rows of every taking of an hour, the last one's first."""
    for key in sorted(run.store.keys(_hour_folder(run, hour)), reverse=True):
        yield from rows_of(run.store.read(key))


def _hour_proof(run: DayContext, hour: Window) -> Json:
    proof: Json = next((row["proof"] for row in _hour_rows(run, hour)), {"status": "not taken", "listed": 0})
    return {"hour": format_time(hour.start)[:13], **proof}


def _hour_members(run: DayContext, hour: Window) -> Iterator[Json]:
    return (row for row in _hour_rows(run, hour) if "proof" not in row)


def _hour_row(proof: Json) -> Json:
    """Return the counts of an hour as the evidence shows them."""
    is_proven = proof["status"] == "COMPLETE"
    counts = f"listed {proof['listed']}, TotalCount {proof.get('total_count')}, metric {proof.get('handled')}"
    return {
        "hour": proof["hour"],
        "listed": proof["listed"],
        "metrics_count": proof.get("handled"),
        "total_count": proof.get("total_count"),
        "unproven": None if is_proven else f"{proof['status']}, {counts}",
    }


def _listings(run: DayContext) -> str:
    return f"listings/day={run.day.isoformat()}/"


def _folder_of(storage: RecordingStorage, day: date) -> str:
    return "/".join(filter(None, (storage.prefix, f"{day:%Y/%m/%d}"))) + "/"


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _origin(run: DayContext) -> Json:
    start = _start_of(run.day)
    return {
        "as_of": format_time(run.now),
        "population_source": "SearchContacts by CONNECTED_TO_AGENT_TIMESTAMP",
        "producer": dict(run.producer),
        "window": {"end": format_time(start + _DAY), "start": format_time(start)},
    }
