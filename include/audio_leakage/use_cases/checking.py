"""The use case ``check_recordings``: search the bucket for each call an agent took, and judge."""

from dataclasses import replace
from itertools import chain

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.states import ContactState, ContactWarning, RecordedState
from audio_leakage.errors import InvalidContact, SettingsError
from audio_leakage.ports import Item
from audio_leakage.runs.alerts import LEAKS, after_alert, alerts, mute_ended_alert, with_alert_due
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.due import due, due_since
from audio_leakage.runs.metrics import oldest_due_minutes, publish_metrics, recording_delays
from audio_leakage.runs.mutes import HELD, Mute, held
from audio_leakage.runs.outcome import record_outcome
from audio_leakage.runs.sweep import Sweep
from audio_leakage.times import format_time
from audio_leakage.use_cases.checker import Checker

_FAILURE = RecordedState.CALL_RECORDED_FAILURE


def check_recordings(run: RunContext) -> dict[str, int]:
    """Judge every COMPLETED - AGENT contact that is due, failures that may have healed among them.

    One alert of each kind lists all its contacts. Even if something goes wrong on the way, we count and
    tell the verdicts that fell. We tell leaks that a mute covers when it has ended.

    :return: how many contacts were due, how many had each outcome, how many recordings are ``short``, and how
        many leaks are ``known``.
    :raises SettingsError: at the end, when the Variable of the mutes makes no sense.
    """
    to_tell: dict[str, Contact] = {}
    sweep = Sweep(run)
    checker = Checker(run)
    recorded: list[Contact] = []
    ended = _ended_mutes(run)
    quiet = _quiet(run) if ended else []

    def check(contact: Contact) -> str:
        if contact.alert_pending and not _mute_of(run, contact):  # it is told even if this look fails
            to_tell[contact.contact_id] = contact
        after = replace(checker.check(contact), alert_pending=None, attempts=None, last_error=None)
        if run.settings.alert_topic_arn is not None:
            after = with_alert_due(contact, after, run.now)
        mute = _mute_of(run, after)
        if mute:
            after = held(after, mute, run.now, run.settings)
            sweep.add("known")
        outcome = record_outcome(run, contact, after)
        to_tell.pop(contact.contact_id, None)
        if after.alert_pending and not mute and outcome != "changed_meanwhile":
            to_tell[contact.contact_id] = after
        if outcome == RecordedState.CALL_RECORDED_SUCCESS:
            recorded.append(after)
        return outcome

    try:
        not_due = (item for item in quiet if due_since(item) > format_time(run.now))
        sweep.each(chain(due(run, ContactState.COMPLETED_AGENT), not_due), check, checker.bucket.prepare)
    finally:
        leaks = sweep.counts[_FAILURE]
        sweep.extra["short"] = sum(ContactWarning.SHORT in contact.warnings for contact in recorded)
        publish_metrics(
            run, Leaks=leaks, Short=sweep.extra["short"], RecordingDelayMinutes=recording_delays(recorded)
        )
        try:
            _tell_of_mutes(run, ended, quiet)
            _tell(run, to_tell)
        finally:
            is_told = run.settings.alert_topic_arn is not None
            untold = sum(contact.alert_pending in LEAKS for contact in to_tell.values()) if is_told else leaks
            publish_metrics(run, LeaksNotTold=untold)
    publish_metrics(run, OldestDueMinutes=oldest_due_minutes(run))
    result = sweep.result()
    if run.mutes.problem:
        raise SettingsError(run.mutes.problem)
    return result


def _mute_of(run: RunContext, contact: Contact) -> Mute | None:
    """Return the mute that keeps a pending alert quiet; good news is told all the same."""
    return run.mutes.of(contact) if contact.alert_pending in LEAKS else None


def _ended_mutes(run: RunContext) -> list[Mute]:
    """Return the mutes whose end is to be told; a run that is only about its window tells of none."""
    return [] if run.scope.only_window else run.mutes.ended(run.progress.mutes)


def _quiet(run: RunContext) -> list[Item]:
    """Return every leak whose alert a mute has held back, due or not."""
    items = run.contacts.due(ContactState.COMPLETED_AGENT, format_time(run.now + HELD))
    return [item for item in items if item.get("AlertPending") in LEAKS]


def _tell_of_mutes(run: RunContext, ended: list[Mute], quiet: list[Item]) -> None:
    """Tell of each mute that has ended, and keep those that are in force, for later runs."""
    to_tell = [contact for item in quiet if (contact := _readable(item)) and not _mute_of(run, contact)]
    for mute in ended:
        run.tell(mute_ended_alert(mute, sum(mute.covers(contact) for contact in to_tell), run.sender))
    if not run.scope.only_window and run.progress.mutes != run.mutes.active:
        run.keep_progress(replace(run.kept_progress(), mutes=run.mutes.active))


def _readable(item: Item) -> Contact | None:
    try:
        return Contact.from_item(item)
    except InvalidContact:
        return None  # the sweep counts it


def _tell(run: RunContext, to_tell: dict[str, Contact]) -> None:
    """Publish the pending alerts. A contact leaves ``to_tell`` once its alert is out."""
    for alert, concerned in alerts(list(to_tell.values()), run.sender):
        run.tell(alert)
        for contact in concerned:
            del to_tell[contact.contact_id]
        for contact in concerned:
            run.save(contact, after_alert(contact, run.now, run.settings))
