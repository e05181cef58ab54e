"""One simulated call: what happens to it, and the truth about it at any moment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from local_aws.contact_centre.blocks import Block, last_word_is_off, wished_off
from local_aws.contact_centre.described import contact_of
from local_aws.contact_centre.queues import SERVICE
from local_aws.contact_centre.recordings import File, Pointer, has_audio, length_of
from local_aws.contact_centre.watching import BY_LOG, Watch, noticed

#: A contact that Connect has not ended is judged this long after its agent joined, by default.
LONGEST_CALL = timedelta(hours=24)
#: After-contact work that has begun ends this long after the disconnect, whatever Connect says.
LONGEST_WORK = timedelta(hours=4)
#: A callback may wait this long for an agent.
LONGEST_CALLBACK = timedelta(days=7)
#: What depends on when the monitor first looked is certain this long after it is true.
_CERTAIN_AFTER = timedelta(hours=3)
_WAITING, _TALKING, _SERVED = "IN_PROGRESS - QUEUE/IVR", "IN_PROGRESS - AGENT", "COMPLETED - AGENT"
_SUCCESS, _FAILURE = "CALL_RECORDED_SUCCESS", "CALL_RECORDED_FAILURE"


@dataclass(frozen=True, slots=True)
class Truth:
    """What a monitor that makes no mistake has to say about a call at some moment.

    Two truths are equal if state and verdict are. :meth:`differences` compares the rest as well.
    """

    state: str | None
    """In the specification's words; None: the contact is not in the table."""
    recorded_state: str | None
    """In the specification's words; None: undecided yet, or no recording is expected."""
    closed_reason: str | None = field(default=None, compare=False)
    """Why there is no verdict; None: there is one, or it is not certain yet."""
    cause: str | None = field(default=None, compare=False)
    """Why it failed; None: it did not, or more than one cause may be named."""
    warnings: frozenset[str] | None = field(default=None, compare=False)
    """What is to be said beside the verdict; None: it is not certain."""
    other_states: frozenset[str] = field(default=frozenset(), compare=False)
    """States that are right, too, because they depend on when the monitor first looked."""

    def differences(self, item: Mapping[str, Any] | None) -> list[str]:
        """Return what an item of the contact table says otherwise, as far as the truth is certain.

        :param item: its attributes as plain values; None or nothing if it is not in the table.
        """
        item = item or {}
        warnings = frozenset(item.get("Warnings", ()))
        told = (
            ("State", item.get("State"), {self.state, *self.other_states}),
            ("RecordedState", item.get("RecordedState"), {self.recorded_state}),
            ("ClosedReason", item.get("ClosedReason"), {self.closed_reason or item.get("ClosedReason")}),
            ("FailureCause", item.get("FailureCause"), {self.cause or item.get("FailureCause")}),
            ("Warnings", warnings, {warnings if self.warnings is None else self.warnings}),
        )
        return [
            f"{name} is {_words(value)}, the truth is {' or '.join(map(_words, right))}"
            for name, value, right in told
            if value not in right
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCall:
    """One contact from its initiation to its recording. Times are aware; None: it never happens."""

    contact_id: str
    kind: str
    initiated: datetime
    bucket: str
    prefix: str  # of the instance's recordings
    blocks: tuple[Block, ...] = ()  # that the flow ran to set recording
    channel: str = "VOICE"
    method: str = "INBOUND"
    previous: "SimulatedCall | None" = None  # leg of the same call
    previous_contact_id: str | None = None
    queue_id: str | None = SERVICE.queue_id
    is_logged: bool = True  # whether its flow has logging on
    is_test: bool = False  # one of AWS's test cases
    known_from: datetime | None = None  # to Connect
    connected_to_system: datetime | None = None
    enqueued: datetime | None = None
    offered: datetime | None = None
    connected_to_agent: datetime | None = None
    agent_left: datetime | None = None  # after-contact work starts
    work_ended: datetime | None = None
    disconnected: datetime | None = None
    recording_lands: datetime | None = None
    recording_size: int = 0  # bytes
    pointers: tuple[Pointer, ...] = ()
    other_files: tuple[File, ...] = ()  # that are not the recording of the conversation

    @property
    def legs(self) -> "tuple[SimulatedCall, ...]":
        """All legs of the call up to this one, the first one first."""
        return (*(self.previous.legs if self.previous else ()), self)

    @property
    def initial_contact_id(self) -> str | None:
        """The call's first leg; None: it is this one."""
        return self.legs[0].contact_id if self.previous else self.previous_contact_id

    def contact_at(self, moment: datetime) -> Mapping[str, Any] | None:
        """Return ``Contact`` as DescribeContact answers it, or None while Connect does not know it."""
        return contact_of(self, moment) if self.is_known(moment) else None

    def is_known(self, moment: datetime) -> bool:
        """Tell whether Connect knows the contact at a moment."""
        return self.known_from is not None and max(self.initiated, self.known_from) <= moment

    def recording_key(self, prefix: str) -> str:
        """Return the key Connect gives the recording of the agent's conversation."""
        connected = (self.connected_to_agent or self.initiated).astimezone(UTC)
        return f"{prefix}/{connected:%Y/%m/%d}/{self.contact_id}_{connected:%Y%m%dT%H:%M}_UTC.wav"

    @property
    def files(self) -> Iterator[File]:
        """Give every object of the call, those that prove nothing among them."""
        if self.recording_lands:
            yield File(self.recording_key(self.prefix), self.recording_size, self.recording_lands)
        yield from self.other_files

    @property
    def entered(self) -> datetime | None:
        """When the flow said for the first time whether to record; None: it never did."""
        return min((block.at for block in self.blocks if block.asks or block.switches_off), default=None)

    @property
    def ended(self) -> datetime | None:
        """The later of the disconnect and the end of after-contact work."""
        return max(filter(None, (self.disconnected, self.work_ended)), default=None)

    @property
    def is_short(self) -> bool:
        """Whether the recording has less than half of the talk."""
        if not (self.recording_lands and self.connected_to_agent):
            return False
        left = self.agent_left or self.disconnected
        return left is not None and length_of(self.recording_size) < (left - self.connected_to_agent) / 2

    def fails_at(self, failure_after: timedelta, longest_call: timedelta = LONGEST_CALL) -> datetime | None:
        """Return when a call without a recording has failed; None if no agent took it.

        :param failure_after: how long after its end.
        :param longest_call: how long after its agent joined if Connect never ends it.
        """
        if self.connected_to_agent is None:
            return None
        if self.disconnected is None:
            return self.connected_to_agent + longest_call
        if self.is_work_endless:
            return self.disconnected + LONGEST_WORK
        return (self.ended or self.disconnected) + failure_after

    @property
    def is_work_endless(self) -> bool:
        """Whether after-contact work has begun and never ends."""
        return self.agent_left is not None and self.work_ended is None

    @property
    def reasons(self) -> frozenset[str]:
        """Why no recording of the conversation is expected; without one, it is."""
        joined = self.connected_to_agent
        reasons = {
            "NOT_VOICE": self.channel != "VOICE",
            "RECORDING_SWITCHED_OFF": joined is not None and wished_off(self.blocks, joined),
            "CUSTOMER_NEVER_ANSWERED": self.method in ("OUTBOUND", "CALLBACK")
            and self.connected_to_system is None,
        }
        return frozenset(reason for reason, holds in reasons.items() if holds)

    def truth(
        self,
        moment: datetime,
        failure_after: timedelta,
        longest_call: timedelta = LONGEST_CALL,
        watch: Watch = BY_LOG,
    ) -> Truth:
        """Return what is true at a moment.

        A call that only the population shows is not in the table before the hourly reconciliation starts.

        :param failure_after: how long after its end a call without a recording has failed.
        :param longest_call: how long after its agent joined it has ended, whatever Connect says.
        :param watch: what the monitor has to go by.
        """
        if self.blocks and not (watch.reads_log and self.is_logged):  # the monitor never hears of them
            return replace(self, blocks=()).truth(moment, failure_after, longest_call, watch)
        first_known = noticed(self, watch)
        if first_known is None or moment < first_known:
            return Truth(None, None)
        if not self.is_known(moment):
            assert self.entered  # noqa: S101
            return Truth("INITIALISED", None, _if("NOT_FOUND", moment - self.entered >= _CERTAIN_AFTER))
        if self.channel != "VOICE":
            return self._at_first_sight(moment)
        if self.connected_to_agent is None or moment < self.connected_to_agent:
            return self._without_agent(moment, longest_call)
        return self._with_agent(moment, failure_after, longest_call)

    def _at_first_sight(self, moment: datetime) -> Truth:
        assert self.entered  # noqa: S101
        steps = {_TALKING: self.connected_to_agent, _SERVED: self.disconnected}
        passed = frozenset(state for state, at in steps.items() if at and at <= moment)
        reason = _if("NOT_VOICE", moment - self.entered >= _CERTAIN_AFTER)
        return Truth(_WAITING, None, reason, other_states=passed)

    def _without_agent(self, moment: datetime, longest_call: timedelta) -> Truth:
        if self.disconnected and self.disconnected <= moment:
            return Truth(None, None)
        longest = LONGEST_CALLBACK if self.method == "CALLBACK" else longest_call
        return Truth(_WAITING, None, _if("NEVER_ENDED", moment - self.initiated >= longest + _CERTAIN_AFTER))

    def _with_agent(self, moment: datetime, failure_after: timedelta, longest_call: timedelta) -> Truth:
        fails_at = self.fails_at(failure_after, longest_call)
        assert self.connected_to_agent and fails_at  # noqa: PT018, S101
        if moment < (self.disconnected or self.connected_to_agent + longest_call):
            return Truth(_TALKING, None)
        reasons = self.reasons
        is_recorded = (
            self.recording_lands and self.recording_lands <= moment and has_audio(self.recording_size)
        )
        if is_recorded and reasons <= {"RECORDING_SWITCHED_OFF"}:
            return Truth(_SERVED, _SUCCESS, warnings=self._warnings_of_success(fails_at))
        if reasons:
            return Truth(_SERVED, None, _if(next(iter(reasons)), len(reasons) == 1 and moment >= fails_at))
        if moment < fails_at:
            return Truth(_SERVED, None)
        assumed = self.disconnected is None or self.is_work_endless
        return Truth(
            _SERVED,
            _FAILURE,
            cause=self._cause(),
            warnings=frozenset({"END_ASSUMED"} if assumed else ()),
        )

    def _warnings_of_success(self, fails_at: datetime) -> frozenset[str] | None:
        assert self.recording_lands  # noqa: S101
        if self.is_work_endless:  # found before the bound, there is nothing to assume
            return None
        warnings = {
            "LATE": self.recording_lands > fails_at,
            "SHORT": self.is_short,
            "RECORDED_THOUGH_OFF": bool(self.reasons),
            "END_ASSUMED": self.disconnected is None,
        }
        return frozenset(word for word, holds in warnings.items() if holds)

    def _cause(self) -> str | None:
        causes = {
            "EMPTY_OBJECT": self.recording_lands is not None,
            "SWITCHED_OFF_LATE": last_word_is_off(self.blocks),
            "a failed block": any(block.asks and block.result != "Success" for block in self.blocks),
            "a pointer": not self.recording_lands
            and any(pointer.key == self.recording_key(self.prefix) for pointer in self.pointers),
        }
        named = [cause for cause, holds in causes.items() if holds]
        named = named or ["NO_OBJECT" if self.entered else "NEVER_ASKED"]
        return named[0] if len(named) == 1 and named[0].isupper() else None


def _words(value: str | frozenset[str] | None) -> str:
    return str(value) if isinstance(value, str | None) else " ".join(sorted(value)) or "none"


def _if(word: str, holds: bool) -> str | None:
    return word if holds else None
