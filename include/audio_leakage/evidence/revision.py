"""A revision of a day: its folder of files, and the same files computed again from the kept inputs."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from audio_leakage.errors import MissingError
from audio_leakage.evidence.files import EvidenceFile, Json, document, rows_of, sha256
from audio_leakage.evidence.ledger import CHANGES, Inputs, Ledger, ledger_of
from audio_leakage.evidence.manifest import manifest
from audio_leakage.evidence.reports import Day, reports, summary_of
from audio_leakage.evidence.sources import Policy

#: Kinds of revision.
FIRST, FINAL, REVERIFIED = "first", "final", "reverified"

POPULATION, ITEMS = "inputs/population.jsonl.gz", "inputs/items.jsonl.gz"
RECORDINGS, BEFORE = "inputs/recordings.jsonl.gz", "inputs/before.jsonl.gz"
LEGS = "inputs/legs.jsonl.gz"
#: The files of rows that a day is computed from.
INPUTS = (POPULATION, ITEMS, RECORDINGS, BEFORE, LEGS)
FACTS, POLICY, SETTINGS = "inputs/metrics.json", "policy.json", "settings.json"
_FOLDER = re.compile(r"day=(\d{4}-\d{2}-\d{2})/revision=(\d{3,})/")


@dataclass(frozen=True, slots=True)
class DayEvidence:
    """Everything that is found out about a day, before it has a number."""

    day: Day
    files: tuple[EvidenceFile, ...]
    summary: Json
    says: Json
    """What a later revision must differ in to be written. When it was found out is no part of it."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The revision before, as its manifest tells."""

    revision: int
    manifest_sha256: str
    kind: str
    as_of: str
    """When what it says was gathered."""
    status: str
    counts: Json
    """Number of contacts by class."""
    says: Json
    rules: Json
    """Digests of the policy and of the settings that held."""


@dataclass(frozen=True, slots=True)
class FileBeside:
    """A file of a revision that is not about its contacts, such as the configuration."""

    file: EvidenceFile
    says: str
    """Digest of what a later revision must differ in to be written."""


def evidence_of(  # noqa: PLR0913  # what a day is proved from
    day: Day,
    inputs: Iterable[EvidenceFile],
    policy_document: Json | None,
    policy: Policy,
    settings: Json,
    *,
    beside: Sequence[FileBeside] = (),
) -> DayEvidence:
    """Compute everything that is written about a day.

    :param inputs: the files of rows, see :data:`INPUTS`.
    :param policy_document: the text of the policy that holds; None where there is none.
    :param policy: the same policy, to be asked.
    :param settings: the settings of the monitor.
    :param beside: files that are written with it.
    """
    kept = {file.name: file for file in inputs}
    ledger = _ledger(day, {name: file.stored for name, file in kept.items()}, policy)
    texts = [
        document(FACTS, day.to_json()),
        document(POLICY, {"policy": policy_document}),
        document(SETTINGS, settings),
    ]
    summary = summary_of(day, ledger)
    says = {file.name: file.content_sha256 for file in ledger.files if file.name != CHANGES} | {
        "policy": texts[1].sha256,
        "reasons": summary["reasons"],
        "status": summary["status"],
        **{each.file.name: each.says for each in beside},
    }
    files = (*kept.values(), *texts, *(each.file for each in beside), *ledger.files, *reports(day, ledger))
    return DayEvidence(day, files, summary, says)


def replay(read: Callable[[str], bytes], day: Day, policy: Policy) -> Mapping[str, str]:
    """Compute a revision again from its kept inputs; return the digest of each file's content.

    :param read: returns a file of the revision by its name.
    """
    stored = {name: read(name) for name in INPUTS if name != LEGS}
    with suppress(MissingError):  # revisions from before calls were put together over midnight have none
        stored[LEGS] = read(LEGS)
    ledger = _ledger(day, stored, policy)
    return {file.name: file.content_sha256 for file in (*ledger.files, *reports(day, ledger))}


def is_unchanged(evidence: DayEvidence, earlier: Earlier | None) -> bool:
    """Tell whether a revision would say nothing new.

    The final revision is written although it found the same: it says that nothing is waited for any more.
    A file that it does not have, such as the configuration of that morning, is no news.
    """
    if earlier is None or any(earlier.says.get(name) != said for name, said in evidence.says.items()):
        return False
    return evidence.day.kind == earlier.kind or evidence.day.kind != FINAL


def numbered(
    evidence: DayEvidence, revision: int, earlier: Earlier | None, origin: Json
) -> tuple[EvidenceFile, ...]:
    """Return the files of a revision, its manifest the last.

    :param revision: its number.
    :param earlier: the revision that it corrects.
    :param origin: how it came about: time, window, producer and listing.
    """
    supersedes = earlier and {
        "changes": evidence.summary["changes"],
        "manifest_sha256": earlier.manifest_sha256,
        "revision": earlier.revision,
    }
    texts = {file.name: file.sha256 for file in evidence.files if file.name in (POLICY, SETTINGS)}
    predicate = {
        **origin,
        "as_of": evidence.day.as_of,
        "counts": evidence.summary["classes"],
        "day": evidence.day.day,
        "findings": evidence.says,
        "instance": evidence.day.instance,
        "kind": evidence.day.kind,
        "policy_sha256": texts[POLICY],
        "revision": revision,
        "settings_sha256": texts[SETTINGS],
        "status": evidence.summary["status"],
        "supersedes": supersedes,
    }
    return (*evidence.files, manifest(evidence.files, predicate))


def earlier_of(revision: int, stored_manifest: bytes, predicate: Mapping[str, Any]) -> Earlier:
    """Return a revision from its manifest."""
    return Earlier(
        revision=revision,
        manifest_sha256=sha256(stored_manifest),
        kind=str(predicate["kind"]),
        as_of=str(predicate["as_of"]),
        status=str(predicate["status"]),
        counts=predicate["counts"],
        says=predicate["findings"],
        rules={"policy": predicate["policy_sha256"], "settings": predicate["settings_sha256"]},
    )


def folder_of(day: str, revision: int) -> str:
    """Return the folder of a revision, below the folder of the instance."""
    return f"day={day}/revision={revision:03d}/"


def revision_of(key: str) -> int | None:
    """Return the number of the revision that a key belongs to; None for any other key."""
    found = _FOLDER.match(key)
    return int(found[2]) if found else None


def before_of(contacts: Iterable[Json], first_seen: Iterable[Json]) -> Iterable[Json]:
    """Yield the rows that the next revision compares with.

    :param contacts: the rows of the contacts of a revision.
    :param first_seen: its own rows of the kind. A recording is compared with the one seen first, so that a
        change is told in every later revision.
    """
    rows = merge(first_seen, contacts, key=itemgetter("contact_id"))
    for _, same in groupby(rows, key=itemgetter("contact_id")):
        *known, row = same
        if "severity" not in row:
            continue  # it is no contact of the day any more
        seen = next((each for each in known if each["etag"] is not None), row)
        yield {
            "class": row["class"],
            "contact_id": row["contact_id"],
            "counts_as": row["counts_as"],
            "etag": seen["etag"],
            "size": seen["size"],
        }


def _ledger(day: Day, stored: Mapping[str, bytes], policy: Policy) -> Ledger:
    rows = (rows_of(stored[name], name) if name in stored else () for name in INPUTS)
    return ledger_of(Inputs(*rows), policy, is_final=day.kind != FIRST)
