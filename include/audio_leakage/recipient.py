"""Find where alerts go, even if the settings cannot be used."""

import re
from dataclasses import dataclass, fields

from audio_leakage.settings import Settings


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where alerts go."""

    topic_arn: str
    aws_conn_id: str | None
    connect_instance_id: str | None = None
    """What the alerts are about, where it is known."""
    runbook_url: str | None = None
    """Where they lead to, where it is known."""


def recipient_from(settings: Settings) -> Recipient | None:
    """Return where alerts go; None if nobody wants any."""
    if settings.alert_topic_arn is None:
        return None
    return Recipient(
        settings.alert_topic_arn, settings.aws_conn_id, settings.connect_instance_id, settings.runbook_url
    )


def recipient_in(text: str | None) -> Recipient | None:
    """Find the topic in a Variable that cannot be used, so that somebody hears of it.

    The text need not even be JSON, so you hear even of a missing comma.

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
