"""Three counts of the same contacts, and what they say about an hour."""

from dataclasses import replace
from typing import Any

import pytest

from audio_leakage.population.proof import Completeness, Proof


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ({"is_settled": False}, Completeness.PENDING),
        ({"is_settled": False, "total_count": 99}, Completeness.PENDING),
        ({}, Completeness.COMPLETE),
        ({"total_count": 101}, Completeness.INCOMPLETE),
        ({"total_count": 99}, Completeness.INCOMPLETE),
        ({"unreadable": 1}, Completeness.INCOMPLETE),
        ({"handled": None, "in_standard_queues": 0}, Completeness.COMPLETE),
        # The metric may differ by one percent, more or less.
        ({"handled": 101.0}, Completeness.COMPLETE),
        ({"handled": 99.0}, Completeness.COMPLETE),
        ({"handled": 102.0}, Completeness.INCOMPLETE),
        ({"handled": 98.0}, Completeness.INCOMPLETE),
        ({"handled": 0.0}, Completeness.INCOMPLETE),
        ({"handled": 0.0, "in_standard_queues": 0}, Completeness.COMPLETE),
    ],
)
def test_an_hour_is_complete_if_its_counts_agree(counts: dict[str, Any], status: Completeness) -> None:
    agreeing = Proof(
        hour="2023-08-29T10",
        listed=100,
        total_count=100,
        unreadable=0,
        in_standard_queues=100,
        handled=100.0,
        is_settled=True,
    )
    proof = replace(agreeing, **counts)
    assert proof.status(tolerance_percent=1) is status


def test_contacts_of_no_standard_queue_are_those_listed_and_read_beside_the_others() -> None:
    proof = Proof(hour="2023-08-29T10", listed=10, total_count=10, unreadable=1, in_standard_queues=6)
    assert proof.to_values(tolerance_percent=1)["outside_standard_queues"] == 3
