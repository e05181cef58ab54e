"""After how many days a bucket deletes, from its lifecycle rules."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audio_leakage.configuration.lifecycle import deleted_after_days

NOW = datetime(2026, 11, 24, tzinfo=UTC)
FOLDER = "connect/acme/CallRecordings"


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ({"Expiration": {"Days": 30}}, 30),
        ({"Expiration": {"Date": NOW + timedelta(days=10)}}, 10),
        ({"Expiration": {"Date": NOW - timedelta(days=10)}}, 0),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 7}}, 7),
        ({"Expiration": {"Days": 30}, "NoncurrentVersionExpiration": {"NoncurrentDays": 7}}, 7),
        ({"Expiration": {"Days": 30}, "Filter": {"Prefix": "connect/"}}, 30),
        ({"Expiration": {"Days": 30}, "Filter": {"Prefix": f"{FOLDER}/2026"}}, 30),
        ({"Expiration": {"Days": 30}, "Filter": {"And": {"Prefix": "connect/", "Tags": []}}}, 30),
        ({"Expiration": {"Days": 30}, "Filter": {"Tag": {"Key": "a", "Value": "b"}}}, 30),
        ({"Expiration": {"Days": 30}, "Prefix": ""}, 30),
        ({"Expiration": {"Days": 30}, "Filter": {"Prefix": "exports/"}}, None),
        ({"Expiration": {"Days": 30}, "Filter": {"And": {"Prefix": "exports/", "Tags": []}}}, None),
        ({"Expiration": {"Days": 30}, "Prefix": "exports/"}, None),
        ({"Expiration": {"ExpiredObjectDeleteMarker": True}}, None),
        ({"Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}, None),
        ({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}, None),
    ],
)
def test_a_rule_deletes_after_its_days_if_it_concerns_the_folder(
    rule: dict[str, Any], days: int | None
) -> None:
    assert deleted_after_days([{"Status": "Enabled", **rule}], FOLDER, NOW) == days


def test_a_rule_that_is_switched_off_deletes_nothing() -> None:
    assert deleted_after_days([{"Status": "Disabled", "Expiration": {"Days": 1}}], FOLDER, NOW) is None


def test_of_several_rules_the_shortest_counts() -> None:
    rules = [{"Status": "Enabled", "Expiration": {"Days": days}} for days in (90, 30, 60)]
    assert deleted_after_days(rules, FOLDER, NOW) == 30
