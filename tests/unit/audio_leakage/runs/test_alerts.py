"""Every failure and every healed failure is alerted at least once."""

from dataclasses import replace

import pytest

from audio_leakage.errors import AudioLeakageError, ServiceUnavailable, SetupError
from audio_leakage.runs.alerts import AlertKind, alert_of, not_read_alert
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.window import Window
from audio_leakage.use_cases.checking import check_recordings
from support.fakes import (
    ALERTING,
    CONTACT_ID,
    INSTANCE_ID,
    MINUTE,
    SENDER,
    World,
    answer,
    at,
    ended_with_agent,
    number,
)


@pytest.fixture
def world() -> World:
    world = World()
    world.contacts.put(ended_with_agent(queue_id="queue-id", agent_id="agent-id"))
    world.connect.answers[CONTACT_ID] = answer()
    return world


def run(world: World, time: str) -> RunContext:
    return world.run(at(time), ALERTING)


def test_a_failure_is_alerted_once_with_the_facts_a_person_needs(world: World) -> None:
    check_recordings(run(world, "11:32"))
    ((subject, message, attributes),) = world.topic.published
    assert subject == "Audio leakage: 1 call not recorded"
    assert message.splitlines() == [
        "1 call not recorded.",
        "",
        (f"Where: Amazon Connect instance {INSTANCE_ID}, DAG monitor_audio_leakage, Variable audio_leakage"),
        "What to do: docs/operations.md#call_recorded_failure",
        (
            "Check again: airflow dags trigger monitor_audio_leakage "
            f'--conf \'{{"contact_ids": "{CONTACT_ID}"}}\''
        ),
        "",
        (
            f"contact {CONTACT_ID}, agent connected 2023-08-29T10:30:11.038Z, ended 2023-08-29T10:31:10.343Z, "
            "queue queue-id, agent 59ede75e-26d7-44f9-bf20-32e6bfc378af, cause NO_OBJECT"
        ),
    ]
    assert attributes == {"event": "CALL_RECORDED_FAILURE", "count": 1, "connect_instance_id": INSTANCE_ID}

    for time in ("11:33", "12:30", "15:00"):
        check_recordings(run(world, time))
    assert len(world.topic.published) == 1
    after = world.contacts.contact()
    assert after.alert_pending is None
    assert after.next_check_at
    assert after.next_check_at > at("15:00")


def test_a_failure_that_healed_is_alerted_too(world: World) -> None:
    check_recordings(run(world, "11:32"))
    world.bucket.put(at=at("11:40"))
    check_recordings(run(world, "12:30"))
    check_recordings(run(world, "13:30"))
    assert [subject for subject, _, _ in world.topic.published] == [
        "Audio leakage: 1 call not recorded",
        "Audio leakage: 1 call recorded after all",
    ]
    assert world.topic.published[1][2]["event"] == "CALL_RECORDED_SUCCESS"
    assert world.contacts.contact().next_check_at is None


def test_a_recording_in_time_is_not_alerted(world: World) -> None:
    world.bucket.put()
    check_recordings(run(world, "10:35"))
    assert world.topic.published == []


@pytest.mark.parametrize("error", [ServiceUnavailable("sns is away"), SetupError("sns:Publish was denied")])
def test_an_unreachable_topic_costs_neither_the_verdict_nor_the_alert(
    world: World, error: AudioLeakageError
) -> None:
    world.topic.error = error
    for time in ("11:32", "11:33"):
        with pytest.raises(type(error)):
            check_recordings(run(world, time))
        assert str(world.contacts.contact().recorded_state) == "CALL_RECORDED_FAILURE"
    world.topic.error = None
    assert check_recordings(run(world, "11:37")) == {"due": 1, "unchanged": 1}
    assert len(world.topic.published) == 1
    check_recordings(run(world, "11:42"))
    assert len(world.topic.published) == 1


def test_a_storm_is_told_by_what_its_calls_have_in_common() -> None:
    world = World()
    world.contacts.put(*(ended_with_agent(contact_id=number(position)) for position in range(120)))
    world.connect.answers = {number(position): answer(number(position)) for position in range(120)}
    check_recordings(run(world, "11:32"))
    ((subject, message, attributes),) = world.topic.published
    assert (subject, attributes["count"]) == ("Audio leakage: 120 calls not recorded", 120)
    assert message.count("contact 0000") == 10
    assert message.endswith("... and 110 more")
    agent = "59ede75e-26d7-44f9-bf20-32e6bfc378af"
    assert message.splitlines()[1] == f"In common: agent {agent}, cause NO_OBJECT, begun 2023-08-29 10:30 UTC"
    window = '{"window_start": "2023-08-29T10:30:00.000Z", "window_end": "2023-08-29T10:31:11.038Z"}'
    assert f"Check again: airflow dags trigger monitor_audio_leakage --conf '{window}'" in message
    assert len(message) < 4000


def test_an_alert_links_to_the_page_the_calls_and_the_runbook() -> None:
    sender = replace(
        SENDER,
        environment="acme-prod",
        instance_name="acme",
        airflow_url="https://airflow.acme.example",
        runbook_url="https://wiki.acme.example/audio-leakage",
    )
    alert = alert_of(AlertKind.FAILED, [ended_with_agent()], sender)
    page = "https://airflow.acme.example/audio-leakage/monitor_audio_leakage/"
    assert alert.subject == "Audio leakage [acme-prod]: 1 call not recorded"
    assert {
        f"Look: {page}",
        f"  {page}contact/{CONTACT_ID}",
        "What to do: https://wiki.acme.example/audio-leakage#call_recorded_failure",
        (
            f"Where: Amazon Connect instance acme ({INSTANCE_ID}), environment acme-prod, "
            "DAG monitor_audio_leakage, Variable audio_leakage"
        ),
    } <= set(alert.message.splitlines())


@pytest.mark.parametrize(
    ("queues", "common"),
    [
        (["a"] * 5, "queue a, "),
        (["a"] * 4 + ["b"], "queue a (4 of 5), "),
        (["a"] * 3 + ["b"] * 2, ""),
        ([None] * 5, ""),
    ],
)
def test_a_fact_that_most_calls_share_is_told_before_them(queues: list[str | None], common: str) -> None:
    contacts = [
        ended_with_agent(contact_id=number(place), queue_id=queue, agent_id=str(place))
        for place, queue in enumerate(queues)
    ]
    message = alert_of(AlertKind.FAILED, contacts, SENDER).message
    assert message.splitlines()[1] == f"In common: {common}begun 2023-08-29 10:30 UTC"


def test_a_failure_has_no_pending_alert_without_a_topic(world: World) -> None:
    check_recordings(world.run(at("11:32")))
    assert world.contacts.contact().alert_pending is None
    assert world.contacts.writes[CONTACT_ID] == 1


def test_a_failure_is_alerted_even_if_the_task_fails_later(world: World) -> None:
    world.contacts.put(ended_with_agent(contact_id=number(2), next_check_at=at("10:34")))
    world.connect.answers[number(2)] = SetupError("connect:DescribeContact was denied")
    with pytest.raises(SetupError):
        check_recordings(run(world, "11:32"))
    assert len(world.topic.published) == 1


def test_a_retry_right_after_a_check_alerts_nothing_again(world: World) -> None:
    check_recordings(run(world, "11:32"))
    assert check_recordings(world.run(at("11:32") + MINUTE / 4, ALERTING)) == {"due": 0}
    assert len(world.topic.published) == 1


def test_a_failure_heals_while_the_topic_is_unreachable(world: World) -> None:
    world.topic.error = ServiceUnavailable("sns is away")
    with pytest.raises(ServiceUnavailable):
        check_recordings(run(world, "11:32"))
    world.bucket.put(at=at("11:33"))
    world.topic.error = None
    assert check_recordings(run(world, "11:37")) == {"due": 1, "CALL_RECORDED_SUCCESS": 1}
    assert [attributes["event"] for _, _, attributes in world.topic.published] == ["CALL_RECORDED_SUCCESS"]


def test_a_pending_alert_is_dropped_when_the_topic_is_no_longer_set(world: World) -> None:
    world.topic.error = SetupError("sns:Publish was denied")
    with pytest.raises(SetupError):
        check_recordings(run(world, "11:32"))
    check_recordings(world.run(at("11:37")))
    after = world.contacts.contact()
    assert after.alert_pending is None
    assert after.next_check_at
    assert after.next_check_at > at("11:40")


def test_a_success_with_a_pending_alert_stays_one_without_its_recording(world: World) -> None:
    """Regression: the contact was due for its alert and was judged anew."""
    check_recordings(run(world, "11:32"))
    world.bucket.put(at=at("11:40"))
    world.topic.error = ServiceUnavailable("sns is away")
    with pytest.raises(ServiceUnavailable):
        check_recordings(run(world, "13:00"))
    world.bucket.objects.clear()
    world.topic.error = None
    check_recordings(run(world, "13:05"))
    assert str(world.contacts.contact().recorded_state) == "CALL_RECORDED_SUCCESS"
    assert world.contacts.contact().next_check_at is None
    assert [attributes["event"] for _, _, attributes in world.topic.published] == [
        "CALL_RECORDED_FAILURE",
        "CALL_RECORDED_SUCCESS",
    ]


def test_an_alert_about_a_stretch_of_the_log_counts_as_one() -> None:
    lost = not_read_alert(Window(at("10:00"), at("10:05")), SENDER)
    assert lost.attributes == {"event": "FLOW_LOG_NOT_READ", "count": 1, "connect_instance_id": INSTANCE_ID}
