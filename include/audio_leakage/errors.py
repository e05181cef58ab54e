"""Everything that can go wrong, as one small tree.

::

    AudioLeakageError
    ├── SettingsError            the Airflow Variable is not what it must be
    ├── WindowError              the window or contacts named for a run cannot be worked on
    ├── AwsError                 an answer of AWS that says nothing about any contact
    │   ├── SetupError           somebody must grant or correct something
    │   │   ├── MissingError     there is no such thing: somebody must create it or correct its name
    │   │   └── RefusedError     the request was refused: because of the set-up, or of what it asks for
    │   └── ServiceUnavailable   throttled, broken or slow: the next run tries again
    ├── BrokenEvidence           evidence that was written is not as it was written
    ├── MissingEvidence          a day was never proved: somebody must backfill it
    ├── UnreadableLine           a line of a flow log that cannot be understood
    └── ContactError             concerns one contact; the others go on
        ├── InvalidContact       an id, a table item or an answer that cannot be what it claims to be
        ├── ContactNotFound      Connect does not know the contact, or does not know it yet
        └── UnexpectedError      a mistake of this package over one contact

None of them is ever a verdict.
"""


class AudioLeakageError(Exception):
    """Parent of every error this package raises on purpose."""


class SettingsError(AudioLeakageError):
    """The settings cannot be used; the message names each key and what is allowed."""


class WindowError(AudioLeakageError):
    """The window or the contacts named for a run cannot be worked on; the message says what is allowed."""


class AwsError(AudioLeakageError):
    """AWS did not do what was asked, for a reason that has nothing to do with one contact."""


class SetupError(AwsError):
    """Somebody must grant, create or correct something; the message says what."""


class MissingError(SetupError):
    """A table, bucket, topic, log group or instance does not exist."""


class RefusedError(SetupError):
    """A request was refused, for another reason than that something is denied or missing."""


class ServiceUnavailable(AwsError):
    """A throttle, a 5xx, a time-out or a garbled answer: worth another try in the next run."""


class BrokenEvidence(AudioLeakageError):
    """Something of the evidence is not as it was written.

    :param what: the thing, and what is wrong with it.
    :param affects: what can no longer be relied on.
    """

    def __init__(self, what: str, affects: str) -> None:
        super().__init__(f"{what}. Affected: {affects}")
        self.what, self.affects = what, affects


class MissingEvidence(AudioLeakageError):
    """A day was never proved; the message names it."""


class UnreadableLine(AudioLeakageError):
    """A line of a flow log is, or might be, about recording and cannot be understood."""


class ContactError(AudioLeakageError):
    """Something is wrong with one contact."""


class InvalidContact(ContactError):
    """An id, a table item or an answer does not have the shape it must have."""


class ContactNotFound(ContactError):
    """Connect does not know this contact, or does not know it yet."""


class UnexpectedError(ContactError):
    """A mistake of this package; the message names its kind, the task's log the place."""
