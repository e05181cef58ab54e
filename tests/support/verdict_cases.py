"""Cases for verdicts: one table that tests both the use cases and the DAG.

Every contact is INITIALISED at 10:30, and a run checks it at each of :data:`RUNS`. By default the call was with
an agent from 10:30:11 to 10:31:10 UTC on 29 August 2023, so it fails at 11:31:10.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from support.fakes import BUCKET, PREFIX, SECONDS, answer, at, key_of, number

RUNS = [at(time) for time in ("10:34", "10:40", "10:50", "11:10", "11:33", "12:20", "21:45")]

IN_TIME = at("10:32:10")
MINUTE_OF_AUDIO = 44 + 59 * SECONDS
TEN_MINUTES_OF_AUDIO = 44 + 600 * SECONDS
SUCCESS, FAILURE = "CALL_RECORDED_SUCCESS", "CALL_RECORDED_FAILURE"
SERVED, TALKING, WAITING = "COMPLETED - AGENT", "IN_PROGRESS - AGENT", "IN_PROGRESS - QUEUE/IVR"
OTHER_DAY = at("2023-08-28T10:30")
LATE_EVENING, AFTER_MIDNIGHT = at("2023-08-28T23:59:30"), at("2023-08-29T00:09:30")
MIDNIGHT = {
    "InitiationTimestamp": at("2023-08-28T23:58"),
    "connected": LATE_EVENING,
    "DisconnectTimestamp": AFTER_MIDNIGHT,
}


@dataclass(frozen=True)
class Object:
    """An object that appears in a bucket. ``{id}`` in its key stands for the contact's id."""

    key: str
    lands: datetime = IN_TIME
    size: int = MINUTE_OF_AUDIO
    bucket: str = BUCKET


@dataclass(frozen=True)
class Case:
    """One contact, and its expected outcome after the last run."""

    name: str
    outcome: tuple[str | None, str | None, str | None]
    """State (None: purged), verdict, and cause, reason or warnings."""
    describes: int
    """Number of DescribeContact requests in all runs."""
    lists: int
    """Number of ListObjectsV2 requests in all runs."""
    members: dict[str, Any] = field(default_factory=dict)
    objects: tuple[Object, ...] = ()
    known_from: datetime | None = None
    known: bool = True

    @property
    def contact_id(self) -> str:
        return number(1 + [case.name for case in CASES].index(self.name))

    @property
    def contact(self) -> dict[str, Any]:
        members = dict(self.members)
        if "Recordings" in members:
            members["Recordings"] = [
                entry | {"Location": entry["Location"].replace("{id}", self.contact_id)}
                for entry in members["Recordings"]
            ]
        contact: dict[str, Any] = answer(self.contact_id, **members)["Contact"]
        return contact

    def stored(self) -> list[tuple[str, str, int, datetime]]:
        """Return bucket, key, size and time of each object."""
        return [(o.bucket, o.key.replace("{id}", self.contact_id), o.size, o.lands) for o in self.objects]


def recording(connected: datetime = at("10:30:11"), **changes: Any) -> Object:
    """Return the recording under the name that Connect gives it."""
    return Object(key_of("{id}", connected), **changes)


def pointer(location: str, **members: str) -> dict[str, Any]:
    return {
        "Recordings": [{"StorageType": "S3", "Location": location, "MediaStreamType": "AUDIO", **members}]
    }


def others(count: int, first: int = 1_000_000) -> tuple[Object, ...]:
    """Return other calls' recordings in the same day's folder."""
    return tuple(Object(key_of(number(first + n)), size=44) for n in range(count))


CASES = [
    # the five states
    Case("recorded", (SERVED, SUCCESS, None), 1, 1, {}, (recording(),)),
    Case("not recorded", (SERVED, FAILURE, "NO_OBJECT"), 2, 21),
    Case("still with an agent", (TALKING, None, None), 7, 0, {"DisconnectTimestamp": None}),
    Case("still in the queue", (WAITING, None, None), 7, 0, {"DisconnectTimestamp": None, "connected": None}),
    Case("disconnected in the queue", (None, None, None), 1, 0, {"connected": None}),
    # where it lies
    Case(
        "midnight crossed in UTC",
        (SERVED, SUCCESS, None),
        1,
        1,
        MIDNIGHT,
        (recording(LATE_EVENING, lands=at("00:11"), size=TEN_MINUTES_OF_AUDIO),),
    ),
    Case(
        "midnight crossed in local time",
        (SERVED, SUCCESS, None),
        1,
        1,
        {
            "connected": at("2023-08-28T22:05"),
            "InitiationTimestamp": at("2023-08-28T21:59"),
            "DisconnectTimestamp": at("2023-08-28T22:06"),
        },
        (recording(at("2023-08-28T22:05"), lands=at("2023-08-28T22:08")),),
    ),
    Case(
        "under the disconnect day",
        (SERVED, SUCCESS, None),
        1,
        2,
        MIDNIGHT,
        (recording(at("2023-08-29T00:09"), lands=at("00:11"), size=TEN_MINUTES_OF_AUDIO),),
    ),
    Case("under a day before", (SERVED, SUCCESS, None), 1, 2, {}, (recording(OTHER_DAY),)),
    Case(
        "under the pointer only",
        (SERVED, SUCCESS, None),
        1,
        1,
        pointer("elsewhere/deep/renamed-{id}.wav"),
        (Object("deep/renamed-{id}.wav", bucket="elsewhere"),),
    ),
    Case("among 1,001 other files", (SERVED, SUCCESS, None), 1, 1, {}, (recording(), *others(1001))),
    Case(
        "among 5,000 other files", (SERVED, SUCCESS, None), 1, 1, {}, (recording(), *others(5000, 2_000_000))
    ),
    Case(
        "only a file of an id that begins like it",
        (SERVED, FAILURE, "NO_OBJECT"),
        2,
        21,
        {},
        (Object(key_of("{id}0")), Object(key_of("{id}-2"))),
    ),
    # when it appears
    Case("1 minute late", (SERVED, SUCCESS, None), 1, 1, {}, (recording(lands=at("10:32:10")),)),
    Case("8 minutes late", (SERVED, SUCCESS, None), 1, 4, {}, (recording(lands=at("10:39:10")),)),
    Case("59 minutes late", (SERVED, SUCCESS, None), 1, 13, {}, (recording(lands=at("11:30:10")),)),
    Case("61 minutes late", (SERVED, SUCCESS, "LATE"), 2, 13, {}, (recording(lands=at("11:32:10")),)),
    Case("600 minutes late", (SERVED, SUCCESS, "LATE"), 2, 19, {}, (recording(lands=at("20:31:10")),)),
    Case(
        "after-contact work of an hour",
        (SERVED, SUCCESS, None),
        1,
        1,
        {"work_start": at("10:31:10"), "work_end": at("11:31:10")},
        (recording(lands=at("12:10")),),
    ),
    # what counts as one
    Case(
        "only an IVR file",
        (SERVED, FAILURE, "NO_OBJECT"),
        2,
        21,
        {},
        (Object(key_of("{id}").replace(PREFIX, f"{PREFIX}/ivr")),),
    ),
    Case(
        "only a redacted file",
        (SERVED, FAILURE, "NO_OBJECT"),
        2,
        21,
        {},
        (Object("Analysis/Voice/Redacted/2023/08/29/{id}_call_redacted_2023-08-29T10:32:10Z.wav"),),
    ),
    Case("an empty file", (SERVED, FAILURE, "EMPTY_OBJECT"), 2, 21, {}, (recording(size=0),)),
    Case("nothing but a header", (SERVED, FAILURE, "EMPTY_OBJECT"), 2, 21, {}, (recording(size=44),)),
    Case("a tenth of the length", (SERVED, SUCCESS, "SHORT"), 2, 1, {}, (recording(size=44 + 6 * SECONDS),)),
    Case(
        "a pointer whose object is gone",
        (SERVED, FAILURE, "POINTER_WITHOUT_OBJECT"),
        2,
        28,
        pointer("elsewhere/gone-{id}.wav"),
    ),
    Case(
        "a pointer marked as deleted",
        (SERVED, FAILURE, "DELETED"),
        2,
        28,
        pointer("elsewhere/gone-{id}.wav", Status="DELETED"),
    ),
    # what is expected
    Case(
        "external transfer",
        (SERVED, SUCCESS, None),
        1,
        1,
        {"work_start": at("10:31:10"), "DisconnectTimestamp": at("10:50")},
        (recording(lands=at("10:52")),),
    ),
    Case("transferred leg", (SERVED, FAILURE, "NO_OBJECT"), 2, 21, {"InitiationMethod": "TRANSFER"}),
    Case(
        "preview never connected",
        (None, None, None),
        1,
        0,
        {"InitiationMethod": "OUTBOUND", "connected": None},
    ),
    Case("missed offer", (None, None, None), 1, 0, {"connected": None}),
    Case(
        "outbound never answered",
        (SERVED, None, "CUSTOMER_NEVER_ANSWERED"),
        2,
        0,
        {"InitiationMethod": "OUTBOUND"},
    ),
    Case(
        "callback never answered",
        (SERVED, None, "CUSTOMER_NEVER_ANSWERED"),
        2,
        0,
        {"InitiationMethod": "CALLBACK"},
    ),
    Case(
        "callback initiated the day before",
        (SERVED, SUCCESS, None),
        1,
        1,
        {
            "InitiationMethod": "CALLBACK",
            "InitiationTimestamp": OTHER_DAY,
            "ConnectedToSystemTimestamp": at("10:30:10"),
        },
        (recording(),),
    ),
    Case(
        "supervisor listening in",
        (SERVED, None, "NO_RECORDING_OF_ITS_OWN"),
        2,
        0,
        {"InitiationMethod": "MONITOR"},
    ),
    Case("chat", (SERVED, None, "NOT_VOICE"), 1, 0, {"Channel": "CHAT"}),
    # what Connect knows
    Case(
        "not found for four minutes",
        (SERVED, SUCCESS, None),
        2,
        1,
        {},
        (recording(),),
        known_from=at("10:38"),
    ),
    Case("not found for good", ("INITIALISED", None, "NOT_FOUND"), 7, 0, known=False),
]
