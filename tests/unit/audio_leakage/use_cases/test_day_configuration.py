"""The configuration of a morning: in the evidence, in the mail, and told once of what is wrong."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from audio_leakage.configuration.rules import ConfigurationObject
from audio_leakage.errors import MissingError, ServiceUnavailable, SetupError
from audio_leakage.evidence.verify import verify
from audio_leakage.settings import Settings
from audio_leakage.use_cases.day_configuration import check_configuration
from audio_leakage.use_cases.proving import tell_evidence
from support.configuration import EVIDENCE, EVIDENCE_KEY, RECORDING_KEY
from support.day import KINDS, DailyWorld
from support.fakes import ALERTING, BUCKET, LOG_GROUP

DAY = date(2023, 8, 29)
ONE_DAY = timedelta(days=1)
COMPLETE: Settings = replace(
    ALERTING, evidence_bucket=EVIDENCE, evidence_key_arn=EVIDENCE_KEY, flow_log_group=LOG_GROUP
)
ALL_OK = {"ok": len(ConfigurationObject), "changed": 0, "wrong": 0, "not_checked": 0, "findings": []}


@pytest.fixture
def world() -> DailyWorld:
    world = DailyWorld(settings=COMPLETE)
    policy = replace(world.policy, rules=())
    run = world.run
    world.run = lambda day, now=None, **changes: run(day, now, policy=policy, **changes)  # type: ignore[method-assign]
    world.play(DAY, {"recorded": KINDS["recorded"]})
    return world


def configuration(world: DailyWorld, day: date, revision: int = 1) -> dict[str, Any]:
    stored = world.store.read(f"day={day}/revision={revision:03d}/configuration.json")
    objects: dict[str, Any] = json.loads(stored)["objects"]
    return objects


def alerts(world: DailyWorld) -> list[str]:
    """Return the subjects of the alerts about the configuration."""
    published = [each for each in world.ports.topic.published if "configured" in each[0]]
    return [subject for subject, *_ in published]


def test_a_good_configuration_is_ok_in_every_object(world: DailyWorld) -> None:
    assert check_configuration(world.run(DAY)) == ALL_OK
    assert alerts(world) == []


def test_the_evidence_has_the_configuration_and_the_chain_is_whole(world: DailyWorld) -> None:
    world.prove(DAY)
    assert set(configuration(world, DAY)) == set(ConfigurationObject)
    assert verify(world.store).links


def test_a_change_is_found_once_against_the_last_evidence(world: DailyWorld) -> None:
    world.prove(DAY)
    world.configuration.facts["bucket_policy", BUCKET] = {"sha256": "1" * 64}
    world.prove(DAY + ONE_DAY)
    changed = configuration(world, DAY + ONE_DAY)["recording_bucket_policy"]
    assert (changed["result"], changed["facts"]) == ("changed", {"sha256": "1" * 64})
    world.prove(DAY + 2 * ONE_DAY)
    assert configuration(world, DAY + 2 * ONE_DAY)["recording_bucket_policy"]["result"] == "ok"


def test_what_is_wrong_is_told_once_and_stays_wrong_in_each_evidence(world: DailyWorld) -> None:
    world.configuration.facts["versioning", BUCKET] = {"status": "Suspended"}
    for days in range(3):
        world.prove(DAY + days * ONE_DAY)
        found = configuration(world, DAY + days * ONE_DAY)["recording_bucket_versioning"]
        assert (found["result"], found["reason"]) == ("wrong", "versioning is Suspended")
    assert len(alerts(world)) == 1
    world.configuration.facts["flow_logging"] = {"is_on": False}
    world.prove(DAY + 3 * ONE_DAY)
    assert len(alerts(world)) == 2


def test_a_retry_does_not_tell_again(world: DailyWorld) -> None:
    world.configuration.facts["flow_logging"] = {"is_on": False}
    for _ in range(2):
        check_configuration(world.run(DAY))
    assert len(alerts(world)) == 1


def test_what_could_not_be_told_is_kept_and_told_by_the_next_run(world: DailyWorld) -> None:
    world.configuration.facts["flow_logging"] = {"is_on": False}
    world.ports.topic.error = ServiceUnavailable("throttled")
    with pytest.raises(ServiceUnavailable):
        check_configuration(world.run(DAY))
    world.ports.topic.error = None
    world.prove(DAY + ONE_DAY)
    assert configuration(world, DAY + ONE_DAY)["flow_logging"]["result"] == "wrong"
    assert len(alerts(world)) == 1


def test_a_denied_permission_leaves_one_object_unchecked_and_the_others_green(world: DailyWorld) -> None:
    world.configuration.errors["bucket_policy", BUCKET] = SetupError("grant s3:GetBucketPolicy")
    counts = check_configuration(world.run(DAY))
    assert counts == {
        **ALL_OK,
        "ok": len(ConfigurationObject) - 1,
        "not_checked": 1,
        "findings": [
            {
                "object": "recording_bucket_policy",
                "result": "not_checked",
                "reason": "grant s3:GetBucketPolicy",
            }
        ],
    }


def test_what_nobody_may_ask_is_compared_with_what_was_seen_before(world: DailyWorld) -> None:
    world.prove(DAY)
    world.configuration.errors["bucket_policy", BUCKET] = SetupError("grant s3:GetBucketPolicy")
    world.prove(DAY + ONE_DAY)
    del world.configuration.errors["bucket_policy", BUCKET]
    world.configuration.facts["bucket_policy", BUCKET] = {"sha256": "1" * 64}
    world.prove(DAY + 2 * ONE_DAY)
    assert configuration(world, DAY + 2 * ONE_DAY)["recording_bucket_policy"]["result"] == "changed"


def test_a_throttled_service_makes_the_task_red_after_all_others_were_checked(world: DailyWorld) -> None:
    world.configuration.errors["table"] = ServiceUnavailable("throttled")
    world.configuration.facts["flow_logging"] = {"is_on": False}
    with pytest.raises(ServiceUnavailable):
        check_configuration(world.run(DAY))
    assert len(alerts(world)) == 1


def test_a_log_group_that_is_gone_is_wrong(world: DailyWorld) -> None:
    world.configuration.errors["log_group"] = MissingError("log group does not exist")
    assert check_configuration(world.run(DAY))["findings"] == [
        {"object": "flow_log_group", "result": "wrong", "reason": "log group does not exist"}
    ]


def test_a_day_that_is_proved_again_has_no_new_revision_while_the_facts_are_the_same(
    world: DailyWorld,
) -> None:
    world.configuration.facts["versioning", BUCKET] = {"status": "Suspended"}
    world.prove(DAY)
    now = world.run(DAY).now
    assert world.prove(DAY, now + timedelta(hours=1))["unchanged"] == 1
    world.configuration.facts["versioning", BUCKET] = {"status": "Enabled"}
    assert world.prove(DAY, now + timedelta(hours=2))["revision"] == 2


def test_an_earlier_day_is_not_written_again_because_of_this_mornings_configuration(
    world: DailyWorld,
) -> None:
    world.prove(DAY, world.run(DAY).now + 9 * ONE_DAY)
    world.configuration.facts["flow_logging"] = {"is_on": False}
    written = world.prove(DAY + 30 * ONE_DAY)
    assert written["earlier_days"][str(DAY)]["unchanged"] == 1


def test_a_log_that_is_not_kept_any_more_says_nothing_of_the_monitor(world: DailyWorld) -> None:
    counts = check_configuration(world.run(DAY, world.run(DAY).now + 70 * ONE_DAY))
    (found,) = counts["findings"]
    assert (found["object"], found["result"]) == ("monitor", "not_checked")


def test_the_mail_says_what_is_wrong_and_how_many_objects_are_ok(world: DailyWorld) -> None:
    world.configuration.facts["flow_logging"] = {"is_on": False}
    world.prove(DAY)
    *_, (_, mail, _) = world.ports.topic.published
    assert f"{len(ConfigurationObject) - 1} ok, 1 wrong" in mail
    assert "wrong: flow_logging: the instance writes no flow logs" in mail


def test_the_mail_says_that_nobody_has_checked_the_configuration(world: DailyWorld) -> None:
    world.prove(DAY)
    for key in [key for key in world.store.objects if key.startswith("configuration/")]:
        del world.store.objects[key]
    tell_evidence(world.run(DAY))
    *_, (_, mail, _) = world.ports.topic.published
    assert "Configuration: not checked" in mail


def test_the_first_object_that_could_not_be_read_fails_the_task(world: DailyWorld) -> None:
    world.configuration.errors["log_group"] = ServiceUnavailable("the log group is throttled")
    world.configuration.errors["table"] = ServiceUnavailable("the table is throttled")
    with pytest.raises(ServiceUnavailable, match="log group"):
        check_configuration(world.run(DAY))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([RECORDING_KEY], {"key": RECORDING_KEY, "state": "Enabled", "is_rotated": True}),
        ([None, RECORDING_KEY], {"key": RECORDING_KEY, "state": "Enabled", "is_rotated": True}),
        ([None], {"key": None, "state": None}),
    ],
)
def test_the_key_of_recordings_is_the_first_that_a_storage_names(
    world: DailyWorld, keys: list[str | None], expected: dict[str, Any]
) -> None:
    places = [{"bucket": BUCKET, "prefix": "", "key": key} for key in keys]
    world.configuration.facts["recording_storage"] = {"places": places}
    world.prove(DAY)
    assert configuration(world, DAY)["recording_key"]["facts"] == expected
