"""The Airflow Variable ``audio_leakage``, validated.

Every key, its default and what is allowed stand in :class:`Settings`, one line each.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Self

from audio_leakage.errors import SettingsError
from audio_leakage.times import shown

VARIABLE = "audio_leakage"

_MOST_DAYS = 10
_MOST_NOTIFIERS = 5
_NOTIFIER = re.compile(r"airflow\.providers(\.[a-z][a-z0-9_]*)+\.notifications(\.[a-z][a-z0-9_]*)*\.[A-Z]\w*")

_Check = Callable[[Any], bool]


def _text(pattern: str, allowed: str, **default: str | None) -> Any:  # noqa: ANN401  # as dataclasses.field
    def check(value: object) -> bool:
        return isinstance(value, str) and re.fullmatch(pattern, value) is not None

    return field(metadata={"check": check, "allowed": allowed}, **default)  # type: ignore[call-overload]


def _number(low: float, high: float, default: float | None) -> Any:  # noqa: ANN401  # as dataclasses.field
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


def _notifiers() -> Any:  # noqa: ANN401  # as dataclasses.field
    def is_notifier(value: object) -> bool:
        if not isinstance(value, dict) or not {"notifier"} <= value.keys() <= {"notifier", "arguments"}:
            return False
        name, arguments = value["notifier"], value.get("arguments", {})
        return isinstance(name, str) and bool(_NOTIFIER.fullmatch(name)) and isinstance(arguments, dict)

    def check(value: object) -> bool:
        return isinstance(value, list) and len(value) <= _MOST_NOTIFIERS and all(map(is_notifier, value))

    allowed = (
        f"a list of at most {_MOST_NOTIFIERS} objects with 'notifier', a class of airflow.providers, and "
        "'arguments', an object"
    )
    return field(default=(), metadata={"check": check, "allowed": allowed})


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where alerts go."""

    topic_arn: str
    aws_conn_id: str | None
    connect_instance_id: str | None = None
    """What the alerts are about, where it is known."""
    runbook_url: str | None = None
    """Where they lead to, where it is known."""


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
    alert_notifiers: Sequence[Mapping[str, Any]] = _notifiers()
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
    runbook_url: str | None = _text(
        r"https?://[^\s#]{1,300}", "the address of the page that alerts link to, without #", default=None
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
    retention_years: float = _number(0, 100, default=5)
    keep_items_days: float | None = _number(2, 3650, default=None)
    population_tolerance_percent: float = _number(0, 100, default=0.5)

    @property
    def recipient(self) -> Recipient | None:
        """Where alerts go; None if nobody wants any."""
        if self.alert_topic_arn is None:
            return None
        return Recipient(self.alert_topic_arn, self.aws_conn_id, self.connect_instance_id, self.runbook_url)

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


def recipient_in(text: str | None) -> Recipient | None:
    """Find the topic in a Variable that cannot be used, so that somebody hears of it.

    The text need not even be JSON: a missing comma costs nobody the alert about it.

    :param text: the Variable's text; None stands for a Variable that is not set.
    :return: None where the text names no topic.
    """
    found = {setting.name: _value_in(text or "", setting.name) for setting in fields(Settings)}
    usable = {
        setting.name: found[setting.name]
        for setting in fields(Settings)
        if setting.metadata["check"](found[setting.name])
    }
    topic, names_none = usable.get("alert_topic_arn"), re.search(r"aws_conn_id['\"]\s*:\s*null", text or "")
    if topic is None:
        return None
    connection = None if names_none else usable.get("aws_conn_id", "aws_default")
    return Recipient(topic, connection, usable.get("connect_instance_id"), usable.get("runbook_url"))


def _value_in(text: str, name: str) -> str | None:
    found = re.search(rf"""['"]{name}['"]\s*:\s*['"]([^'"]*)['"]""", text)
    return found.group(1) if found else None


#: Keys for which null is a value of its own. For any other key it stands for the default.
_NULLABLE = frozenset({"aws_conn_id"})


def _wrong_keys(values: Mapping[str, object]) -> list[str]:
    known = {setting.name: setting for setting in fields(Settings)}
    unknown = [f"{shown(key)} is unknown{_meant(key)}" for key in values if key not in known]
    if unknown:
        unknown[-1] += f", allowed keys are {_keys()}"
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


def _meant(key: str) -> str:
    """Return the question that helps with a typo."""
    near = get_close_matches(key.strip().lower(), [setting.name for setting in fields(Settings)], n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


def _keys() -> str:
    return ", ".join(setting.name for setting in fields(Settings))
