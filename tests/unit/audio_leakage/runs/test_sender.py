"""Who sends a message."""

from dataclasses import replace

import pytest

from support.fakes import SENDER

START = "Audio leakage [production]: "


@pytest.mark.parametrize(
    ("length", "kept"), [(100 - len(START), 100 - len(START)), (101 - len(START), 100 - len(START))]
)
def test_a_subject_has_the_hundred_characters_that_sns_takes(length: int, kept: int) -> None:
    sender = replace(SENDER, environment="production")
    assert sender.subject("x" * length) == START + "x" * kept
