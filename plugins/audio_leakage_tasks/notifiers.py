"""Tell alerts through Airflow's notifiers, too: Slack, PagerDuty or mail is a setting.

We answer for the SNS topic alone: it gets each alert at least once. A notifier gets each alert once. If
it fails, the alert on the topic says so, and nothing is held up.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from airflow.sdk import Context

    from audio_leakage.ports import AlertTopic

#: In the arguments of a notifier, these words stand for the alert.
_SUBJECT, _MESSAGE = "{subject}", "{message}"

log = logging.getLogger("airflow.task")


class NotifyingTopic:
    """An alert topic that tells notifiers first.

    :param topic: the SNS topic.
    :param notifiers: the setting ``alert_notifiers``.
    :param context: the context of the task.
    """

    def __init__(self, topic: AlertTopic, notifiers: Sequence[Mapping[str, Any]], context: Context) -> None:
        self._topic, self._notifiers, self._context = topic, notifiers, context

    def publish(self, topic_arn: str, subject: str, message: str, attributes: dict[str, str | int]) -> None:
        """Tell every notifier, then publish to the topic.

        :param topic_arn: the topic.
        :param subject: at most 100 characters.
        :param message: the text.
        :param attributes: message attributes, to filter subscriptions on.
        """
        failed = list(self._failures(subject, message))
        told = "\n".join([message.rstrip("\n"), "", *failed, ""]) if failed else message
        self._topic.publish(topic_arn, subject, told, attributes)

    def _failures(self, subject: str, message: str) -> Iterator[str]:
        for each in self._notifiers:
            name = str(each["notifier"])
            try:
                arguments = _filled(each.get("arguments", {}), subject, message)
                # Not through __call__: it swallows errors, and would render the message as a template.
                _class_of(name)(**arguments).notify(self._context)
            except Exception as error:  # a provider's notifier may raise anything
                log.warning("%s did not tell an alert", name, exc_info=error)
                yield f"Not told through {name.rpartition('.')[2]}: {type(error).__name__}"


def _class_of(name: str) -> Callable[..., Any]:
    module, _, kind = name.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(module), kind)
    return found


def _filled(value: Any, subject: str, message: str) -> Any:  # noqa: ANN401  # as wide as JSON
    """Return arguments with the alert in place of its words, however deep they lie."""
    if isinstance(value, str):
        return value.replace(_SUBJECT, subject).replace(_MESSAGE, message)
    if isinstance(value, dict):
        return {name: _filled(each, subject, message) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, subject, message) for each in value]
    return value
