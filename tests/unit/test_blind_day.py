"""A day of which the flow log tells little or nothing: no call is lost, and no verdict is wrong."""

import logging
from collections import Counter

import pytest

from local_aws.contact_centre.centre import BLIND_WEIGHTS
from local_aws.contact_centre.watching import Watch, class_of
from soak.blind_day import blind_day, classes_of, minutes_to_alert, verdicts

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("policy", "withholds_log"), [("must", False), ("must", True), ("as_flow", False)])
def test_no_call_of_a_blind_day_escapes(
    policy: str, withholds_log: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    day = blind_day(220, 24, policy, withholds_log=withholds_log)
    assert (day.lost, day.explained, day.never_alerted, day.alerted_in_vain) == ([], [], [], [])
    assert {call.kind for call in day.centre.calls} >= set(BLIND_WEIGHTS)
    watch = Watch(policy, reads_log=not withholds_log)
    truth = Counter(kind.lower() for call in day.centre.calls if (kind := class_of(call, watch)))
    assert +classes_of(day) == truth
    assert sum(figures["population"] for figures in day.hours.values()) == truth.total()
    assert set(day.proofs.values()) <= {"COMPLETE", "PENDING"}
    assert "COMPLETE" in day.proofs.values()
    minutes = minutes_to_alert(day)
    assert minutes or policy == "as_flow"
    assert not minutes or max(minutes) <= 120 or withholds_log


def test_a_day_without_a_flow_log_ends_with_the_same_verdicts(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    day, unlogged = (blind_day(220, 24, "must", withholds_log=withheld) for withheld in (False, True))
    known, without, items = verdicts(day), verdicts(unlogged), day.told()
    assert known
    assert {id_: without[id_] for id_ in known} == known
    reasons = {items[id_]["ClosedReason"] for id_ in without.keys() - known.keys()}
    assert reasons == {"RECORDING_SWITCHED_OFF"}
