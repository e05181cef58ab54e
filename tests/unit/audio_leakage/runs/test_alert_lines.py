"""What an alert says about several contacts."""

import pytest

from audio_leakage.contacts.contact import Contact
from audio_leakage.runs.alert_lines import check_again, in_common
from support.fakes import SENDER, at, contact, number


def called(position: int, connected: str | None = None, initialised: str | None = None) -> Contact:
    return contact(
        contact_id=number(position),
        queue_id="q",
        connected_to_agent_timestamp=at(connected) if connected else None,
        initialised_at=at(initialised) if initialised else None,
    )


@pytest.mark.parametrize(
    ("contacts", "common"),
    [
        ([], []),
        ([called(1, "10:30")], []),
        ([called(1), called(2)], ["queue q"]),
        ([called(1), called(2, "10:30")], ["queue q", "begun 2023-08-29 10:30 UTC"]),
        ([called(1, "10:30:01"), called(2, "10:30:59")], ["queue q", "begun 2023-08-29 10:30 UTC"]),
        ([called(1, "10:31"), called(2, "10:30")], ["queue q", "begun 2023-08-29 10:30 to 10:31 UTC"]),
        (
            [called(1, "23:59"), called(2, "2023-08-30 00:01")],
            ["queue q", "begun 2023-08-29 23:59 to 2023-08-30 00:01 UTC"],
        ),
        (
            [called(1, "10:30", "10:29"), called(2, None, "10:28")],
            ["queue q", "begun 2023-08-29 10:28 to 10:30 UTC"],
        ),
    ],
)
def test_several_contacts_are_told_by_what_they_share(contacts: list[Contact], common: list[str]) -> None:
    assert in_common(contacts) == common


def test_many_contacts_without_a_time_are_checked_again_by_their_ids() -> None:
    (command,) = check_again([called(position) for position in range(11)], SENDER)
    ids = " ".join(number(position) for position in range(11))
    assert command == (
        f'Check again: airflow dags trigger monitor_audio_leakage --conf \'{{"contact_ids": "{ids}"}}\''
    )
