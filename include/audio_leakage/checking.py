"""The use case ``check_recordings``: search the bucket for each call an agent took, and judge."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from audio_leakage.alerts import alerts, marked, settled
from audio_leakage.contact import Contact
from audio_leakage.day_listing import Listings
from audio_leakage.errors import AwsError, ContactNotFound, MissingError, SetupError
from audio_leakage.follow import not_found, with_facts
from audio_leakage.recording import Place, candidate_places, longest, matches
from audio_leakage.recovery import with_all_settings
from audio_leakage.run import Run
from audio_leakage.states import ClosedReason, ContactState, FailureCause, RecordedState
from audio_leakage.sweep import Sweep, look
from audio_leakage.verdict import Evidence, judged, reason_not_expected
from audio_leakage.watch import oldest_due_minutes, publish_metrics

log = logging.getLogger(__name__)

_FAILURE = RecordedState.CALL_RECORDED_FAILURE


def check_recordings(run: Run) -> dict[str, int]:
    """Judge every COMPLETED - AGENT contact that is due, failures that may have healed among them.

    Whoever listens to the alert topic hears of the new failures in one message, and in another of the healed
    ones; whatever goes wrong on the way, the verdicts that fell are told.

    :return: how many were due, and how many had each outcome.
    """
    news: dict[str, Contact] = {}
    listings = Listings(run.bucket)

    def look_ahead(contacts: Sequence[Contact]) -> None:
        listings.look_ahead(_without_pointer(run, contacts))

    def check(contact: Contact) -> str:
        if contact.alert_pending:  # it is told even if this look fails
            news[contact.contact_id] = contact
        after = replace(_check(run, contact, listings), alert_pending=None, attempts=None, last_error=None)
        if run.alerts_are_wanted:
            after = marked(contact, after, run.now)
        outcome = look(run, contact, after)
        news.pop(contact.contact_id, None)
        if after.alert_pending and outcome != "changed_meanwhile":
            news[contact.contact_id] = after
        return outcome

    sweep = Sweep(run)
    try:
        sweep.over(run.due(ContactState.COMPLETED_AGENT), check, look_ahead)
        publish_metrics(run, Leaks=sweep.counts[_FAILURE], OldestDueMinutes=oldest_due_minutes(run))
    finally:
        _tell(run, list(news.values()))
    return sweep.result()


def _without_pointer(run: Run, contacts: Iterable[Contact]) -> Iterator[Place]:
    """Give the likeliest place of each contact of which Connect has named none."""
    for contact in contacts:
        if _is_searchable(contact) and not contact.recording_location:
            yield next(candidate_places(contact, run.storage))


def _tell(run: Run, news: list[Contact]) -> None:
    for alert, contacts in alerts(news, run.settings.connect_instance_id):
        run.tell(alert)
        for contact in contacts:
            run.save(contact, settled(contact, run.now, run.settings))


def _check(run: Run, contact: Contact, listings: Listings) -> Contact:
    """Search with what is known; ask Connect again before a recording is said to be absent, late or short.

    Late and short depend on after-contact work, which no search of contacts tells of. Nothing takes a proof
    back: of a success no more than the alert can be due, whatever became of the recording since.
    """
    if contact.recorded_state is RecordedState.CALL_RECORDED_SUCCESS:
        return replace(contact, next_check_at=None)
    evidence = Evidence()
    if _is_searchable(contact):
        evidence = _search(run, contact, evidence, listings)
        after = judged(contact, evidence, run.now, run.settings)
        if evidence.has_audio and (contact.after_contact_work_start_timestamp or not after.warnings):
            return after
    try:
        snapshot = run.describe(contact)
    except ContactNotFound:
        if not contact.is_described or _reason_to_close(contact):
            return not_found(contact, run.now, run.settings)
        return _judge(run, contact, evidence, listings)
    contact = with_facts(contact, snapshot)
    reason = _reason_to_close(contact)
    if reason and snapshot.disconnect_timestamp:  # else the answer lags behind, or the contact goes on
        return contact.closed(reason)
    return _judge(run, contact, evidence, listings)


def _reason_to_close(contact: Contact) -> ClosedReason | None:
    return reason_not_expected(contact) if contact.recorded_state is None else None


def _judge(run: Run, contact: Contact, evidence: Evidence, listings: Listings) -> Contact:
    evidence = _search(run, contact, evidence, listings)
    after = judged(contact, evidence, run.now, run.settings)
    is_new_failure = after.recorded_state is _FAILURE and contact.recorded_state is None
    return _failed(run, contact, evidence) if is_new_failure else after


def _failed(run: Run, contact: Contact, evidence: Evidence) -> Contact:
    """Judge a contact that is about to fail with all there is to know: a leak is worth a question more."""
    contact = with_all_settings(run, contact)
    reason = reason_not_expected(contact)
    if reason:
        return contact.closed(reason)
    return _with_delete_marker(run, judged(contact, evidence, run.now, run.settings))


def _is_searchable(contact: Contact) -> bool:
    return contact.is_described and not reason_not_expected(contact)


def _with_delete_marker(run: Run, failed: Contact) -> Contact:
    """Ask once, when a contact has failed, whether its object was deleted in a bucket that keeps versions.

    It only sharpens the cause: who may not be asked leaves it as it is.
    """
    if failed.failure_cause not in (FailureCause.NO_OBJECT, FailureCause.POINTER_WITHOUT_OBJECT):
        return failed
    try:
        deleted = any(
            run.bucket.has_delete_marker(place.bucket, place.prefix)
            for place in candidate_places(failed, run.storage)
        )
    except AwsError as error:
        log.info("contact %s: versions could not be listed: %s", failed.contact_id, error)
        return failed
    return replace(failed, failure_cause=FailureCause.DELETE_MARKER) if deleted else failed


def _search(run: Run, contact: Contact, evidence: Evidence, listings: Listings) -> Evidence:
    """List the candidate places that were not listed yet, until one of them shows audio.

    Connect's pointer may name any bucket. If that one is gone, so is the object; if it is denied, that is
    said only after the instance's own bucket was searched, too.
    """
    denied: SetupError | None = None
    for place in candidate_places(contact, run.storage):
        if evidence.has_audio:
            break
        if str(place) in evidence.searched:
            continue
        try:
            found = longest(found for found in listings.at(place) if matches(contact, place, found))
            evidence = evidence.after(place, found)
        except SetupError as error:
            if place.bucket == run.storage.bucket:
                raise
            denied = None if isinstance(error, MissingError) else error
    if denied and not evidence.has_audio:
        raise denied
    return evidence
