"""The messages of the hourly run."""

from collections import Counter

from audio_leakage.population.classes import Class
from audio_leakage.population.figures import Figures
from audio_leakage.population.messages import not_watched_alert
from audio_leakage.population.policy import Policy
from audio_leakage.runs.window import Window
from support.fakes import SENDER, at

HOUR = Window(at("10:00"), at("11:00"))


def told_of(queues: dict[str, int]) -> list[str]:
    """Return the lines about queues in a message about calls that must be recorded."""
    figures = Figures(
        classes=Counter({Class.ENTERED_BY_POLICY: sum(queues.values())}), entered_by_queue=Counter(queues)
    )
    message = not_watched_alert(figures, HOUR, Policy(), SENDER).message
    return [line for line in message.splitlines() if line.startswith("  ")]


def test_the_queue_with_the_most_calls_is_told_first() -> None:
    assert told_of({"a": 1, "c": 3, "b": 3, "d": 2}) == [
        "  queue b: 3",
        "  queue c: 3",
        "  queue d: 2",
        "  queue a: 1",
    ]


def test_thirty_queues_are_told_and_the_rest_are_counted() -> None:
    queues = {f"q{number:02}": 1 for number in range(30)}
    assert len(told_of(queues)) == 30
    lines = told_of(queues | {"z1": 1, "z2": 1})
    assert (lines[29], lines[30:]) == ("  queue q29: 1", ["  ... and 2 more"])
