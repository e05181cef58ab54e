"""Who notices a call: its flow's line, its call's earlier legs, or a policy.

Source: the issue of the hourly reconciliation, and docs/amazon-connect.md, "Reading a contact".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from local_aws.contact_centre.blocks import last_word_is_off, wished_off

if TYPE_CHECKING:
    from local_aws.contact_centre.calls import SimulatedCall

AS_FLOW, MUST = "as_flow", "must"
#: The hourly reconciliation starts this long after the end of its UTC hour.
STARTS_AFTER = timedelta(minutes=20)
#: Legs that have no recording of their own.
_NO_RECORDING_OF_ITS_OWN = ("MONITOR", "EXTERNAL_OUTBOUND")


@dataclass(frozen=True, slots=True)
class Watch:
    """What a monitor has to go by, apart from the calls themselves."""

    policy: str | None = None
    """``as_flow`` or ``must``; None: nobody takes the population."""
    reads_log: bool = True
    """Whether the flow log tells of flows that log."""


#: A monitor that knows the flow log alone.
BY_LOG = Watch()


def is_in_population(call: SimulatedCall) -> bool:
    """Tell whether a search for voice contacts by the time an agent was connected finds a call."""
    return call.channel == "VOICE" and call.connected_to_agent is not None and call.known_from is not None


def class_of(call: SimulatedCall, watch: Watch) -> str | None:
    """Return what a call of the population is to the hourly reconciliation.

    :return: ``EXCLUDED``, ``WATCHED``, ``ENTERED_BY_POLICY``, ``ENTERED_BY_CALL`` or ``UNEXPLAINED``. None:
        the call is not in the population, or nobody takes it.
    """
    if watch.policy is None or not is_in_population(call):
        return None
    if call.is_test or call.method in _NO_RECORDING_OF_ITS_OWN:
        return "EXCLUDED"
    if is_told_by_log(call, watch):
        return "WATCHED"
    if watch.policy == MUST:
        return "ENTERED_BY_POLICY"
    is_leg = any(_was_to_be_recorded(leg, watch) for leg in call.legs[:-1])
    return "ENTERED_BY_CALL" if is_leg else "UNEXPLAINED"


def is_told_by_log(call: SimulatedCall, watch: Watch) -> bool:
    """Tell whether the flow log says that a call is to be recorded, or that it is not."""
    return watch.reads_log and call.is_logged and call.entered is not None


def noticed(call: SimulatedCall, watch: Watch) -> datetime | None:
    """Return when the monitor may first know of a call; None: never."""
    if is_told_by_log(call, watch):
        return call.entered
    if not (class_of(call, watch) or "").startswith("ENTERED"):
        return None
    assert call.connected_to_agent and call.known_from  # noqa: PT018, S101
    hour = call.connected_to_agent.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return max(hour + timedelta(hours=1) + STARTS_AFTER, call.known_from)


def _was_to_be_recorded(leg: SimulatedCall, watch: Watch) -> bool:
    """Tell whether the flow of a leg asked for a recording, or that of an earlier leg, as far as they log."""
    if not is_told_by_log(leg, watch):
        return class_of(leg, watch) == "ENTERED_BY_CALL"
    joined = leg.connected_to_agent
    return not (wished_off(leg.blocks, joined) if joined else last_word_is_off(leg.blocks))
