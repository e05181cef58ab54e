"""The message about the contacts of an hour that nobody watched."""

from collections import Counter

from audio_leakage.population.classes import Class
from audio_leakage.population.figures import Figures
from audio_leakage.population.hour import hour_named
from audio_leakage.population.messages import not_watched_alert
from audio_leakage.population.policy import Policy
from support.fakes import SENDER


def test_the_queues_come_by_the_number_of_their_contacts_and_30_of_them_are_listed() -> None:
    counts = Counter({f"q{place:02}": 1 for place in range(30)} | {"many": 3, "some": 2, "more": 2})
    figures = Figures(classes=Counter({Class.UNEXPLAINED: counts.total()}), unexplained_by_queue=counts)
    message = not_watched_alert(figures, hour_named("2023-08-29T10"), Policy(), SENDER).message
    queues = [line for line in message.splitlines() if line.startswith("  ")]
    assert queues[:4] == ["  queue many: 3", "  queue more: 2", "  queue some: 2", "  queue q00: 1"]
    assert queues[30:] == ["  ... and 3 more"]
