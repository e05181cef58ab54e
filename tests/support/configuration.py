"""A configuration of AWS in memory, with nothing wrong in it until a test breaks something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audio_leakage.configuration.heartbeat import STEP
from support.fakes import BUCKET, PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from audio_leakage.errors import AudioLeakageError

EVIDENCE = "evidence"
RECORDING_KEY = "arn:aws:kms:af-south-1:123456789012:key/recordings"
EVIDENCE_KEY = "arn:aws:kms:af-south-1:123456789012:key/evidence"
FUNCTION = "arn:aws:lambda:af-south-1:123456789012:function:subscriber"
_WAYS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


class FakeConfiguration:
    """Answers each method with facts by the method's name, or by its name and the bucket or key asked about."""

    def __init__(self) -> None:
        self.facts: dict[Any, Any] = {
            "recording_storage": {"places": [{"bucket": BUCKET, "prefix": PREFIX, "key": RECORDING_KEY}]},
            "flow_logging": {"is_on": True},
            "log_group": {"retention_days": 30},
            "subscription_filters": {
                "filters": [
                    {"destination": FUNCTION, "pattern": '{ ($.ContactFlowModuleType = "*Recording*") }'}
                ]
            },
            "versioning": {"status": "Enabled"},
            ("object_lock", BUCKET): {"mode": None, "days": None, "years": None},
            ("object_lock", EVIDENCE): {"mode": "GOVERNANCE", "days": None, "years": 7},
            "lifecycle": [],
            "encryption": {"algorithm": "aws:kms", "key": RECORDING_KEY},
            "bucket_policy": {"sha256": "0" * 64},
            "public_access": dict.fromkeys(_WAYS, True),
            "replication": {"destinations": []},
            ("key_state", RECORDING_KEY): {"key": RECORDING_KEY, "state": "Enabled"},
            ("key_state", EVIDENCE_KEY): {"key": EVIDENCE_KEY, "state": "Enabled"},
            "key_rotation": {"is_rotated": True},
            "table": {"expires_by": "ExpiresAt", "is_protected": True, "is_recoverable": True},
        }
        self.errors: dict[Any, AudioLeakageError] = {}

    def ends_of_runs(self, table: str, start: datetime, end: datetime) -> list[datetime]:
        if ("ends_of_runs", table) in self.facts:
            found: list[datetime] = self.facts["ends_of_runs", table]
            return found
        return [start + place * STEP for place in range((end - start) // STEP)]

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def answer(about: str, *_: str) -> Any:  # noqa: ANN401  # facts, or rules of a lifecycle
            for key in ((method, about), method):
                if key in self.errors:
                    raise self.errors[key]
            return self.facts.get((method, about), self.facts.get(method))

        return answer
