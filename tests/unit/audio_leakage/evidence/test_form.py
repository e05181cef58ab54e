"""The params of whoever acknowledges: what is allowed, and what is refused in one sentence."""

from datetime import date
from typing import Any

import pytest

from audio_leakage.errors import WindowError
from audio_leakage.evidence.acknowledgement import AcknowledgedCause
from audio_leakage.evidence.form import ACKNOWLEDGEABLE, request_of
from support.fakes import number

TODAY = date(2023, 9, 1)
QUEUE = "54b468a3-86b1-4746-aeb5-c31b62eecaa2"
NAMED: dict[str, Any] = {"contact_ids": number(1), "cause": "UPLOAD_FAILED"}
OF_A_CLASS: dict[str, Any] = {"day": "2023-08-29", "class": "MISSING", "cause": "UPLOAD_FAILED"}


def test_contacts_are_named_one_by_one() -> None:
    request = request_of(NAMED | {"contact_ids": f"{number(2)}, {number(1).upper()}"}, TODAY)
    assert request.contact_ids == (number(2), number(1))
    assert request.cause is AcknowledgedCause.UPLOAD_FAILED


def test_a_class_of_a_day_is_named_for_one_queue() -> None:
    request = request_of(OF_A_CLASS | {"queue_id": QUEUE.upper(), "valid_until": "2023-10-01"}, TODAY)
    assert (request.day, request.contact_class, request.queue_id) == (date(2023, 8, 29), "MISSING", QUEUE)
    assert request.valid_until == date(2023, 10, 1)


@pytest.mark.parametrize("ticket", ["CHG-4711", "INC0012345", "A1-1"])
def test_a_ticket_has_letters_and_a_number(ticket: str) -> None:
    assert request_of(NAMED | {"ticket": ticket}, TODAY).ticket == ticket


@pytest.mark.parametrize(
    ("params", "says"),
    [
        (NAMED | {"contact_ids": None}, "name contact_ids, or day and class"),
        (OF_A_CLASS | {"day": None}, "name contact_ids, or day and class"),
        (NAMED | OF_A_CLASS, "not both"),
        (NAMED | {"contact_ids": "somebody"}, "allowed is a UUID"),
        (NAMED | {"contact_ids": " ".join(map(number, range(501)))}, "at most 500"),
        (NAMED | {"queue_id": QUEUE}, "queue_id narrows day and class down"),
        (OF_A_CLASS | {"queue_id": "support"}, "allowed is a UUID"),
        (OF_A_CLASS | {"class": "VERIFIED"}, "class is 'VERIFIED'; allowed are RECORDED_AGAINST_POLICY"),
        (OF_A_CLASS | {"day": "yesterday"}, "day is no day"),
        (NAMED | {"cause": None}, "allowed are FLOW_WITHOUT_RECORDING"),
        (NAMED | {"cause": "it was Jane's mistake"}, "allowed are FLOW_WITHOUT_RECORDING"),
        (NAMED | {"cause": "OTHER"}, "cause OTHER needs a ticket"),
        (NAMED | {"cause": "FALSE_POSITIVE"}, "cause FALSE_POSITIVE needs a ticket"),
        (NAMED | {"ticket": "call Jane, +49 30 123456"}, "such as CHG-4711"),
        (NAMED | {"ticket": "4930123456"}, "such as CHG-4711"),
        (NAMED | {"valid_until": "2023-08-31"}, "between today and 400 days"),
        (NAMED | {"valid_until": "2025-09-01"}, "between today and 400 days"),
    ],
)
def test_a_wrong_param_is_refused_in_one_sentence(params: dict[str, Any], says: str) -> None:
    with pytest.raises(WindowError) as refused:
        request_of(params, TODAY)
    assert says in str(refused.value)
    assert "Jane" not in str(refused.value).replace("it was Jane's mistake", "")


def test_only_exceptions_can_be_acknowledged() -> None:
    assert "MISSING" in ACKNOWLEDGEABLE
    assert not {"VERIFIED", "EXCLUDED", "RECORDED_UNASKED"} & set(ACKNOWLEDGEABLE)
