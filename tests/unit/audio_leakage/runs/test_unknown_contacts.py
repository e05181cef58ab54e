"""A task whose contacts Connect all does not know says so, unless there is reason to wait."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ClosedReason
from audio_leakage.errors import ServiceUnavailable, SetupError
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.unknown_contacts import trouble_with_unknown
from support.fakes import CONTACT_ID, INSTANCE_ID, MINUTE, FakeTable, World, answer, at, contact, number

NOW = at("12:00")
TOO_LONG = 10 * MINUTE


def unknown_for(since: timedelta | None, position: int = 1, reason: ClosedReason | None = None) -> Contact:
    """Return a contact that Connect has not known for some time."""
    moment = None if since is None else NOW - since
    return contact(contact_id=number(position), not_found_since=moment, closed_reason=reason)


def run_with(world: World, *unknown: Contact) -> RunContext:
    run = world.run(NOW)
    run.unknown.extend(unknown)
    return run


def test_an_instance_that_knows_none_of_the_contacts_is_named() -> None:
    run = run_with(World(), unknown_for(TOO_LONG), unknown_for(None, 2))
    error = trouble_with_unknown(run)
    assert isinstance(error, SetupError)
    assert str(error) == (
        f"Connect instance '{INSTANCE_ID}' knows none of 2 contacts: "
        "correct 'connect_instance_id' or 'flow_log_group' in the settings"
    )


@pytest.mark.parametrize(
    ("unknown", "is_trouble"),
    [
        ([], False),
        ([unknown_for(None)], False),
        ([unknown_for(TOO_LONG - timedelta(milliseconds=1))], False),
        ([unknown_for(TOO_LONG)], True),
        ([unknown_for(MINUTE), unknown_for(TOO_LONG, 2)], True),
        ([unknown_for(TOO_LONG, 1, ClosedReason.NOT_FOUND)], False),
        ([unknown_for(TOO_LONG, 1, ClosedReason.NOT_FOUND), unknown_for(TOO_LONG, 2)], True),
    ],
)
def test_contacts_may_be_unknown_for_less_than_ten_minutes(unknown: list[Contact], is_trouble: bool) -> None:
    assert (trouble_with_unknown(run_with(World(), *unknown)) is not None) is is_trouble


def test_one_contact_that_connect_knows_proves_the_instance() -> None:
    run = run_with(World(), unknown_for(TOO_LONG))
    run.known = 1
    assert trouble_with_unknown(run) is None


@pytest.mark.parametrize(
    ("began", "is_ours", "is_trouble"),
    [("10:30", True, False), ("10:30", False, True), ("06:00", True, False), ("05:59:59", True, True)],
)
def test_a_search_that_shows_one_of_ours_proves_the_instance(
    began: str, is_ours: bool, is_trouble: bool
) -> None:
    """It looks six hours back."""
    world = World()
    world.connect.answers[CONTACT_ID] = answer(InitiationTimestamp=at(began))
    if is_ours:
        world.contacts.put(contact())
    assert (trouble_with_unknown(run_with(world, unknown_for(TOO_LONG))) is not None) is is_trouble
    assert world.connect.calls["SearchContacts"] == 1


@dataclass
class DeniedTable(FakeTable):
    def get_many(self, contact_ids: list[str]) -> None:  # type: ignore[override]  # it never answers
        raise ServiceUnavailable(f"dynamodb:BatchGetItem of {len(contact_ids)} keys")


def test_a_search_that_fails_proves_nothing_and_the_trouble_is_told() -> None:
    world = World()
    world.connect.answers[CONTACT_ID] = answer()
    world.contacts.put(contact())
    world.connect.search_error = SetupError("connect:SearchContacts was denied")
    assert trouble_with_unknown(run_with(world, unknown_for(TOO_LONG))) is not None
    world.connect.search_error = None
    assert trouble_with_unknown(run_with(world, unknown_for(TOO_LONG))) is None
    world.contacts = DeniedTable()
    assert trouble_with_unknown(run_with(world, unknown_for(TOO_LONG))) is not None
