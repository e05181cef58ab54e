"""The daily run in memory: contacts whose class is known in truth, and the ports that show them."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.recording import RecordingStorage
from audio_leakage.contacts.states import ClosedReason, ContactState, ExpectedBy, FailureCause, RecordedState
from audio_leakage.errors import MissingEvidence
from audio_leakage.evidence.files import Json, rows_of
from audio_leakage.evidence.ledger import CONTACTS, OBJECTS
from audio_leakage.population.policy import Default, Policy
from audio_leakage.population.policy_reader import read_policy
from audio_leakage.settings import Settings
from audio_leakage.times import format_time
from audio_leakage.use_cases.checking import check_recordings
from audio_leakage.use_cases.day_configuration import check_configuration
from audio_leakage.use_cases.day_context import DayContext, HeldParts
from audio_leakage.use_cases.day_flows import audit_flows
from audio_leakage.use_cases.day_population import complete_population
from audio_leakage.use_cases.day_recordings import list_recordings
from audio_leakage.use_cases.evidence_chain import Chain
from audio_leakage.use_cases.proving import recheck_earlier_days, tell_evidence, write_evidence
from audio_leakage.use_cases.reconciling import reconcile
from support.configuration import EVIDENCE, FakeConfiguration
from support.evidence import KEY_ARN, MemoryStore, Signer
from support.fakes import ALERTING, BUCKET, PREFIX, SECONDS, SENDER, World, answer, key_of, number
from support.population import HourlyWorld, result
from support.published_flows import FakeFlows

PAYMENTS, INTERNAL = "11111111-0000-4000-8000-00000000000a", "11111111-0000-4000-8000-00000000000b"
_RULES = [
    {
        "id": "payments",
        "queues": [PAYMENTS],
        "recording": "must_not",
        "reason": "PCI: card entry",
        "approved_by": "CHG-1",
        "valid_from": "2023-08-01",
        "valid_until": "2024-01-01",
    },
    {
        "id": "internal",
        "queues": [INTERNAL],
        "recording": "may",
        "reason": "internal",
        "approved_by": "CHG-2",
        "valid_from": "2023-08-01",
        "valid_until": "2024-01-01",
    },
]
#: The policy as somebody sets it, by its default.
DOCUMENTS: Mapping[str, Json] = {
    default: {"version": "1", "default": default, "rules": _RULES} for default in ("must", "as_flow")
}
#: Settings with which evidence is written.
DAILY = replace(ALERTING, evidence_bucket=EVIDENCE)
_MINUTE = timedelta(minutes=1)
_ON, _OFF = "ALL", "OFF"


@dataclass
class Cast:
    """One contact of a day, and everything that the ports may show of it."""

    world: "DailyWorld"
    contact_id: str
    connected: datetime

    def counted(self, **members: Any) -> None:
        """Let Connect's search show it."""
        left = self.connected + _MINUTE
        members = {"DisconnectTimestamp": left, "InitiationTimestamp": self.connected - _MINUTE} | members
        self.world.hourly.source.results.append(result(self.contact_id, self.connected, **members))
        self.known(**members)

    def known(self, **members: Any) -> None:
        """Let DescribeContact know it."""
        members = {"DisconnectTimestamp": self.connected + _MINUTE} | members
        self.world.ports.connect.answers[self.contact_id] = answer(
            self.contact_id, connected=self.connected, **members
        )

    def watched(self, recorded: RecordedState | None = None, blocks: str | None = _ON, **fields: Any) -> None:
        """Put it into the contact table."""
        block = (f"{format_time(self.connected - _MINUTE / 6)} {blocks}",) if blocks else ()
        facts: dict[str, Any] = {
            "contact_id": self.contact_id,
            "state": ContactState.COMPLETED_AGENT,
            "recorded_state": recorded,
            "initialised_at": self.connected - _MINUTE / 6,
            "channel": "VOICE",
            "initiation_method": "INBOUND",
            "connected_to_agent_timestamp": self.connected,
            "disconnect_timestamp": self.connected + _MINUTE,
            "described_at": self.connected + 10 * _MINUTE,
            "recording_blocks": block,
            "judged_at": self.connected + 10 * _MINUTE if recorded else None,
            "failed_at": self.connected + 70 * _MINUTE if recorded is _FAILURE else None,
        }
        self.world.ports.contacts.put(Contact(**(facts | fields)))

    def recorded(self, seconds: int = 60) -> None:
        """Put its recording into the bucket."""
        key = key_of(self.contact_id, self.connected)
        self.world.ports.bucket.put(key, 44 + seconds * SECONDS, self.connected + 2 * _MINUTE)

    def deleted(self, *, is_marked: bool = False) -> None:
        """Delete its recording, in a bucket that keeps versions or in one that does not."""
        path = f"{BUCKET}/{key_of(self.contact_id, self.connected)}"
        del self.world.ports.bucket.objects[path]
        if is_marked:
            self.world.ports.bucket.deleted.add(path)


_SUCCESS, _FAILURE = RecordedState.CALL_RECORDED_SUCCESS, RecordedState.CALL_RECORDED_FAILURE


def _judged(recorded: RecordedState, *, is_there: bool, **fields: Any) -> Callable[[Cast], None]:
    def play(cast: Cast) -> None:
        cast.counted()
        cast.watched(recorded, **fields)
        if is_there:
            cast.recorded()

    return play


def _failed(cause: FailureCause, *, is_there: bool = False, **fields: Any) -> Callable[[Cast], None]:
    return _judged(_FAILURE, is_there=is_there, failure_cause=cause, **fields)


def _closed(reason: ClosedReason, **fields: Any) -> Callable[[Cast], None]:
    def play(cast: Cast) -> None:
        cast.counted()
        cast.watched(closed_reason=reason, **fields)

    return play


def _counted(*, is_there: bool = False, **members: Any) -> Callable[[Cast], None]:
    def play(cast: Cast) -> None:
        cast.counted(**members)
        if is_there:
            cast.recorded()

    return play


def _open(cast: Cast) -> None:
    cast.counted()
    cast.watched(next_check_at=cast.connected)


def _unreadable(cast: Cast) -> None:
    cast.counted()
    cast.world.ports.contacts.items[cast.contact_id] = {"ContactId": cast.contact_id, "State": "?"}


def _not_counted(cast: Cast) -> None:
    cast.watched(_SUCCESS)
    cast.recorded()


def _gap(cast: Cast) -> None:
    cast.known()
    cast.recorded()


def _of_another_day(cast: Cast) -> None:
    key = key_of(cast.contact_id, cast.connected)
    cast.world.ports.bucket.put(key, 44 + 60 * SECONDS, cast.connected)
    replace(cast, connected=cast.connected - timedelta(days=2)).known()


def _stay(_: Cast) -> None:
    """Nothing happens between the two revisions."""


def _overwritten(cast: Cast) -> None:
    cast.recorded(seconds=50)


@dataclass(frozen=True)
class Kind:
    """A kind of contact, and its class in truth in the first and in the final revision."""

    play: Callable[[Cast], None]
    first: str
    final: str
    first_as_flow: str | None = None
    """Where no policy says that it must be recorded, if that makes a difference."""
    final_as_flow: str | None = None
    later: Callable[[Cast], None] = _stay
    """What happens after the first revision."""

    def classes(self, default: str) -> tuple[str, str]:
        """Return the classes under a policy."""
        if default == "must":
            return self.first, self.final
        return self.first_as_flow or self.first, self.final_as_flow or self.first_as_flow or self.final


_NO_OBJECT, _NEVER_ASKED = FailureCause.NO_OBJECT, FailureCause.NEVER_ASKED
_POLICY: dict[str, Any] = {"expected_by": ExpectedBy.POLICY, "blocks": None}
#: Every class of the ledger, and every way between two of them.
KINDS: Mapping[str, Kind] = {
    "recorded": Kind(_judged(_SUCCESS, is_there=True), "VERIFIED", "VERIFIED"),
    "late": Kind(_judged(_SUCCESS, is_there=True, warnings=("LATE",)), "VERIFIED_LATE", "VERIFIED_LATE"),
    "short": Kind(_judged(_SUCCESS, is_there=True, warnings=("SHORT",)), "VERIFIED_SHORT", "VERIFIED_SHORT"),
    "one_side": Kind(
        _judged(_SUCCESS, is_there=True, recording_policy="AGENT"),
        "PARTLY_RECORDED", "PARTLY_RECORDED", "VERIFIED",
    ),
    "deleted_early": Kind(_judged(_SUCCESS, is_there=False), "DELETED_SINCE", "DELETED_SINCE"),
    "deleted_later": Kind(
        _judged(_SUCCESS, is_there=True), "VERIFIED", "DELETED_SINCE", None, "DELETED_SINCE", Cast.deleted
    ),
    "overwritten": Kind(
        _judged(_SUCCESS, is_there=True), "VERIFIED", "CHANGED_SINCE", None, "CHANGED_SINCE", _overwritten
    ),
    "recorded_unwatched": Kind(
        _counted(is_there=True), "RECORDED_UNWATCHED", "RECORDED_UNWATCHED", "RECORDED_UNASKED"
    ),
    "never_asked": Kind(_failed(_NEVER_ASKED, **_POLICY), "NEVER_ASKED", "NEVER_ASKED", "UNEXPLAINED"),
    "unwatched": Kind(_counted(), "UNDECIDED", "NEVER_ASKED", "UNEXPLAINED"),
    "switched_off": Kind(
        _closed(ClosedReason.RECORDING_SWITCHED_OFF, blocks=_OFF),
        "SWITCHED_OFF_AGAINST_POLICY", "SWITCHED_OFF_AGAINST_POLICY", "EXCLUDED",
    ),
    "missing": Kind(_failed(_NO_OBJECT), "MISSING", "MISSING"),
    "contradicted": Kind(_failed(_NO_OBJECT, is_there=True), "CONTRADICTED", "VERIFIED_LATE"),
    "closed_though_served": Kind(_closed(ClosedReason.NO_AGENT), "CLOSED_THOUGH_SERVED", "MISSING"),
    "open": Kind(_open, "UNDECIDED", "MISSING"),
    "unreadable": Kind(_unreadable, "UNDECIDED", "UNDECIDED"),
    "supervisor": Kind(_counted(InitiationMethod="MONITOR"), "EXCLUDED", "EXCLUDED"),
    "unanswered": Kind(_closed(ClosedReason.CUSTOMER_NEVER_ANSWERED), "EXCLUDED", "EXCLUDED"),
    "payment": Kind(_counted(QueueInfo={"Id": PAYMENTS}), "EXCLUDED", "EXCLUDED"),
    "payment_recorded": Kind(
        _counted(QueueInfo={"Id": PAYMENTS}, is_there=True),
        "RECORDED_AGAINST_POLICY", "RECORDED_AGAINST_POLICY",
    ),
    "internal_recorded": Kind(
        _counted(QueueInfo={"Id": INTERNAL}, is_there=True), "RECORDED_UNASKED", "RECORDED_UNASKED"
    ),
    "not_in_population": Kind(_not_counted, "NOT_IN_POPULATION", "NOT_IN_POPULATION"),
    "population_gap": Kind(_gap, "POPULATION_GAP", "POPULATION_GAP"),
    "orphan": Kind(Cast.recorded, "ORPHAN", "ORPHAN"),
    "of_another_day": Kind(_of_another_day, "OTHER_DAY", "OTHER_DAY"),
}  # fmt: skip


@dataclass
class DailyWorld:
    """All ports of the daily run together."""

    default: str = "must"
    settings: Settings = DAILY
    hourly: HourlyWorld = field(default_factory=HourlyWorld)
    ports: World = field(default_factory=World)
    store: MemoryStore = field(default_factory=MemoryStore)
    configuration: Any = field(default_factory=FakeConfiguration)
    flows: FakeFlows = field(default_factory=FakeFlows)
    casts: list[tuple[str, Cast]] = field(default_factory=list)
    summaries: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each task of the last run said, by its id."""

    def __post_init__(self) -> None:
        """Let both runs share the table."""
        self.hourly.contacts = self.ports.contacts

    @property
    def policy(self) -> Policy:
        default = Default.MUST if self.default == "must" else Default.AS_FLOW
        return replace(read_policy(json.dumps(DOCUMENTS["must"]), date(2023, 8, 29)), default=default)

    def play(self, day: date, kinds: Mapping[str, Kind] = KINDS) -> None:
        """Let one contact of each kind happen on a day."""
        for name, kind in kinds.items():
            place = len(self.casts)
            connected = datetime.combine(day, time(8), UTC) + timedelta(minutes=17 * (place % 40))
            cast = Cast(self, number(place), connected)
            kind.play(cast)
            self.casts.append((name, cast))

    def play_later(self, day: date) -> None:
        """Let happen what happens between the two revisions of a day."""
        for name, cast in self.casts:
            if cast.connected.date() == day:
                KINDS[name].later(cast)

    def run(self, day: date, now: datetime | None = None, **changes: Any) -> DayContext:
        """Return the context of the run about a day, by default of the morning after."""
        now = now or datetime.combine(day, time(6, 40), UTC) + timedelta(days=1)
        self.ports.bucket.now = self.ports.connect.now = now
        context = DayContext(
            settings=self.settings,
            policy=self.policy,
            policy_document=DOCUMENTS[self.default],
            day=day,
            now=now,
            connect=self.ports.connect,
            bucket=self.ports.bucket,
            storage=lambda: RecordingStorage(BUCKET, PREFIX),
            contacts=self.ports.contacts,
            configuration=self.configuration,
            flows=self.flows,
            store=self.store,
            chain=Chain(self.store, Signer(), KEY_ARN),
            alert_topic=self.ports.topic,
            metrics=self.ports.metrics,
            sender=SENDER,
            hour_context=lambda hour: self.hourly.run(
                format_time(hour.start)[:13],
                now,
                self.policy,
                settings=self.settings,
                parts=HeldParts(),
                is_backfill=True,
            ),
        )
        return replace(context, **changes)

    def prove(self, day: date, now: datetime | None = None, **changes: Any) -> dict[str, Any]:
        """Run every task of the daily DAG, and return what ``write_evidence`` says."""
        run = self.run(day, now, **changes)
        for use_case in (complete_population, list_recordings, reconcile, check_configuration, audit_flows):
            self.summaries[use_case.__name__] = use_case(run)
        with suppress(MissingEvidence):  # its task is red, and the next one runs whatever it says
            recheck_earlier_days(run)
        written = self.summaries["write_evidence"] = write_evidence(run)
        tell_evidence(run)
        return written

    def monitor(self, now: datetime) -> None:
        """Let the monitor look at everything that is due."""
        check_recordings(self.ports.run(now, self.settings))

    def rows(self, key: str) -> Iterator[Json]:
        """Yield the rows of a file in the evidence bucket."""
        return rows_of(self.store.read(key), key)

    def classes(self, day: date) -> dict[str, str]:
        """Return the class of each contact in the last revision of a day."""
        known = Chain(self.store, Signer(), KEY_ARN).earlier(day.isoformat())
        assert known
        folder = known[0].folder
        objects = self.rows(folder + OBJECTS)
        return {row["contact_id"]: row["class"] for row in (*objects, *self.rows(folder + CONTACTS))}

    def truth(self, day: date, revision: int) -> dict[str, str]:
        """Return the class of each contact of a day in truth.

        :param revision: 0 for the first revision, 1 for the final one.
        """
        return {
            cast.contact_id: KINDS[name].classes(self.default)[revision]
            for name, cast in self.casts
            if cast.connected.date() == day
        }
