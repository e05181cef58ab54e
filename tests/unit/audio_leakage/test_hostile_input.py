"""Hostile log lines, answers, items and settings do no harm."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.recording import RecordingStorage, candidate_places
from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.contacts.states import ClosedReason, ContactState, FailureCause, RecordedState
from audio_leakage.errors import InvalidContact, SettingsError, UnreadableLine
from audio_leakage.flow_log.ingest import ingest
from audio_leakage.flow_log.line import read_line
from audio_leakage.runs.alerts import alerts
from audio_leakage.runs.window import Window
from audio_leakage.settings import Settings
from audio_leakage.use_cases import check_recordings, poll_in_progress, poll_initialised, purge_ivr
from support.fakes import (
    BUCKET,
    CONTACT_ID,
    INSTANCE_ID,
    MARK,
    PREFIX,
    SENDER,
    SETTINGS,
    FakeFlowLog,
    FakeTable,
    World,
    answer,
    at,
    contact,
    ended_with_agent,
    key_of,
    number,
)
from support.flow_lines import line, option

NOW = at("11:40")
WITH_FLOW_LOG = replace(SETTINGS, flow_log_group="/aws/connect/acme")
DEEP = "[" * 10_000 + "]" * 10_000


@pytest.mark.parametrize("block", [[], {}, [["SetRecordingBehavior"]], 7, True, None])
def test_a_line_whose_block_name_is_no_string_is_ignored(block: object) -> None:
    assert read_line(line(ContactFlowModuleType=block), NOW) is None


def test_a_line_with_two_block_names_is_read_by_its_last_one() -> None:
    twice = line().replace('{"Results"', '{"ContactFlowModuleType": "SetRecordingBehavior", "Results"')
    assert read_line(twice.replace(': "SetRecordingBehavior", "Id', ': [], "Id'), NOW) is None


@pytest.mark.parametrize(
    "time",
    [
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59Z",
        "NaN",
        float("nan"),
        float("inf"),
        10**400,
        True,
        ["2023-08-29T10:30:00Z"],
    ],
)
def test_a_line_with_an_impossible_time_is_unreadable(time: object) -> None:
    with pytest.raises(UnreadableLine):
        read_line(line(Timestamp=time), NOW)


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_line_without_a_time_in_an_impossible_event_is_unreadable(moment: datetime) -> None:
    with pytest.raises(UnreadableLine):
        read_line(line(Timestamp=None), moment)


def test_a_line_from_the_future_is_unreadable() -> None:
    with pytest.raises(UnreadableLine, match="long after its line"):
        read_line(line(Timestamp="2099-01-01T00:00:00Z"), NOW)


def test_a_line_with_a_contact_id_in_capitals_is_about_the_same_contact() -> None:
    read = read_line(line(ContactId=CONTACT_ID.upper()), NOW)
    assert read
    assert read.contact_id == CONTACT_ID


@pytest.mark.parametrize(
    "contact_id", ["../" * 12, f"{CONTACT_ID}'", f"{CONTACT_ID}\n", "٣" * 36, "x" * 1_000_000, {}, 7]
)
def test_a_line_with_an_invalid_contact_id_is_refused_in_few_words(contact_id: object) -> None:
    with pytest.raises(UnreadableLine) as refused:
        read_line(line(ContactId=contact_id), NOW)
    assert len(str(refused.value)) < 150
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "parameters",
    [
        option(MARK),
        option("Enable", MARK),
        {"RecordingBehavior": {"RecordedParticipants": [MARK]}},
        {"Novelty": MARK},
    ],
)
def test_an_unreadable_line_does_not_quote_values_a_caller_may_set(parameters: dict[str, Any]) -> None:
    with pytest.raises(UnreadableLine) as refused:
        read_line(line(Parameters=parameters), NOW)
    assert MARK not in str(refused.value)


@pytest.mark.parametrize(
    "member", ["Parameters", "Results", "ContactId", "Timestamp", "ContactFlowModuleType"]
)
def test_a_line_nested_to_any_depth_is_read_or_unreadable(member: str) -> None:
    for depth in (10, 300, 900, 2_000, 10_000, 100_000):
        nested = '"' + member + '": ' + "[" * depth + "]" * depth
        deep = line(**{member: None}).replace("{", "{" + nested + ", ", 1)
        try:
            read_line(deep, NOW)
        except UnreadableLine as error:
            assert len(str(error)) < 200  # noqa: PT017  # either is right


def test_a_line_for_an_item_with_unreadable_blocks_stops_no_other() -> None:
    table = FakeTable()
    table.put(contact(recording_blocks=("!", "2023-08-29T10:30:00.000Z ALL")))
    lines = [(NOW, line()), (NOW, line(ContactId=number(1)))]
    assert ingest(lines, table) == {"unreadable_items": 1, "entered": 1}


@pytest.mark.parametrize("value", [7, 1.5, True, [], {"Id": "x"}, "x" * 1_000_000, "a\nb", ""])
def test_an_answer_with_invalid_words_or_ids_is_refused_or_stripped(value: object) -> None:
    told = answer(
        AgentInfo={"Id": value},
        QueueInfo={"Id": value},
        Recordings=[{"Location": "b/k", "Status": value}],
    )
    snapshot = ContactSnapshot.from_answer(CONTACT_ID, told)
    assert (snapshot.agent_id, snapshot.queue_id, snapshot.recordings[0].status) == (None, None, None)
    for member in ("Channel", "InitiationMethod"):
        told["Contact"][member] = value
        with pytest.raises(InvalidContact, match=member):
            ContactSnapshot.from_answer(CONTACT_ID, told)
        told["Contact"][member] = "VOICE"


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_an_answer_with_an_impossible_time_is_refused(moment: datetime) -> None:
    with pytest.raises(InvalidContact, match="DisconnectTimestamp"):
        ContactSnapshot.from_answer(CONTACT_ID, answer(DisconnectTimestamp=moment))


@pytest.mark.parametrize(
    "location",
    [
        "bad bucket!/key.wav",
        "../../x/key.wav",
        "arn:aws:s3:eu-west-1:123456789012:accesspoint/x/key.wav",
        f"{BUCKET}/",
        "/key.wav",
        f"{BUCKET}/a\x00.wav",
        f"{BUCKET}/a\nb.wav",
        f"{BUCKET}/\ud800.wav",
        f"{BUCKET}/{'k' * 1025}",
        f"{BUCKET}/{'é' * 513}",
    ],
)
def test_a_pointer_that_s3_would_refuse_is_ignored(location: str) -> None:
    places = list(
        candidate_places(ended_with_agent(recording_location=location), RecordingStorage(BUCKET, PREFIX))
    )
    assert [place.prefix.startswith(f"{PREFIX}/2023/08/") for place in places] == [True] * 3


def items(**attributes: Any) -> dict[str, Any]:
    """Return an item that is due, with attributes that somebody else wrote."""
    return ended_with_agent().to_item() | attributes


@pytest.mark.parametrize(
    "attributes",
    [
        {"DisconnectTimestamp": "9999-12-31T23:59:59Z"},
        {"DisconnectTimestamp": "0001-01-01T00:00:00+14:00"},
        {"RecordingSize": float("inf")},
        {"RecordingSize": 10**5000},
        {"Attempts": "x" * 1_000_000},
        {"RecordingBlocks": ["!"]},
        {"NextCheckAt": "0"},
        {"NextCheckAt": "!"},
        {"ContactId": "../../x"},
        {"State": ["COMPLETED - AGENT"]},
        {"RecordedState": {"a": 1}},
    ],
    ids="-".join,
)
@pytest.mark.parametrize("use_case", [poll_initialised, poll_in_progress, purge_ivr, check_recordings])
def test_an_item_with_nonsense_in_an_attribute_stops_no_task(
    use_case: Callable[..., dict[str, int]], attributes: dict[str, Any]
) -> None:
    world = World()
    world.contacts.items[CONTACT_ID] = items(**attributes)
    well = ended_with_agent(contact_id=number(1))
    world.contacts.put(well)
    world.bucket.put(key_of(number(1)))
    use_case(world.run(NOW))
    if use_case is check_recordings:
        assert world.contacts.contact(number(1)).recorded_state is RecordedState.CALL_RECORDED_SUCCESS


@pytest.mark.parametrize("name", ["OpenState", "NextCheckAt", "State", "Attempts"])
@pytest.mark.parametrize("value", [None, 7, ["x"], {"x": 1}], ids=str)
def test_an_attribute_of_another_type_stops_no_backfill(name: str, value: object) -> None:
    world = World()
    world.contacts.items[CONTACT_ID] = items(
        InitialisedAt="2023-08-29T10:29:00.000Z", InitialisedHour="2023-08-29T10", **{name: value}
    )
    check_recordings(world.run(NOW, only_window=True, window=Window(at("10:25"), at("10:30"))))


@pytest.mark.parametrize(("name", "value"), [("State", ["x"]), ("State", {}), ("InitialisedAt", None)])
@pytest.mark.parametrize("only_window", [False, True])
def test_an_attribute_of_another_type_stops_no_search(name: str, value: object, only_window: bool) -> None:
    world = World()
    world.connect.answers = {number(n): answer(number(n), InitiationTimestamp=at("11:38")) for n in range(3)}
    times = {"InitialisedAt": "2023-08-29T11:38:00.000Z", "InitialisedHour": "2023-08-29T11"}
    for n in range(3):
        item = contact(contact_id=number(n)).to_item() | times
        world.contacts.items[number(n)] = item | ({name: value} if n == 0 else {})
    poll_initialised(
        world.run(NOW, only_window=only_window, window=Window(at("11:35"), NOW), seconds_left=lambda: 0.1)
    )
    assert world.contacts.contact(number(1)).state is ContactState.COMPLETED_AGENT


def test_an_invalid_contact_id_cannot_forge_a_line_of_our_log(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.contacts.items["x"] = items(ContactId="x\nERROR all is well")
    check_recordings(world.run(NOW))
    assert [record for record in caplog.messages if "left alone" in record]
    assert not [record for record in caplog.messages if "\n" in record]


def test_an_unreadable_item_does_not_hide_the_oldest_due_contact() -> None:
    world = World()
    world.contacts.put(contact(ContactState.IN_PROGRESS_AGENT, contact_id=number(1)))
    world.contacts.items[CONTACT_ID] = contact(ContactState.IN_PROGRESS_AGENT).to_item() | {
        "NextCheckAt": "0"
    }
    check_recordings(world.run(NOW))
    assert world.metrics.latest["OldestDueMinutes"] == 70


def test_a_recording_of_a_contact_id_in_capitals_is_found() -> None:
    world = World()
    upper = "955C07E1-AF64-4094-9C16-C59995ECDCBE"
    world.contacts.put(ended_with_agent(contact_id=upper))
    world.bucket.put(key_of(CONTACT_ID))
    check_recordings(world.run(NOW))
    assert world.contacts.contact(upper).recorded_state is RecordedState.CALL_RECORDED_SUCCESS


def test_a_logged_off_is_found_for_a_contact_id_in_capitals() -> None:
    off = line(Parameters=option("Disable"), Timestamp="2023-08-29T10:30:05Z")
    world = World(flow_log=FakeFlowLog((off,)))
    upper = CONTACT_ID.upper()
    world.contacts.put(ended_with_agent(contact_id=upper, initialised_at=at("10:29:58")))
    world.connect.answers[upper] = answer()
    check_recordings(world.run(NOW, WITH_FLOW_LOG))
    assert world.contacts.contact(upper).closed_reason is ClosedReason.RECORDING_SWITCHED_OFF


@pytest.mark.parametrize(
    "contact_id", [f'{CONTACT_ID}") || ($.x = "', "../../x", f"{CONTACT_ID}/..", "*", ""]
)
@pytest.mark.parametrize("use_case", [poll_initialised, poll_in_progress, purge_ivr, check_recordings])
def test_an_invalid_contact_id_reaches_no_path_prefix_or_pattern(
    use_case: Callable[..., dict[str, int]], contact_id: str
) -> None:
    world = World()
    for place, state in enumerate(ContactState):
        item = items(State=str(state), OpenState=str(state), ContactId=contact_id)
        world.contacts.items[str(place)] = item | {"InitialisedAt": "2023-08-29T10:29:00.000Z"}
    counts = use_case(world.run(NOW, WITH_FLOW_LOG))
    assert counts.get("unreadable")
    assert contact_id not in world.connect.calls
    assert (world.bucket.listings, world.flow_log.asked_about - {None}) == ([], set())


def failed(**fields: Any) -> Contact:
    return ended_with_agent(
        alert_pending="CALL_RECORDED_FAILURE", failure_cause=FailureCause.NO_OBJECT, **fields
    )


def message(contacts: Iterable[Contact]) -> str:
    ((alert, _),) = alerts(list(contacts), SENDER)
    return alert.message


def test_a_fact_in_an_alert_cannot_forge_another_line() -> None:
    forged = message([failed(agent_id="a\ncontact 1, cause NO_OBJECT")])
    assert [line for line in forged.splitlines() if line.startswith("contact ")] == [
        line for line in forged.splitlines() if "contact 1" in line
    ]
    assert len(forged.splitlines()) == len(message([failed(agent_id="a")]).splitlines())


def test_an_alert_with_long_facts_stays_within_the_limit_of_sns() -> None:
    long = failed(agent_id="é" * 300_000, queue_id="é" * 300_000)
    assert len(message([long] * 60).encode()) < 256 * 1024  # what SNS takes


REQUIRED = {"connect_instance_id": INSTANCE_ID, "contact_table": "contacts"}


@pytest.mark.parametrize(
    "text",
    [
        DEEP,
        '{"a": ' * 10_000 + "1" + "}" * 10_000,
        json.dumps(REQUIRED | {"recheck_days": 10**400}),
        json.dumps(REQUIRED | {"recheck_days": -(10**400)}),
        json.dumps(REQUIRED | {"recheck_days": float("nan")}),
        json.dumps(REQUIRED | {"describe_contact_rps": [8]}),
        json.dumps(REQUIRED | {"aws_conn_id": {"a": 1}}),
        json.dumps(REQUIRED | {"alert_topic_arn": f"arn:aws:sns:af-south-1:{'٣' * 12}:alerts"}),
        json.dumps(REQUIRED | {"recording_bucket": "b-b", "recording_prefix": "a\nb"}),
        json.dumps(REQUIRED | {"recording_bucket": "b-b", "recording_prefix": "a/\ud800"}),
        json.dumps(REQUIRED | {"connect_access_url": "javascript:alert(1)"}),
        json.dumps(REQUIRED | {"contact_table": "x" * 1_000_000}),
        json.dumps(REQUIRED | {"a\nb" * 100_000: 1}),
        '{"connect_instance_id": ' + "9" * 5_000 + "}",
    ],
    ids=lambda text: text[-40:],
)
def test_an_invalid_variable_is_refused_in_one_short_line(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_json(text)
    assert len(str(refused.value)) < 1_000
    assert "\n" not in str(refused.value)
