"""Search the bucket for the recording of a contact: where, and in which order."""

from collections.abc import Iterable, Iterator, Sequence

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.recording import (
    Place,
    StoredObject,
    candidate_places,
    likely_places,
    longest,
    matches,
)
from audio_leakage.contacts.states import ClosedReason
from audio_leakage.contacts.verdict import Evidence, reason_not_expected
from audio_leakage.errors import MissingError, SetupError
from audio_leakage.runs.context import RunContext
from audio_leakage.use_cases.bucket_listing import BucketListing

_OFF = ClosedReason.RECORDING_SWITCHED_OFF


class BucketSearch:
    """Searches for the recordings of a task's contacts, which share their listings.

    :param run: the run that searches.
    """

    def __init__(self, run: RunContext) -> None:
        self._run = run
        self._listing = BucketListing(run.bucket)

    def prepare(self, contacts: Sequence[Contact]) -> None:
        """Let the listing know which places may be asked for."""
        self._listing.expect(place for contact in contacts for place in self._unnamed_places(contact))

    def search(self, contact: Contact, evidence: Evidence) -> Evidence:
        """List the places that were not listed yet, until one of them shows audio.

        Connect's pointer may name any bucket. If that bucket is gone, so is the object. If it is denied, we
        say so only after the instance's own bucket was searched, too.
        """
        denied: SetupError | None = None
        for place in self.places(contact):
            if evidence.has_audio:
                break
            if str(place) in evidence.searched:
                continue
            try:
                evidence = evidence.after(place, self._found_at(contact, place))
            except SetupError as error:
                if place.bucket == self._run.storage.bucket:
                    raise type(error)(f"{error}. {self._run.storage_source}") from error
                denied = None if isinstance(error, MissingError) else error
        if denied and not evidence.has_audio:
            raise denied
        return evidence

    def _unnamed_places(self, contact: Contact) -> Iterator[Place]:
        """Yield the places of a contact for which Connect has named none."""
        if not contact.recording_location:
            yield from self.places(contact)

    def places(self, contact: Contact) -> Iterable[Place]:
        """Return the places to search.

        If recording was switched off, this is one place: the last look before the contact closes.
        """
        reason = reason_to_close(contact)
        if not contact.is_described or reason not in (None, _OFF):
            return ()
        if reason is _OFF:
            return [next(likely_places(contact, self._run.storage))]
        return candidate_places(contact, self._run.storage)

    def _found_at(self, contact: Contact, place: Place) -> StoredObject | None:
        return longest(found for found in self._listing.objects_at(place) if matches(contact, place, found))


def reason_to_close(contact: Contact) -> ClosedReason | None:
    """Return why a contact without a verdict needs no recording; None for one that does."""
    return reason_not_expected(contact) if contact.recorded_state is None else None
