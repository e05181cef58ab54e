"""The use case ``check_recordings``: search the bucket for each call an agent took, and judge."""

from audio_leakage.contact import Contact
from audio_leakage.errors import ContactNotFound, InvalidContact
from audio_leakage.follow import not_found, set_aside, with_facts
from audio_leakage.recording import StoredObject, candidate_places, longest, matches
from audio_leakage.run import Run
from audio_leakage.states import ContactState
from audio_leakage.sweep import look, sweep
from audio_leakage.verdict import Evidence, judged, reason_not_expected


def check_recordings(run: Run) -> dict[str, int]:
    """Judge every COMPLETED - AGENT contact that is due, failures that may have healed among them.

    :return: how many were due, and how many had each outcome.
    """
    due = run.due(ContactState.COMPLETED_AGENT)
    return sweep(due, lambda contact: look(run, contact, _check(run, contact)), run.out_of_time)


def _check(run: Run, contact: Contact) -> Contact:
    """Search with what is known; ask Connect again before a recording is said to be absent."""
    evidence = Evidence()
    if contact.is_described and not reason_not_expected(contact):
        evidence = _search(run, contact, evidence)
    if not evidence.has_audio:
        try:
            contact = with_facts(contact, run.describe(contact))
        except ContactNotFound:
            if not contact.is_described:
                return not_found(contact, run.now, run.settings)
        except InvalidContact as error:
            return set_aside(contact, error, run.now)
        reason = reason_not_expected(contact)
        if reason:
            return contact.closed(reason)
        evidence = _search(run, contact, evidence)
    return judged(contact, evidence, run.now, run.settings)


def _search(run: Run, contact: Contact, evidence: Evidence) -> Evidence:
    """List the candidate places that were not listed yet, until one of them shows audio."""
    for place in candidate_places(contact, run.storage):
        if evidence.has_audio:
            break
        if str(place) in evidence.searched:
            continue
        listed = (
            StoredObject(place.bucket, answer["Key"], answer["Size"], answer["LastModified"])
            for answer in run.bucket.list_objects(place.bucket, place.prefix)
        )
        found = longest(item for item in listed if matches(contact, place, item))
        evidence = evidence.after(place, found)
    return evidence
