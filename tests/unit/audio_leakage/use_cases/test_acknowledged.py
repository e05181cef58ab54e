"""What stands of the acknowledgements of a day, on the items of the contact table."""

import pytest

from audio_leakage.evidence.acknowledgement import Acknowledgement
from audio_leakage.use_cases.acknowledged import mark
from support.fakes import FakeTable, ended_with_agent, number


@pytest.mark.parametrize(("count", "batches"), [(0, []), (100, [100]), (101, [100, 1]), (200, [100, 100])])
def test_any_number_of_contacts_is_marked_a_hundred_at_a_time(count: int, batches: list[int]) -> None:
    contacts = FakeTable()
    contacts.put(*(ended_with_agent(contact_id=number(place)) for place in range(count)))
    acknowledgement = Acknowledgement(
        id="a",
        instance="i",
        day="2023-08-29",
        revision=1,
        manifest_sha256="0" * 64,
        cause="NETWORK",
        ticket="INC-1",
        valid_until=None,
        acknowledged_at="2023-08-30T09:00:00.000Z",
        acknowledged_by=None,
        run_id="manual__1",
        contacts=tuple(
            {"contact_id": number(place), "class": "MISSING", "counts_as": "MISSING"}
            for place in range(count)
        ),
    )
    assert mark(contacts, acknowledgement) == count
    assert contacts.batches == batches
    assert {item["Acknowledged"] for item in contacts.items.values()} == (
        {"2023-08-30T09:00:00.000Z MISSING NETWORK INC-1"} if count else set()
    )
