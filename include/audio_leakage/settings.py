"""The Airflow Variable ``audio_leakage``, validated.

Every key, its default and what is allowed stand in :class:`Settings`, one line each.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from typing import Any, Self

from audio_leakage.errors import SettingsError
from audio_leakage.times import shown

VARIABLE = "audio_leakage"

_MOST_DAYS = 10

_Check = Callable[[Any], bool]


def _text(pattern: str, allowed: str, **default: str | None) -> Any:  # noqa: ANN401  # as dataclasses.field
    def check(value: object) -> bool:
        return isinstance(value, str) and re.fullmatch(pattern, value) is not None

    return field(metadata={"check": check, "allowed": allowed}, **default)  # type: ignore[call-overload]


def _number(low: float, high: float, default: float) -> Any:  # noqa: ANN401  # as dataclasses.field
    def check(value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return low <= value <= high  # which NaN is not

    return field(default=default, metadata={"check": check, "allowed": f"a number from {low:g} to {high:g}"})


def _days(default: tuple[int, ...]) -> Any:  # noqa: ANN401  # as dataclasses.field
    def check(value: object) -> bool:
        days = value if isinstance(value, list) and len(value) <= _MOST_DAYS else [None]
        return all(isinstance(each, int) and not isinstance(each, bool) and 1 <= each <= 700 for each in days)

    allowed = f"a list of at most {_MOST_DAYS} whole numbers from 1 to 700"
    return field(default=default, metadata={"check": check, "allowed": allowed})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator can set; a key that is missing has the default, a wrong one is refused."""

    connect_instance_id: str = _text(
        r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "the instance's UUID"
    )
    contact_table: str = _text(r"[A-Za-z0-9_.-]{3,255}", "the name of a DynamoDB table")
    recording_bucket: str | None = _text(
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket", default=None
    )
    recording_prefix: str | None = _text(
        r"([^/\x00-\x1f\x7f-\x9f\ud800-\udfff]+(/[^/\x00-\x1f\x7f-\x9f\ud800-\udfff]+)*)?",
        "a prefix without date and without slash at either end",
        default=None,
    )
    flow_log_group: str | None = _text(r"[A-Za-z0-9_./#-]{1,512}", "the name of a log group", default=None)
    alert_topic_arn: str | None = _text(
        r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}",
        "the ARN of an SNS topic",
        default=None,
    )
    connect_access_url: str | None = _text(
        r"https://[A-Za-z0-9.-]+(/connect)?",
        "the instance's access URL, such as https://acme.my.connect.aws",
        default=None,
    )
    evidence_bucket: str | None = _text(
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket", default=None
    )
    evidence_prefix: str | None = _text(
        r"[A-Za-z0-9_.=-]+(/[A-Za-z0-9_.=-]+)*", "a prefix without slash at either end", default=None
    )
    evidence_key_arn: str | None = _text(
        r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,64}",
        "the ARN of a KMS key",
        default=None,
    )
    aws_conn_id: str | None = _text(
        r"[\w.-]{1,200}",
        "the id of an Airflow connection, or null for boto3's own credentials",
        default="aws_default",
    )
    first_check_minutes: float = _number(0, 1440, default=2)
    failure_after_minutes: float = _number(0, 10080, default=60)
    recheck_days: float = _number(0, 365, default=7)
    longest_call_hours: float = _number(1, 168, default=24)
    describe_contact_rps: float = _number(0.1, 1000, default=8)
    search_contacts_rps: float = _number(0.05, 100, default=0.4)
    population_rps: float = _number(0.01, 100, default=0.1)
    settle_hours: float = _number(1, 48, default=6)
    reverify_after_days: Sequence[int] = _days(default=(30, 90, 365))
    population_tolerance_percent: float = _number(0, 100, default=0.5)

    @property
    def first_check(self) -> timedelta:
        """How long after its end a contact is first looked for in the bucket."""
        return timedelta(minutes=self.first_check_minutes)

    @property
    def failure_after(self) -> timedelta:
        """How long after its end a contact without a recording has failed."""
        return timedelta(minutes=self.failure_after_minutes)

    @property
    def recheck_for(self) -> timedelta:
        """How long after its end a failed contact is still looked for."""
        return timedelta(days=self.recheck_days)

    @property
    def longest_call(self) -> timedelta:
        """How long a contact is followed that Connect does not end."""
        return timedelta(hours=self.longest_call_hours)

    @property
    def settle_after(self) -> timedelta:
        """How long after its end an hour's population is counted again."""
        return timedelta(hours=self.settle_hours)

    @classmethod
    def from_json(cls, text: str | None, variable: str = VARIABLE) -> Self:
        """Read a Variable's text; None stands for a Variable that is not set.

        :param variable: the Variable's name, for the message.
        :raises SettingsError: one message that names every wrong key and what is allowed.
        """
        if text is None:
            raise SettingsError(
                f"Variable '{variable}' is not set: allowed is a JSON object with the keys {_keys()}"
            )
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"Variable '{variable}' is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise SettingsError(f"Variable '{variable}' is not a JSON object: allowed keys are {_keys()}")
        wrong = [*_wrong_keys(values), *_wrong_values(values)]
        if not wrong:
            settings = cls(
                **{key: value for key, value in values.items() if value is not None or key in _NULLABLE}
            )
            wrong = _wrong_together(settings)
        if wrong:
            raise SettingsError(f"Variable '{variable}': {'; '.join(wrong)}")
        return settings


#: Keys for which null is a value of its own. For any other key it stands for the default.
_NULLABLE = frozenset({"aws_conn_id"})


def _wrong_keys(values: Mapping[str, object]) -> list[str]:
    known = {setting.name: setting for setting in fields(Settings)}
    unknown = [f"{shown(key)} is unknown, allowed keys are {_keys()}" for key in values if key not in known]
    missing = [
        f"'{name}' is missing, it must be {setting.metadata['allowed']}"
        for name, setting in known.items()
        if setting.default is MISSING and values.get(name) is None
    ]
    return unknown + missing


def _wrong_values(values: Mapping[str, object]) -> list[str]:
    return [
        f"'{setting.name}' is {shown(values[setting.name])}, allowed is {setting.metadata['allowed']}"
        for setting in fields(Settings)
        if values.get(setting.name) is not None and not setting.metadata["check"](values[setting.name])
    ]


def _wrong_together(settings: Settings) -> list[str]:
    wrong = []
    if (settings.recording_bucket is None) != (settings.recording_prefix is None):
        wrong.append("'recording_bucket' and 'recording_prefix' must be set both or neither")
    if settings.first_check_minutes > settings.failure_after_minutes:
        wrong.append("'first_check_minutes' must not be more than 'failure_after_minutes'")
    return wrong


def _keys() -> str:
    return ", ".join(setting.name for setting in fields(Settings))
