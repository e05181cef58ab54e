"""What the page says that the monitor cannot see."""

from dataclasses import replace

import pytest

from audio_leakage.runs.mutes import Mutes
from audio_leakage.settings import Settings
from audio_leakage_ui.health import blind_spots
from support.fakes import ALERTING, LOG_GROUP, SETTINGS, at

NO_BLOCK = "We do not know calls whose flow has no recording block, or does not log."
NO_GROUP = "No flow_log_group is set: we do not know calls that the subscription misses."
NO_TOPIC = "No alert_topic_arn is set: you get no mails about leaks."
WHOLE = replace(ALERTING, flow_log_group=LOG_GROUP)
BROKEN = Mutes.from_json("{", at("12:00"), "audio_leakage_mutes")


@pytest.mark.parametrize(
    ("settings", "blind"),
    [
        (WHOLE, [NO_BLOCK]),
        (replace(WHOLE, flow_log_group=None), [NO_BLOCK, NO_GROUP]),
        (replace(WHOLE, alert_topic_arn=None), [NO_BLOCK, NO_TOPIC]),
        (SETTINGS, [NO_BLOCK, NO_GROUP, NO_TOPIC]),
        (
            replace(WHOLE, keep_items_days=9),
            [
                NO_BLOCK,
                "Calls of more than 9 days ago have left the table. The evidence has their verdicts.",
            ],
        ),
        (
            replace(WHOLE, keep_items_days=9.5),
            [
                NO_BLOCK,
                "Calls of more than 9.5 days ago have left the table. The evidence has their verdicts.",
            ],
        ),
    ],
)
def test_the_page_says_what_the_monitor_cannot_see(settings: Settings, blind: list[str]) -> None:
    assert blind_spots(settings, Mutes()) == blind


def test_the_page_says_that_a_wrong_mute_keeps_nothing_quiet() -> None:
    """Somebody believes that a leak is muted, or that it is not: both must hear of it."""
    (*_, last) = blind_spots(WHOLE, BROKEN)
    assert last.startswith("Variable 'audio_leakage_mutes' is not JSON: ")
    assert last.endswith("Allowed is a JSON list of mutes. A wrong mute stops no mail.")
