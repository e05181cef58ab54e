"""The use case ``check_recordings``: search the bucket for each call an agent took, and judge."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.follow import not_found, with_facts
from audio_leakage.contacts.recording import Place, candidate_places, longest, matches
from audio_leakage.contacts.snapshot import ContactSnapshot
from audio_leakage.contacts.states import ContactState, FailureCause, RecordedState
from audio_leakage.contacts.verdict import Evidence, judged, reason_not_expected
from audio_leakage.errors import AwsError, ContactNotFound, MissingError, SetupError
from audio_leakage.flow_log.recovery import with_logged_blocks
from audio_leakage.runs.alerts import after_alert, alerts, with_alert_due
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.due import due
from audio_leakage.runs.metrics import oldest_due_minutes, publish_metrics
from audio_leakage.runs.sweep import Sweep, record_outcome
from audio_leakage.use_cases.bucket_listing import BucketListing

log = logging.getLogger(__name__)

_FAILURE = RecordedState.CALL_RECORDED_FAILURE
#: Causes that a delete marker would explain.
_MAYBE_DELETED = (FailureCause.NO_OBJECT, FailureCause.POINTER_WITHOUT_OBJECT)


def check_recordings(run: RunContext) -> dict[str, int]:
    """Judge every COMPLETED - AGENT contact that is due, failures that may have healed among them.

    One alert tells of the new failures and one of the healed ones. Whatever goes wrong on the way, the
    verdicts that fell are told.

    :return: how many contacts were due, and how many had each outcome.
    """
    to_tell: dict[str, Contact] = {}
    listing = BucketListing(run.bucket)

    def prefetch(contacts: Sequence[Contact]) -> None:
        listing.prefetch(_without_pointer(run, contacts))

    def check(contact: Contact) -> str:
        if contact.alert_pending:  # it is told even if this look fails
            to_tell[contact.contact_id] = contact
        after = replace(_check(run, contact, listing), alert_pending=None, attempts=None, last_error=None)
        if run.settings.alert_topic_arn is not None:
            after = with_alert_due(contact, after, run.now)
        outcome = record_outcome(run, contact, after)
        to_tell.pop(contact.contact_id, None)
        if after.alert_pending and outcome != "changed_meanwhile":
            to_tell[contact.contact_id] = after
        return outcome

    sweep = Sweep(run)
    try:
        sweep.each(due(run, ContactState.COMPLETED_AGENT), check, prefetch)
        publish_metrics(run, Leaks=sweep.counts[_FAILURE], OldestDueMinutes=oldest_due_minutes(run))
    finally:
        _tell(run, list(to_tell.values()))
    return sweep.result()


def _without_pointer(run: RunContext, contacts: Iterable[Contact]) -> Iterator[Place]:
    """Yield the likeliest place of each contact for which Connect has named none."""
    for contact in contacts:
        if _is_searchable(contact) and not contact.recording_location:
            yield next(candidate_places(contact, run.storage))


def _tell(run: RunContext, contacts: Sequence[Contact]) -> None:
    for alert, concerned in alerts(contacts, run.settings.connect_instance_id):
        run.tell(alert)
        for contact in concerned:
            run.save(contact, after_alert(contact, run.now, run.settings))


def _check(run: RunContext, contact: Contact, listing: BucketListing) -> Contact:
    """Return the contact after one look.

    Nothing takes a proof back: a success can only be due for its alert. For every other contact we ask, in
    this order, and stop at the first answer that decides:

    1. the bucket, at the places we know of;
    2. Connect, because absent, late and short depend on after-contact work, which no search tells of;
    3. the bucket again, at the places that Connect's answer adds;
    4. before a contact fails: the flow log, whether "off" was logged, and the bucket's versions.
    """
    if contact.recorded_state is RecordedState.CALL_RECORDED_SUCCESS:
        return replace(contact, next_check_at=None)
    evidence = Evidence()
    if _is_searchable(contact):
        evidence = _search(run, contact, evidence, listing)
        after = judged(contact, evidence, run.now, run.settings)
        if evidence.has_audio and (contact.after_contact_work_start_timestamp or not after.warnings):
            return after
    snapshot = _describe(run, contact)
    if snapshot:
        contact = with_facts(contact, snapshot)
    reason = reason_not_expected(contact) if contact.recorded_state is None else None
    if snapshot is None and (reason or not contact.is_described):
        return not_found(contact, run.now, run.settings)
    if snapshot and reason and snapshot.disconnect_timestamp:  # without it the answer lags behind
        return contact.closed(reason)
    evidence = _search(run, contact, evidence, listing)
    after = judged(contact, evidence, run.now, run.settings)
    if after.recorded_state is not _FAILURE or contact.recorded_state is _FAILURE:
        return after
    return _failed(run, contact, evidence)


def _describe(run: RunContext, contact: Contact) -> ContactSnapshot | None:
    try:
        return run.describe(contact)
    except ContactNotFound:
        return None


def _failed(run: RunContext, contact: Contact, evidence: Evidence) -> Contact:
    """Return a contact that is about to fail, judged with everything there is to know."""
    contact = with_logged_blocks(run, contact)
    if reason := reason_not_expected(contact):
        return contact.closed(reason)
    after = judged(contact, evidence, run.now, run.settings)
    if after.failure_cause in _MAYBE_DELETED and _has_delete_marker(run, contact):
        return judged(contact, replace(evidence, delete_marker=True), run.now, run.settings)
    return after


def _has_delete_marker(run: RunContext, contact: Contact) -> bool:
    """Tell whether an object of the contact was deleted; False if we may not ask: it only names a cause."""
    try:
        return any(
            run.bucket.has_delete_marker(place.bucket, place.prefix)
            for place in candidate_places(contact, run.storage)
        )
    except AwsError as error:
        log.info("contact %s: versions could not be listed: %s", contact.contact_id, error)
        return False


def _is_searchable(contact: Contact) -> bool:
    return contact.is_described and not reason_not_expected(contact)


def _search(run: RunContext, contact: Contact, evidence: Evidence, listing: BucketListing) -> Evidence:
    """List the candidate places that were not listed yet, until one of them shows audio.

    Connect's pointer may name any bucket. If that bucket is gone, so is the object. If it is denied, we say
    so only after the instance's own bucket was searched, too.
    """
    denied: SetupError | None = None
    for place in candidate_places(contact, run.storage):
        if evidence.has_audio:
            break
        if str(place) in evidence.searched:
            continue
        try:
            found = longest(found for found in listing.objects_at(place) if matches(contact, place, found))
            evidence = evidence.after(place, found)
        except SetupError as error:
            if place.bucket == run.storage.bucket:
                raise
            denied = None if isinstance(error, MissingError) else error
    if denied and not evidence.has_audio:
        raise denied
    return evidence
