"""The policy: which rule holds, and which policies are refused."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from audio_leakage.errors import SettingsError
from audio_leakage.population.member import Member
from audio_leakage.population.policy import Default, Policy, Requirement
from audio_leakage.population.policy_reader import read_policy
from support.fakes import at, number
from support.population import QUEUE, result

TODAY = date(2026, 11, 27)
RULE = {
    "id": "payments",
    "queues": [QUEUE.upper()],
    "recording": "must_not",
    "reason": "PCI",
    "approved_by": "CHG-4711",
    "valid_from": "2026-01-01",
    "valid_until": "2027-01-01",
}


def read(*rules: dict[str, Any], **values: Any) -> Policy:
    return read_policy(json.dumps({"default": "must", "rules": list(rules), **values}), TODAY)


def member(connected: str = "2026-11-27T10:30", **members: Any) -> Member:
    return Member.from_result(result(number(1), at(connected), **members))


def test_without_the_variable_each_flow_decides() -> None:
    assert read_policy(None, TODAY) == Policy(Default.AS_FLOW, ())


@pytest.mark.parametrize(
    ("rule", "found", "holds"),
    [
        ({}, member(), True),
        ({"queues": [number(9)]}, member(), False),
        ({}, member(QueueInfo=None), False),
        ({}, member("2025-12-31T23:59:59"), False),
        ({}, member("2026-01-01T00:00"), True),
        ({}, member("2026-12-31T23:59:59"), True),
        ({}, member("2027-01-01T00:00"), False),
        ({"initiation_methods": ["TRANSFER"]}, member(), False),
        ({"initiation_methods": ["TRANSFER"]}, member(InitiationMethod="TRANSFER"), True),
        ({"subtypes": ["connect:WebRTC"]}, member(), False),
        (
            {"subtypes": ["connect:WebRTC"]},
            member(SegmentAttributes={"connect:Subtype": {"ValueString": "connect:WebRTC"}}),
            True,
        ),
        ({"max_talk_seconds": 60}, member(DisconnectTimestamp=at("2026-11-27T10:31")), True),
        ({"max_talk_seconds": 59}, member(DisconnectTimestamp=at("2026-11-27T10:31")), False),
        ({"max_talk_seconds": 60}, member(DisconnectTimestamp=None), False),
        ({"agents": ["59ede75e-26d7-44f9-bf20-32e6bfc378af"]}, member(), True),
        ({"agents": [number(8)]}, member(), False),
    ],
)
def test_a_rule_matches_when_all_its_criteria_do(rule: dict[str, Any], found: Member, holds: bool) -> None:
    matched = read(RULE | rule).rule_of(found)
    assert (matched is not None) is holds


def test_the_first_rule_that_matches_holds() -> None:
    policy = read({"id": "all", "queues": [QUEUE], "recording": "must"}, RULE | {"queues": [number(9)]})
    rule = policy.rule_of(member())
    assert rule is not None
    assert rule.recording is Requirement.MUST


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"reason": None}, "rule 'payments': 'reason' is missing"),
        ({"approved_by": None}, "rule 'payments': 'approved_by' is missing"),
        ({"valid_until": None}, "rule 'payments': 'valid_until' is missing"),
        (
            {"valid_until": "2027-02-06"},
            "rule 'payments': 'valid_until' is 2027-02-06, allowed is at most 400",
        ),
        ({"valid_from": None, "valid_until": "2028-01-02"}, "400 days after today"),
        ({"valid_until": "2025-12-31"}, "allowed is a day after 'valid_from'"),
        ({"valid_until": "next year"}, "rule 'payments': 'valid_until' is 'next year', allowed is a day"),
        ({"recording": "never"}, "rule 'payments': 'recording' is 'never', allowed is 'must', 'may' or"),
        ({"queues": []}, "rule 'payments': 'queues' is [], allowed is a list of UUIDs"),
        ({"queues": ["Service"]}, "rule 'payments': 'queues'"),
        ({"queue": ["x"]}, "rule 'payments': 'queue' is unknown, allowed keys are id, queues"),
        ({"max_talk_seconds": True}, "rule 'payments': 'max_talk_seconds' is True"),
        ({"max_talk_seconds": 0}, "allowed is a number above 0"),
        ({"id": "a b"}, "rule 1: 'id' is 'a b'"),
    ],
)
def test_a_wrong_rule_is_refused_by_its_name(wrong: dict[str, Any], says: str) -> None:
    rule = {key: value for key, value in (RULE | wrong).items() if value is not None}
    with pytest.raises(SettingsError) as refused:
        read(rule)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"default": "may"}', "'default' is 'may', allowed is 'must' or 'as_flow'"),
        ('{"rules": {}}', "'rules' is {}, allowed is a list of rules"),
        ('{"rules": [1]}', "rule 1 is 1"),
        ('{"standard": 1}', "'standard' is unknown"),
        ('{"version": 1}', "'version' is 1"),
    ],
)
def test_a_wrong_policy_is_refused_in_one_message(text: str, says: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_policy(text, TODAY)
    assert str(refused.value).startswith("Variable 'audio_leakage_policy'")
    assert says in str(refused.value)


def test_a_rule_that_can_never_match_is_refused() -> None:
    with pytest.raises(SettingsError, match="rule 'again' never matches: rule 'payments' before it"):
        read(RULE, RULE | {"id": "again", "max_talk_seconds": 5})
    with pytest.raises(SettingsError, match="rule 'payments' is there twice"):
        read(RULE, RULE)


@pytest.mark.parametrize(
    ("earlier", "later", "never_matches"),
    [
        ({}, {}, True),
        ({"valid_from": "2026-06-01"}, {}, False),
        ({"valid_until": "2026-12-01"}, {}, False),
        ({"valid_until": "2026-12-01"}, {"valid_until": "2026-12-01"}, True),
        ({"queues": None}, {}, True),
        ({}, {"queues": None}, False),
        ({"max_talk_seconds": 5}, {}, False),
        ({"max_talk_seconds": 5}, {"max_talk_seconds": 5}, True),
        ({"max_talk_seconds": 5}, {"max_talk_seconds": 6}, False),
    ],
)
def test_a_rule_never_matches_if_an_earlier_one_matches_all_that_it_could(
    earlier: dict[str, Any], later: dict[str, Any], never_matches: bool
) -> None:
    changed = [{**RULE, **earlier}, {**RULE, "id": "again", **later}]
    rules = [{key: value for key, value in rule.items() if value is not None} for rule in changed]
    if never_matches:
        with pytest.raises(SettingsError, match="rule 'again' never matches"):
            read(*rules)
    else:
        assert len(read(*rules).rules) == 2


@pytest.mark.parametrize(
    ("days_before_the_end", "is_told"), [(15, False), (14, True), (0, True), (-1, True), (-100, True)]
)
def test_a_rule_is_told_from_14_days_before_its_end(days_before_the_end: int, is_told: bool) -> None:
    today = date(2027, 1, 1) - timedelta(days=days_before_the_end)
    assert bool(read(RULE).ending(today)) is is_told


@pytest.mark.parametrize("key", ["reason", "approved_by"])
@pytest.mark.parametrize(
    ("text", "is_allowed"),
    [("x" * 200, True), ("x" * 201, False), ("", False), (4711, False), (["x"], False)],
)
def test_a_reason_and_an_approval_are_short_texts(key: str, text: object, is_allowed: bool) -> None:
    rule = {**RULE, key: text}
    if is_allowed:
        assert getattr(read(rule).rules[0], key) == text
    else:
        with pytest.raises(
            SettingsError, match=f"rule 'payments': '{key}' is .*, allowed is a text of at most 200"
        ):
            read(rule)


@pytest.mark.parametrize(
    ("first", "later", "is_refused"),
    [
        ({}, {}, True),
        ({"valid_until": "2026-12-31"}, {}, False),  # the later one holds for a day longer
        ({}, {"valid_until": "2026-12-31"}, True),
        ({"valid_from": "2026-01-02"}, {}, False),
        ({}, {"valid_from": "2026-01-02"}, True),
        ({"queues": [QUEUE, number(9)]}, {}, True),
        ({}, {"queues": [QUEUE, number(9)]}, False),
        ({"max_talk_seconds": 60}, {"max_talk_seconds": 60}, True),
        ({"max_talk_seconds": 60}, {"max_talk_seconds": 61}, False),
        ({"max_talk_seconds": 60}, {}, False),
    ],
)
def test_a_rule_is_refused_only_if_all_its_contacts_match_an_earlier_one(
    first: dict[str, Any], later: dict[str, Any], is_refused: bool
) -> None:
    rules = (RULE | first, RULE | {"id": "later"} | later)
    if is_refused:
        with pytest.raises(SettingsError, match="rule 'later' never matches"):
            read(*rules)
    else:
        assert len(read(*rules).rules) == 2
