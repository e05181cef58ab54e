"""Where a mail comes from, in its subject."""

import pytest

from audio_leakage.runs.sender import Sender


@pytest.mark.parametrize(
    ("names", "subject"),
    [
        ({}, "Audio leakage: a call"),
        ({"instance_name": "acme"}, "Audio leakage [acme]: a call"),
        ({"instance_name": "acme", "environment": "production"}, "Audio leakage [production]: a call"),
    ],
)
def test_a_subject_names_the_environment_or_else_the_instance(names: dict[str, str], subject: str) -> None:
    assert Sender(dag_id="monitor", variable="settings", **names).subject("a call") == subject


def test_a_subject_is_no_longer_than_sns_takes() -> None:
    sender = Sender(dag_id="monitor", variable="settings")
    whole = 100 - len(sender.subject(""))
    assert len(sender.subject("x" * whole)) == len(sender.subject("x" * (whole + 1))) == 100
