"""The class that the evidence has to give a call, by its kind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from local_aws.contact_centre.calls import SimulatedCall
from local_aws.contact_centre.classes import class_at
from local_aws.contact_centre.kinds import CallWriter
from local_aws.contact_centre.watching import AS_FLOW, MUST, Watch

STARTED = datetime(2023, 8, 29, 21, 15, tzinfo=UTC)
MORNING = datetime(2023, 8, 30, 6, 40, tzinfo=UTC)
AFTER = timedelta(minutes=30)
BY_FLOW, BY_POLICY, BY_BOTH = Watch(AS_FLOW), Watch(MUST, reads_log=False), Watch(MUST)
#: Kind of call, and its class by flows alone, by a policy without flows, and by both.
CLASSES = [
    ("spoke_to_agent", "VERIFIED", "RECORDED_UNWATCHED", "VERIFIED"),
    ("recorded_short", "VERIFIED_SHORT", "RECORDED_UNWATCHED", "VERIFIED_SHORT"),
    ("leaked", "MISSING", "NEVER_ASKED", "MISSING"),
    ("recorded_empty", "MISSING", "NEVER_ASKED", "MISSING"),
    ("only_off", "EXCLUDED", "NEVER_ASKED", "SWITCHED_OFF_AGAINST_POLICY"),
    ("unanswered_outbound", "EXCLUDED", "EXCLUDED", "EXCLUDED"),
    ("flow_without_block", "UNEXPLAINED", "NEVER_ASKED", "NEVER_ASKED"),
    ("logging_off_recorded", "RECORDED_UNASKED", "RECORDED_UNWATCHED", "RECORDED_UNWATCHED"),
    ("test_case", "EXCLUDED", "EXCLUDED", "EXCLUDED"),
    ("monitored", "EXCLUDED", "EXCLUDED", "EXCLUDED"),
    ("never_disconnected", "UNDECIDED", "UNDECIDED", "UNDECIDED"),
    ("never_disconnected_leaked", "UNDECIDED", "UNDECIDED", "UNDECIDED"),
    ("abandoned_in_queue", None, None, None),
    ("chat", None, None, None),
    ("unknown_to_connect", None, None, None),
]


def written(kind: str) -> SimulatedCall:
    writer = CallWriter(Random(1), bucket="recordings", prefix="connect/acme/CallRecordings")
    return writer.write(kind, STARTED)


@pytest.mark.parametrize(("kind", "by_flow", "by_policy", "by_both"), CLASSES)
def test_a_kind_of_call_has_the_class_that_the_table_says(
    kind: str, by_flow: str | None, by_policy: str | None, by_both: str | None
) -> None:
    classes = [class_at(written(kind), MORNING, AFTER, watch) for watch in (BY_FLOW, BY_POLICY, BY_BOTH)]
    assert classes == [by_flow, by_policy, by_both]


def test_a_recording_that_comes_after_the_failure_is_late() -> None:
    call = written("spoke_to_agent")
    assert call.ended
    late = replace(call, recording_lands=call.ended + timedelta(hours=2))
    assert class_at(late, MORNING, AFTER, BY_FLOW) == "VERIFIED_LATE"
    assert class_at(late, call.ended + timedelta(hours=1), AFTER, BY_FLOW) == "MISSING"


def test_a_call_has_no_class_before_an_agent_takes_it() -> None:
    assert class_at(written("spoke_to_agent"), STARTED, AFTER, BY_FLOW) is None
