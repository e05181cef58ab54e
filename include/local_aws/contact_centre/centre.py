"""A contact centre that plays calls on a clock and knows the truth about each of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from local_aws.contact_centre.calls import CallWriter
from local_aws.contact_centre.flow_log import lines_of
from local_aws.contact_centre.recordings import wav
from local_aws.server import LocalAws

#: How often each kind of call comes, in a contact centre in which a lot goes wrong.
WEIGHTS: Mapping[str, int] = {
    "spoke_to_agent": 36,
    "recorded_late": 6,
    "leaked": 6,
    "recorded_empty": 2,
    "only_ivr_recorded": 2,
    "long_after_contact_work": 3,
    "switched_off_again": 3,
    "answered_outbound": 6,
    "unanswered_outbound": 3,
    "transferred": 6,
    "chat": 3,
    "abandoned_in_ivr": 8,
    "abandoned_in_queue": 8,
    "missed_offer": 4,
}


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line in the flow log."""

    at: datetime
    message: str


@dataclass
class ContactCentre:
    """A number of calls, spread over a time, that are the same for the same seed.

    It is the :class:`~local_aws.connect.simulator.ContactDirectory` of its own Amazon Connect.

    :param start: when the first call may come; aware.
    :param duration: from the first to the last.
    :param bucket: where recordings are laid, under ``prefix``.
    :param log_group: where flow-log lines are written, if anywhere.
    :param constant_contacts: further contacts that never change, by id.
    """

    seed: int
    start: datetime
    duration: timedelta
    number_of_calls: int
    bucket: str
    prefix: str
    log_group: str | None = None
    constant_contacts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=lambda: WEIGHTS)

    def __post_init__(self) -> None:
        dice = Random(self.seed)
        writer = CallWriter(dice)
        kinds = dice.choices(list(self.weights), list(self.weights.values()), k=self.number_of_calls)
        calls = [writer.write(kind, self.start + self.duration * dice.random()) for kind in kinds]
        self.calls = tuple(sorted(calls, key=lambda call: call.initiated))
        self._by_id = {call.contact_id: call for call in self.calls}
        self._played_until = self.start
        self._duplicates = Random(self.seed)
        self._stream_exists = False

    def describe(self, contact_id: str, at: datetime) -> Mapping[str, Any] | None:
        """Return a contact as DescribeContact answers it at a time."""
        call = self._by_id.get(contact_id)
        return call.contact_at(at) if call else self.constant_contacts.get(contact_id)

    def contacts(self, at: datetime) -> Iterable[Mapping[str, Any]]:
        """Return every contact that Connect knows at a time."""
        played = (call.contact_at(at) for call in self.calls)
        return [contact for contact in (*played, *self.constant_contacts.values()) if contact]

    def play(self, until: datetime, aws: LocalAws) -> list[LogEvent]:
        """Let everything happen that has not happened yet, up to a time, and return the flow log's new lines.

        Recordings are laid in the bucket, whose clock is this machine's: play as time goes by.
        """
        since, self._played_until = self._played_until, until
        self._lay_recordings(since, until, aws)
        events = sorted(
            (
                LogEvent(moment, message)
                for call in self.calls
                for moment, message in lines_of(call)
                if since <= moment < until
            ),
            key=lambda event: event.at,
        )
        events += [event for event in events if self._duplicates.random() < 0.05]  # at least once, it says
        if self.log_group and events:
            self._write_log(self.log_group, events, aws)
        return events

    def _lay_recordings(self, since: datetime, until: datetime, aws: LocalAws) -> None:
        s3 = aws.client("s3")
        for call in self.calls:
            if call.recording_lands and since <= call.recording_lands < until:
                body = wav(call.recording_size)
                s3.put_object(Bucket=self.bucket, Key=call.recording_key(self.prefix), Body=body)
            if call.ivr_recording and call.disconnected and since <= call.disconnected < until:
                key = call.recording_key(f"{self.prefix}/ivr")
                s3.put_object(Bucket=self.bucket, Key=key, Body=wav(100_000))

    def _write_log(self, group: str, events: list[LogEvent], aws: LocalAws) -> None:
        logs = aws.client("logs")
        if not self._stream_exists:
            logs.create_log_stream(logGroupName=group, logStreamName="flows")
            self._stream_exists = True
        logs.put_log_events(
            logGroupName=group,
            logStreamName="flows",
            logEvents=[
                {"timestamp": int(event.at.astimezone(UTC).timestamp() * 1000), "message": event.message}
                for event in sorted(events, key=lambda event: event.at)
            ],
        )
