"""The topic alerts are published to."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.hooks.sns import SnsHook

from audio_leakage_aws.errors import domain_errors
from audio_leakage_hooks.retrying_hook import RetryingHook


class AlertTopicHook(RetryingHook, SnsHook):
    """Publish alerts to Amazon SNS.

    Additional arguments (such as ``aws_conn_id``) may be specified and are passed down to the underlying
    SnsHook. Every method raises the domain's ``SetupError`` and ``ServiceUnavailable``.

    .. seealso::
        - :class:`airflow.providers.amazon.aws.hooks.sns.SnsHook`
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]

    def publish(self, topic_arn: str, subject: str, message: str, attributes: dict[str, str | int]) -> None:
        """Publish one message.

        .. seealso::
            - :external+boto3:py:meth:`SNS.Client.publish`

        :param topic_arn: the topic.
        :param subject: at most 100 characters.
        :param message: the text.
        :param attributes: message attributes, to filter subscriptions on.
        """
        with domain_errors("sns:Publish", f"topic '{topic_arn}'", "alert_topic_arn"):
            self.publish_to_target(
                target_arn=topic_arn, message=message, subject=subject, message_attributes=dict(attributes)
            )
