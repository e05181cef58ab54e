"""The four use cases, in the order of the DAG, give each case of the table its verdict."""

from contextlib import nullcontext, suppress

import pytest

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactState
from audio_leakage.errors import SetupError
from audio_leakage.use_cases import check_recordings, poll_in_progress, poll_initialised, purge_ivr
from support.fakes import World, at
from support.verdict_cases import CASES, RUNS, Case


def play(case: Case) -> World:
    world = World()
    world.contacts.put(
        Contact(
            contact_id=case.contact_id,
            state=ContactState.INITIALISED,
            initialised_at=at("10:30"),
            next_check_at=at("10:30"),
        )
    )
    if case.known:
        world.connect.answers[case.contact_id] = {"Contact": case.contact}
    if case.known_from:
        world.connect.known_from[case.contact_id] = case.known_from
    for bucket, key, size, lands in case.stored():
        world.bucket.objects[f"{bucket}/{key}"] = (size, lands)
    for now in RUNS:
        for use_case in (poll_initialised, purge_ivr, poll_in_progress, check_recordings):
            with nullcontext() if case.known else suppress(SetupError):  # Connect knows no contact at all
                use_case(world.run(now))
    return world


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_case_ends_as_the_table_says_with_the_stated_requests(case: Case) -> None:
    world = play(case)
    item = world.contacts.items.get(case.contact_id)
    outcome = (None, None, None)
    if item:
        contact = Contact.from_item(item)
        failed = contact.failure_cause if str(contact.recorded_state) == "CALL_RECORDED_FAILURE" else None
        why = contact.closed_reason or failed or " ".join(contact.warnings) or None
        outcome = (
            str(contact.state),
            contact.recorded_state and str(contact.recorded_state),
            why and str(why),
        )  # type: ignore[assignment]
    assert outcome == case.outcome
    describes = world.connect.calls[case.contact_id]
    assert (describes, len(world.bucket.listings)) == (case.describes, case.lists)
