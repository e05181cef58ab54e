"""A notifier of a provider that is installed, as a setting and over real HTTP."""

from typing import Any

from audio_leakage_hooks.alert_topic import AlertTopicHook
from audio_leakage_tasks.notifiers import NotifyingTopic
from support.stage import Stage


def test_the_sqs_notifier_of_the_amazon_provider_is_told_beside_the_topic(stage: Stage) -> None:
    stage.listen()
    sqs = stage.aws.client("sqs")
    queue_url = sqs.create_queue(QueueName="pager")["QueueUrl"]
    arguments = {"queue_url": queue_url, "message_body": "{subject}: {message}", "aws_conn_id": None}
    name = "airflow.providers.amazon.aws.notifications.sqs.SqsNotifier"
    context: Any = {}
    topic = NotifyingTopic(
        AlertTopicHook(aws_conn_id=None), [{"notifier": name, "arguments": arguments}], context
    )
    topic.publish(stage.settings["alert_topic_arn"], "2 leaks", "two", {"event": "CALL_RECORDED_FAILURE"})
    (told,) = sqs.receive_message(QueueUrl=queue_url)["Messages"]
    assert told["Body"] == "2 leaks: two"
    assert [heard["Message"] for heard in stage.heard()] == ["two"]
