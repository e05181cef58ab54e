"""The use cases ``poll_initialised`` and ``poll_in_progress``: ask Connect how far each contact has come."""

from audio_leakage.adoption import adopt
from audio_leakage.contact import Contact
from audio_leakage.errors import AwsError, ContactNotFound
from audio_leakage.follow import followed, not_found
from audio_leakage.recovery import recover
from audio_leakage.run import Run
from audio_leakage.states import ContactState
from audio_leakage.sweep import look, sweep


def poll_initialised(run: Run) -> dict[str, int]:
    """Describe every INITIALISED contact that is due and move it to where it is.

    First the contacts are entered that the subscription missed, in this run's window and in those missed
    since the last successful run; and, in a run that adopts, what somebody else wrote. All of them are
    followed at once; if that fails, the task follows the others first and fails then.

    :return: how many were due, how many had each outcome, and how many were recovered and adopted.
    """
    entered: dict[str, int] = {}
    trouble: AwsError | None = None
    for enter in (recover, adopt):
        try:
            entered |= enter(run)
        except AwsError as error:  # what is in the table is followed all the same
            trouble = trouble or error
    counts = {**entered, **_poll(run, ContactState.INITIALISED)}
    if trouble:
        raise trouble
    return counts


def poll_in_progress(run: Run) -> dict[str, int]:
    """Describe every IN_PROGRESS contact that is due and move it to where it is.

    :return: how many were due, and how many had each outcome.
    """
    return _poll(run, ContactState.IN_PROGRESS_AGENT, ContactState.IN_PROGRESS_QUEUE_IVR)


def _poll(run: Run, *states: ContactState) -> dict[str, int]:
    return sweep(run, run.due(*states), lambda contact: look(run, contact, _follow(run, contact)))


def _follow(run: Run, contact: Contact) -> Contact:
    try:
        return followed(contact, run.describe(contact), run.now, run.settings)
    except ContactNotFound:
        return not_found(contact, run.now, run.settings)
