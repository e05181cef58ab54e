"""What is said of an object: ok, changed, wrong or not checked."""

from audio_leakage.configuration.drift import Check, CheckResult, Reading, check, document_of, facts_of
from audio_leakage.configuration.rules import ConfigurationObject
from support.fakes import SETTINGS

POLICY = ConfigurationObject.RECORDING_BUCKET_POLICY
VERSIONING = ConfigurationObject.RECORDING_BUCKET_VERSIONING
MONITOR = ConfigurationObject.MONITOR


def result(name: ConfigurationObject, reading: Reading, before: dict[str, str] | None = None) -> Check:
    return check(name, reading, before, SETTINGS)


def test_without_a_last_evidence_the_rules_alone_apply() -> None:
    assert result(POLICY, Reading({"sha256": "a"})).result is CheckResult.OK
    assert result(VERSIONING, Reading({"status": "off"})).result is CheckResult.WRONG


def test_what_is_other_than_in_the_last_evidence_has_changed() -> None:
    changed = result(POLICY, Reading({"sha256": "b"}), {"sha256": "a"})
    assert (changed.result, changed.reason) == (
        CheckResult.CHANGED,
        "other than in the last evidence: sha256",
    )
    assert result(POLICY, Reading({"sha256": "a"}), {"sha256": "a"}).result is CheckResult.OK


def test_what_is_wrong_is_wrong_although_it_has_not_changed() -> None:
    assert result(VERSIONING, Reading({"status": "off"}), {"status": "off"}).result is CheckResult.WRONG


def test_what_could_not_be_read_is_not_checked_and_keeps_the_facts_that_were_seen_last() -> None:
    denied = result(POLICY, Reading(reason="grant s3:GetBucketPolicy"), {"sha256": "a"})
    assert (denied.result, denied.reason) == (CheckResult.NOT_CHECKED, "grant s3:GetBucketPolicy")
    assert facts_of(document_of([denied], "now")) == {POLICY: {"sha256": "a"}}


def test_what_is_not_there_is_wrong() -> None:
    gone = result(POLICY, Reading(is_missing=True, reason="bucket 'a' does not exist"))
    assert gone.result is CheckResult.WRONG


def test_each_day_has_its_own_runs_so_they_are_compared_with_no_other_day() -> None:
    quiet = {"longest_gap_minutes": 0, "missing_windows": 0}
    busy = {"longest_gap_minutes": 5, "missing_windows": 1}
    assert check(MONITOR, Reading(busy), quiet, SETTINGS).result is CheckResult.OK
