"""A day to prove, a bucket in memory, and a key to sign with."""

import hashlib
import os
import signal
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from audio_leakage.errors import MissingError
from audio_leakage.evidence.chain import Link
from audio_leakage.evidence.files import Json, json_lines
from audio_leakage.evidence.ledger import Inputs
from audio_leakage.evidence.reports import Day
from audio_leakage.evidence.revision import (
    BEFORE,
    ITEMS,
    LEGS,
    POPULATION,
    RECORDINGS,
    DayEvidence,
    evidence_of,
)
from audio_leakage.evidence.sources import Decision
from audio_leakage.population.policy import Requirement
from audio_leakage.times import format_time, parse_time
from audio_leakage.use_cases.evidence_chain import Chain

INSTANCE = "11111111-2222-3333-4444-555555555555"
DAY = "2026-11-23"
BUCKET, FOLDER = "recordings", "connect/acme/2026/11/23/"


_KEYS: defaultdict[str, rsa.RSAPrivateKey] = defaultdict(
    lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
)


def private_key(name: str = "ours") -> rsa.RSAPrivateKey:
    """Return a key that is made once for each name."""
    return _KEYS[name]


def public_der(name: str = "ours") -> bytes:
    return (
        private_key(name)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


class Signer:
    """Signs as KMS does with RSASSA_PKCS1_V1_5_SHA_256 over the raw message."""

    def __init__(self, name: str = "ours") -> None:
        self._name = name

    def sign(self, key_arn: str, message: bytes) -> bytes:
        assert key_arn
        assert len(message) <= 4096, "KMS refuses a longer raw message"
        return private_key(self._name).sign(message, padding.PKCS1v15(), hashes.SHA256())

    def public_key(self, key_arn: str) -> bytes:
        assert key_arn
        return public_der(self._name)


class Killed(BaseException):
    """The process ends here."""


class MemoryStore:
    """The evidence of an instance; an object is written once.

    :param writes_left: after that many more writes the process ends.
    """

    def __init__(self, writes_left: int | None = None) -> None:
        self.objects: dict[str, bytes] = {}
        self.writes_left = writes_left
        self.before_write: Callable[[str], None] = lambda _key: None

    def keys(self, prefix: str) -> Iterator[str]:
        return (key for key in sorted(self.objects) if key.startswith(prefix))

    def read(self, key: str) -> bytes:
        if key not in self.objects:
            raise MissingError(f"{key} does not exist")
        return self.objects[key]

    def write(self, key: str, content: bytes) -> bool:
        self.before_write(key)
        if self.writes_left == 0:
            raise Killed
        if self.writes_left is not None:
            self.writes_left -= 1
        is_new = key not in self.objects
        self.objects.setdefault(key, content)
        return is_new


class FolderStore:
    """The evidence of an instance in a folder on disk; an object is written once.

    :param writes_left: after that many more writes the process is killed, as ``kill -9`` does.
    """

    def __init__(self, root: Path, writes_left: int | None = None) -> None:
        self._root = root
        self._writes_left = writes_left

    def keys(self, prefix: str) -> Iterator[str]:
        found = (path.relative_to(self._root).as_posix() for path in self._root.rglob("*") if path.is_file())
        return iter(sorted(key for key in found if key.startswith(prefix)))

    def read(self, key: str) -> bytes:
        try:
            return (self._root / key).read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            raise MissingError(f"{key} does not exist") from None

    def write(self, key: str, content: bytes) -> bool:
        if self._writes_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._writes_left is not None:
            self._writes_left -= 1
        path = self._root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            return False
        path.write_bytes(content)
        return True


def contact_id(number: int) -> str:
    """Return the id of a contact; ids are spread as random ones are."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def connected_at(number: int) -> datetime:
    return parse_time(f"{DAY}T00:00:00Z") + timedelta(seconds=number * 37 % 80_000)


def leg(number: int, **members: Any) -> dict[str, Any]:
    """Return a row of the population: a call of a minute."""
    connected = connected_at(number)
    return {
        "agent_id": "aaaaaaaa-0000-0000-0000-000000000001",
        "connected_at": format_time(connected),
        "contact_id": contact_id(number),
        "disconnected_at": format_time(connected + timedelta(minutes=1)),
        "initial_contact_id": None,
        "initiated_at": format_time(connected - timedelta(seconds=20)),
        "initiation_method": "INBOUND",
        "is_test": False,
        "queue_id": "bbbbbbbb-0000-0000-0000-000000000001",
        "subtype": "connect:Telephony",
    } | members


def item(
    number: int, recorded_state: str | None = "CALL_RECORDED_SUCCESS", **attributes: Any
) -> dict[str, Any]:
    """Return an item of the contact table, judged."""
    connected = connected_at(number)
    whole: dict[str, Any] = {
        "ContactId": contact_id(number),
        "State": "COMPLETED - AGENT",
        "Channel": "VOICE",
        "InitiationMethod": "INBOUND",
        "ConnectedToAgentTimestamp": format_time(connected),
        "DisconnectTimestamp": format_time(connected + timedelta(minutes=1)),
        "RecordingBlocks": [f"{format_time(connected - timedelta(seconds=10))} ALL"],
        "RecordingPolicy": "ALL",
    }
    given = whole | attributes | {"RecordedState": recorded_state}
    return {name: value for name, value in given.items() if value is not None}


def recording(number: int, seconds: int = 60, **members: Any) -> dict[str, Any]:
    """Return an object of the day's folder, as our listing keeps it."""
    connected = connected_at(number)
    return {
        "bucket": BUCKET,
        "contact_id": contact_id(number),
        "etag": f"{number:032x}",
        "key": f"{FOLDER}{contact_id(number)}_{connected:%Y%m%dT%H:%M}_UTC.wav",
        "last_modified": format_time(connected + timedelta(minutes=2)),
        "size": 44 + seconds * 32_000,
        "storage_class": "STANDARD",
    } | members


def inputs(
    population: Iterable[Json] = (),
    items: Iterable[Json] = (),
    recordings: Iterable[Json] = (),
    before: Iterable[Json] = (),
    legs: Iterable[Json] = (),
) -> Inputs:
    """Return inputs, sorted as they are kept."""

    def ordered(rows: Iterable[Json]) -> list[Json]:
        return sorted(rows, key=lambda row: str(row.get("contact_id") or row["ContactId"]))

    return Inputs(ordered(population), ordered(items), ordered(recordings), ordered(before), ordered(legs))


def day(**members: Any) -> Day:
    """Return a day whose population is proven."""
    hours = [
        {
            "hour": f"{members.get('day', DAY)}T{hour:02d}",
            "listed": 1,
            "metrics_count": 1,
            "total_count": 1,
            "unproven": None,
        }
        for hour in range(24)
    ]
    defaults: dict[str, Any] = {
        "instance": INSTANCE,
        "day": DAY,
        "as_of": format_time(NOW),
        "kind": "first",
        "hours": hours,
        "listing_is_whole": True,
        "tolerance_percent": "0.5",
    }
    return Day(**(defaults | members))


def must(_leg: Json) -> Decision:
    """Decide as a policy of nothing but ``"default": "must"``."""
    return Decision(Requirement.MUST, None)


def as_flow(_leg: Json) -> Decision:
    """Decide as where there is no policy."""
    return Decision(None, None)


#: How the revisions of tests came about.
ORIGIN: Json = {"producer": {"dag_id": "audio_leakage_evidence"}}
KEY_ARN = "arn:aws:kms:eu-central-1:123456789012:key/0"


NOW = datetime(2026, 11, 24, 6, 40, tzinfo=UTC)


def append(chain: Chain, found: DayEvidence) -> tuple[Link, bool]:
    """Append what was found out about a day."""
    return chain.append(found.day.day, lambda _: found, ORIGIN, NOW)


def evidence(given: Inputs | None = None, **members: Any) -> DayEvidence:
    """Return what is found out about a day of three proven contacts, or of the given ones."""
    numbers = range(3)
    kept = given or inputs(map(leg, numbers), map(item, numbers), map(recording, numbers))
    files = [
        json_lines(name, rows)
        for name, rows in (
            (POPULATION, kept.population),
            (ITEMS, kept.items),
            (RECORDINGS, kept.recordings),
            (BEFORE, kept.before),
            (LEGS, kept.legs),
        )
    ]
    return evidence_of(day(**members), files, {"default": "must"}, must, {"recheck_days": 7})
