"""The configuration in words."""

from audio_leakage.configuration.drift import Check, CheckResult, document_of
from audio_leakage.configuration.rules import ConfigurationObject
from audio_leakage.configuration.told import findings_of, mail_lines, wrong_alert
from support.fakes import SENDER

OBJECTS = list(ConfigurationObject)


def test_the_mail_counts_all_and_names_what_is_wrong_first() -> None:
    checks = [
        Check(OBJECTS[0], CheckResult.OK),
        Check(OBJECTS[1], CheckResult.NOT_CHECKED, "grant it"),
        Check(OBJECTS[2], CheckResult.WRONG, "it is off"),
    ]
    assert list(mail_lines(document_of(checks, "2026-11-24T06:40:00.000Z"))) == [
        "Configuration as of 2026-11-24T06:40:00.000Z: 1 ok, 1 wrong, 1 not_checked",
        f"  wrong: {OBJECTS[2]}: it is off",
        f"  not_checked: {OBJECTS[1]}: grant it",
    ]


def test_the_mail_stays_short_whatever_is_wrong() -> None:
    checks = [Check(name, CheckResult.WRONG, "it is off") for name in OBJECTS]
    lines = list(mail_lines(document_of(checks, "now")))
    assert len(lines) == 8
    assert lines[-1] == f"  and {len(OBJECTS) - 6} more in configuration.json"
    assert len(findings_of(document_of(checks, "now"))) == len(OBJECTS)


def test_the_alert_names_each_object_that_is_wrong_and_why() -> None:
    alert = wrong_alert({"recording_key": "the key is Disabled", "monitor": "it is off"}, SENDER)
    assert alert.subject == "Audio leakage: 2 objects are configured wrong"
    assert "recording_key: the key is Disabled\n" in alert.message
    assert "docs/operations.md#configuration_wrong" in alert.message
    assert (alert.attributes["event"], alert.attributes["count"]) == ("CONFIGURATION_WRONG", 2)
