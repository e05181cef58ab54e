"""The Airflow Variable ``audio_leakage``, validated.

Every key, its default and what is allowed stand in :class:`Settings`, one line each.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from audio_leakage.errors import SettingsError
from audio_leakage.setting_kinds import days, keys_of, notifiers, number, text, wrong_keys, wrong_values

VARIABLE = "audio_leakage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator can set; a key that is missing has the default, a wrong one is refused."""

    connect_instance_id: str = text(
        r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "the instance's UUID"
    )
    contact_table: str = text(r"[A-Za-z0-9_.-]{3,255}", "the name of a DynamoDB table")
    recording_bucket: str | None = text(
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket", default=None
    )
    recording_prefix: str | None = text(
        r"([^/\x00-\x1f\x7f-\x9f\ud800-\udfff]+(/[^/\x00-\x1f\x7f-\x9f\ud800-\udfff]+)*)?",
        "a prefix without date and without slash at either end",
        default=None,
    )
    flow_log_group: str | None = text(r"[A-Za-z0-9_./#-]{1,512}", "the name of a log group", default=None)
    alert_topic_arn: str | None = text(
        r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}",
        "the ARN of an SNS topic",
        default=None,
    )
    alert_notifiers: Sequence[Mapping[str, Any]] = notifiers()
    connect_access_url: str | None = text(
        r"https://[A-Za-z0-9.-]+(/connect)?",
        "the instance's access URL, such as https://acme.my.connect.aws",
        default=None,
    )
    evidence_bucket: str | None = text(
        r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket", default=None
    )
    evidence_prefix: str | None = text(
        r"[A-Za-z0-9_.=-]+(/[A-Za-z0-9_.=-]+)*", "a prefix without slash at either end", default=None
    )
    evidence_key_arn: str | None = text(
        r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,64}",
        "the ARN of a KMS key",
        default=None,
    )
    runbook_url: str | None = text(
        r"https?://[^\s#]{1,300}", "the address of the page that alerts link to, without #", default=None
    )
    aws_conn_id: str | None = text(
        r"[\w.-]{1,200}",
        "the id of an Airflow connection, or null for boto3's own credentials",
        default="aws_default",
    )
    first_check_minutes: float = number(0, 1440, default=2)
    failure_after_minutes: float = number(0, 10080, default=60)
    recheck_days: float = number(0, 365, default=7)
    longest_call_hours: float = number(1, 168, default=24)
    describe_contact_rps: float = number(0.1, 1000, default=8)
    search_contacts_rps: float = number(0.05, 100, default=0.4)
    population_rps: float = number(0.01, 100, default=0.1)
    settle_hours: float = number(1, 48, default=6)
    reverify_after_days: Sequence[int] = days(default=(30, 90, 365))
    retention_years: float = number(0, 100, default=5)
    keep_items_days: float | None = number(2, 3650, default=None)
    population_tolerance_percent: float = number(0, 100, default=0.5)

    @property
    def instance_name(self) -> str | None:
        """The first word of the instance's address, which is its alias."""
        if self.connect_access_url is None:
            return None
        return self.connect_access_url.removeprefix("https://").partition(".")[0]

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
    def evidence_folder(self) -> str:
        """Folder of the instance's evidence in the evidence bucket, with a slash at its end."""
        prefix = f"{self.evidence_prefix}/" if self.evidence_prefix else ""
        return f"{prefix}audio-leakage/v1/instance={self.connect_instance_id}/"

    @property
    def keep_items_for(self) -> timedelta | None:
        """How long after its day an item stays in the table once there is final evidence; None: for ever."""
        return None if self.keep_items_days is None else timedelta(days=self.keep_items_days)

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
                f"Variable '{variable}' is not set: allowed is a JSON object with the keys {keys_of(cls)}"
            )
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"Variable '{variable}' is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise SettingsError(
                f"Variable '{variable}' is not a JSON object: allowed keys are {keys_of(cls)}"
            )
        wrong = [*wrong_keys(cls, values), *wrong_values(cls, values)]
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


def _wrong_together(settings: Settings) -> list[str]:
    wrong = []
    pair = {name: getattr(settings, name) for name in ("recording_bucket", "recording_prefix")}
    alone = [name for name, value in pair.items() if value is not None]
    if len(alone) == 1:
        wrong.append(
            "'recording_bucket' and 'recording_prefix' go together and must be set both or neither: "
            f"only '{alone[0]}' is set. With neither, Connect says where the recordings lie"
        )
    if settings.alert_notifiers and settings.alert_topic_arn is None:
        wrong.append("'alert_notifiers' needs 'alert_topic_arn': the topic hears of a notifier that fails")
    if settings.first_check_minutes > settings.failure_after_minutes:
        wrong.append("'first_check_minutes' must not be more than 'failure_after_minutes'")
    if settings.keep_items_days is not None and settings.keep_items_days < settings.recheck_days + 2:
        wrong.append("'keep_items_days' must be at least two more than 'recheck_days'")
    if settings.keep_items_days is not None and settings.evidence_bucket is None:
        wrong.append("'keep_items_days' needs 'evidence_bucket': an item leaves after its evidence is final")
    return wrong
