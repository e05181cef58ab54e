"""Alerts through Airflow's notifiers, beside the topic."""

import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from audio_leakage_tasks.notifiers import NotifyingTopic
from support.fakes import FakeTopic

NAME = "airflow.providers.acme.notifications.acme"
TOPIC = "arn:aws:sns:af-south-1:123456789012:alerts"


@dataclass
class Provider:
    """What the notifiers of a provider were told."""

    told: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    provider = Provider()

    class AcmeNotifier:
        def __init__(self, **arguments: Any) -> None:
            self.arguments = arguments

        def notify(self, context: dict[str, int]) -> None:
            provider.told.append({**self.arguments, "run": context["run"]})

    class BrokenNotifier(AcmeNotifier):
        def notify(self, context: dict[str, int]) -> None:
            raise ConnectionError(f"the token of {context} is wrong")

    module = ModuleType(NAME)
    module.AcmeNotifier, module.BrokenNotifier = AcmeNotifier, BrokenNotifier  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, NAME, module)
    return provider


def publish(topic: FakeTopic, *notifiers: dict[str, Any]) -> None:
    context: Any = {"run": 1}
    NotifyingTopic(topic, notifiers, context).publish(TOPIC, "2 leaks", "two\n{{ calls }}\n", {"event": "E"})


def test_a_notifier_is_told_what_the_topic_is_told(provider: Provider) -> None:
    topic = FakeTopic()
    arguments = {"blocks": [{"text": "{subject}: {message}"}], "channel": "#calls", "retries": 3}
    publish(topic, {"notifier": f"{NAME}.AcmeNotifier", "arguments": arguments})
    assert provider.told == [
        {"blocks": [{"text": "2 leaks: two\n{{ calls }}\n"}], "channel": "#calls", "retries": 3, "run": 1}
    ]
    assert topic.published == [("2 leaks", "two\n{{ calls }}\n", {"event": "E"})]


@pytest.mark.parametrize(
    ("name", "error"),
    [("BrokenNotifier", "ConnectionError"), ("NoNotifier", "AttributeError")],
)
def test_the_topic_hears_of_a_notifier_that_fails(provider: Provider, name: str, error: str) -> None:
    topic = FakeTopic()
    publish(topic, {"notifier": f"{NAME}.{name}"}, {"notifier": f"{NAME}.AcmeNotifier"})
    (_, message, _) = topic.published[0]
    assert message == f"two\n{{{{ calls }}}}\n\nNot told through {name}: {error}\n"
    assert len(provider.told) == 1  # the other one is told all the same


def test_a_provider_that_is_not_installed_is_told_to_the_topic() -> None:
    topic = FakeTopic()
    publish(topic, {"notifier": "airflow.providers.nobody.notifications.nobody.NobodyNotifier"})
    assert "Not told through NobodyNotifier: ModuleNotFoundError" in topic.published[0][1]


def test_without_notifiers_the_alert_is_as_it_was() -> None:
    topic = FakeTopic()
    publish(topic)
    assert topic.published == [("2 leaks", "two\n{{ calls }}\n", {"event": "E"})]
