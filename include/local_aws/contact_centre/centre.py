"""A contact centre that plays calls on a clock and knows the truth about each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from local_aws.contact_centre.flow_log import lines_of
from local_aws.contact_centre.kinds import CallWriter
from local_aws.contact_centre.queues import QUEUES
from local_aws.contact_centre.recordings import wav
from local_aws.contact_centre.watching import is_in_population

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from local_aws.connect.contacts import Queue
    from local_aws.contact_centre.calls import SimulatedCall
    from local_aws.server import LocalAws

#: How often each kind of call comes that is over and judged within two hours.
QUICK_WEIGHTS: Mapping[str, int] = {
    "spoke_to_agent": 72,
    "recorded_late": 12,
    "leaked": 8,
    "answered_outbound": 12,
    "unanswered_outbound": 5,
    "transferred": 12,
    "abandoned_in_ivr": 16,
    "abandoned_in_queue": 16,
    "missed_offer": 8,
    "recorded_empty": 2,
    "header_only": 2,
    "recorded_short": 3,
    "only_ivr_recorded": 3,
    "voicemail_only": 2,
    "long_after_contact_work": 6,
    "switched_off_again": 5,
    "switched_off_late": 3,
    "switching_off_failed": 2,
    "switched_on_late": 3,
    "off_then_on": 5,
    "off_then_on_late": 3,
    "off_then_on_failed": 3,
    "recorded_though_off": 2,
    "only_off": 2,
    "only_off_abandoned": 3,
    "screen_block_only": 5,
    "screen_and_voice": 5,
    "unknown_block_name": 2,
    "unreadable_block": 1,
}
#: How often each kind of call comes, in a contact centre in which a lot goes wrong. Two kinds are left out
#: because nobody watches that long: ``callback_waits`` and ``expired``.
WEIGHTS: Mapping[str, int] = {
    **QUICK_WEIGHTS,
    "work_for_ninety_minutes": 2,
    "work_never_ends": 1,
    "never_disconnected": 2,
    "never_disconnected_leaked": 2,
    "never_disconnected_in_queue": 2,
    "unknown_to_connect": 1,
    "known_late": 1,
    "chat": 3,
    "task": 2,
}
#: How often each kind of call comes whose legs the flow log does not show, or not all of them.
BLIND_WEIGHTS: Mapping[str, int] = {
    "flow_without_block": 6,
    "logging_off_recorded": 4,
    "logging_off_leaked": 2,
    "direct_to_agent": 4,
    "test_case": 2,
    "quick_connect_recorded": 6,
    "quick_connect_leaked": 3,
    "transferred_twice_leaked": 2,
    "transferred_though_off": 2,
    "transferred_unlogged": 1,
    "moved_between_queues_recorded": 2,
    "moved_between_queues_leaked": 2,
    "callback_recorded": 2,
    "callback_leaked": 1,
    "callback_unanswered": 1,
    "monitored": 3,
    "external_outbound": 3,
}


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line in the flow log."""

    at: datetime
    message: str


@dataclass
class ContactCentre:
    """A number of calls, spread over a time, that are the same for the same seed.

    It is the :class:`~local_aws.connect.contacts.ContactDirectory` of its own Amazon Connect.

    :param start: when the first call may come; aware.
    :param duration: from the first to the last.
    :param bucket: where recordings are laid, under ``prefix``.
    :param log_group: where flow-log lines are written, if anywhere.
    :param number_of_calls: a call of several legs counts once.
    :param constant_contacts: further contacts that never change, by id.
    :param weights: how often each kind comes: :data:`WEIGHTS`, :data:`BLIND_WEIGHTS`, or both together.
    :param withholds_log: whether all flows have logging off.
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
    queues: Sequence[Queue] = QUEUES
    withholds_log: bool = False

    def __post_init__(self) -> None:
        dice = Random(self.seed)
        writer = CallWriter(dice, bucket=self.bucket, prefix=self.prefix)
        calls = [writer.write(kind, self.start + self.duration * dice.random()) for kind in self._kinds(dice)]
        calls = [leg for call in calls for leg in call.legs]
        self.calls = tuple(sorted(calls, key=lambda call: call.initiated))
        self._by_id = {call.contact_id: call for call in self.calls}
        self.played_until = self.start
        self._duplicates = Random(self.seed)
        self._stream_exists = False

    def _kinds(self, dice: Random) -> Iterator[str]:
        """Give the kind of each call: each kind once if there are enough calls, the rest by weight."""
        kinds = [kind for kind, weight in self.weights.items() if weight]
        once = kinds if len(kinds) <= self.number_of_calls else []
        yield from once
        weights = [self.weights[kind] for kind in kinds]
        yield from dice.choices(kinds, weights, k=self.number_of_calls - len(once))

    def describe(self, contact_id: str, at: datetime) -> Mapping[str, Any] | None:
        """Return a contact as DescribeContact answers it at a time."""
        call = self._by_id.get(contact_id)
        return call.contact_at(at) if call else self.constant_contacts.get(contact_id)

    def contacts(self, at: datetime) -> Iterable[Mapping[str, Any]]:
        """Return every contact that Connect knows at a time."""
        played = (call.contact_at(at) for call in self.calls)
        return [contact for contact in (*played, *self.constant_contacts.values()) if contact]

    def population(self, start: datetime, end: datetime) -> list[SimulatedCall]:
        """Return the voice contacts whose agent was connected at the start or later, and before the end."""
        return [
            call
            for call in self.calls
            if is_in_population(call) and call.connected_to_agent and start <= call.connected_to_agent < end
        ]

    def play(self, until: datetime, aws: LocalAws) -> list[LogEvent]:
        """Let everything happen that has not happened yet, up to a time, and return the flow log's new lines.

        Recordings are laid in the bucket, whose clock is this machine's: play as time goes by.
        """
        since, self.played_until = self.played_until, until
        self._lay_recordings(since, until, aws)
        events = sorted(
            (
                LogEvent(moment, message)
                for call in self.calls
                for moment, message in lines_of(call)
                if not self.withholds_log and since <= moment < until
            ),
            key=lambda event: event.at,
        )
        events += [event for event in events if self._duplicates.random() < 0.05]  # at least once, it says
        if self.log_group and events:
            self._write_log(self.log_group, events, aws)
        return events

    def _lay_recordings(self, since: datetime, until: datetime, aws: LocalAws) -> None:
        s3 = aws.client("s3")
        for file in (file for call in self.calls for file in call.files):
            if since <= file.lands < until:
                s3.put_object(Bucket=self.bucket, Key=file.key, Body=wav(file.size))

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
