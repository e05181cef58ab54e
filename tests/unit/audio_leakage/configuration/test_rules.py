"""Each row of the table of rules: what it finds wrong, and that nothing is wrong before."""

from dataclasses import replace
from typing import Any

import pytest

from audio_leakage.configuration.rules import RULES, ConfigurationObject, wrong_with
from support.fakes import BUCKET, PREFIX, SETTINGS

PLACE = {"bucket": BUCKET, "key": None, "prefix": PREFIX}
ELSEWHERE = {**PLACE, "bucket": "elsewhere"}
KEY = "arn:aws:kms:af-south-1:123456789012:key/1"
LAMBDA = "arn:aws:lambda:af-south-1:123456789012:function:f"
TABLE = {"expires_by": "ExpiresAt", "is_protected": True, "is_recoverable": True}
_O = ConfigurationObject
#: Object, facts with which it is well, and facts with which it is wrong, in the order of the table.
CASES: tuple[tuple[tuple[ConfigurationObject, ...], dict[str, Any], dict[str, Any]], ...] = (
    ((_O.RECORDING_STORAGE,), {"places": [PLACE]}, {"places": []}),
    ((_O.RECORDING_STORAGE,), {"places": [PLACE]}, {"places": [PLACE, ELSEWHERE]}),
    ((_O.RECORDING_STORAGE,), {"places": [PLACE]}, {"places": [ELSEWHERE]}),
    ((_O.RECORDING_STORAGE,), {"places": [PLACE]}, {"places": [{**PLACE, "key": KEY}]}),
    ((_O.FLOW_LOGGING,), {"is_on": True}, {"is_on": False}),
    ((_O.FLOW_LOG_GROUP,), {"retention_days": None}, {"retention_days": 1}),
    (
        (_O.FLOW_LOG_SUBSCRIPTION,),
        {"filters": [{"destination": LAMBDA, "pattern": "*Recording*"}]},
        {"filters": [{"destination": LAMBDA, "pattern": "ERROR"}]},
    ),
    (
        (_O.RECORDING_BUCKET_LIFECYCLE, _O.EVIDENCE_BUCKET_LIFECYCLE),
        {"deleted_after_days": 5 * 365},
        {"deleted_after_days": 5 * 365 - 1},
    ),
    ((_O.RECORDING_BUCKET_LOCK,), {"mode": "GOVERNANCE"}, {"mode": "COMPLIANCE"}),
    ((_O.EVIDENCE_BUCKET_LOCK,), {"mode": "COMPLIANCE"}, {"mode": None}),
    (
        (_O.RECORDING_BUCKET_VERSIONING, _O.EVIDENCE_BUCKET_VERSIONING),
        {"status": "Enabled"},
        {"status": "Suspended"},
    ),
    (
        (_O.RECORDING_BUCKET_PUBLIC_ACCESS, _O.EVIDENCE_BUCKET_PUBLIC_ACCESS),
        {"BlockPublicAcls": True, "BlockPublicPolicy": True},
        {"BlockPublicAcls": True, "BlockPublicPolicy": False},
    ),
    (
        (_O.RECORDING_KEY, _O.EVIDENCE_KEY),
        {"key": KEY, "state": "Enabled"},
        {"key": KEY, "state": "PendingDeletion"},
    ),
    ((_O.CONTACT_TABLE,), TABLE, {**TABLE, "is_protected": False}),
    ((_O.CONTACT_TABLE,), TABLE, {**TABLE, "is_recoverable": False}),
    ((_O.CONTACT_TABLE,), {**TABLE, "expires_by": None}, {**TABLE, "expires_by": "Ttl"}),
    ((_O.POLICY,), {"ending": ""}, {"ending": "payments"}),
    ((_O.MONITOR,), {"longest_gap_minutes": 10}, {"longest_gap_minutes": 15}),
)


@pytest.mark.parametrize("place", range(len(CASES)))
def test_a_row_finds_its_mistake_and_nothing_is_wrong_without_it(place: int) -> None:
    objects, well, broken = CASES[place]
    rule = RULES[place]
    assert objects == rule.objects
    for name in objects:
        assert wrong_with(name, well, well, SETTINGS) is None
        assert wrong_with(name, broken, well, SETTINGS) == rule.wrong.format(**broken)


def test_every_row_has_a_case() -> None:
    assert len(CASES) == len(RULES)


def test_the_first_evidence_has_no_place_before_to_compare_with() -> None:
    free = replace(SETTINGS, recording_bucket=None, recording_prefix=None)
    assert wrong_with(_O.RECORDING_STORAGE, {"places": [ELSEWHERE]}, None, free) is None


def test_recordings_without_a_key_of_their_own_have_no_key_that_is_wrong() -> None:
    assert wrong_with(_O.RECORDING_KEY, {"key": None, "state": None}, None, SETTINGS) is None


def test_how_long_recordings_must_stay_is_a_setting() -> None:
    facts = {"deleted_after_days": 400}
    assert wrong_with(_O.RECORDING_BUCKET_LIFECYCLE, facts, None, SETTINGS)
    year = replace(SETTINGS, retention_years=1)
    assert wrong_with(_O.RECORDING_BUCKET_LIFECYCLE, facts, None, year) is None
