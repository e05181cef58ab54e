"""Adopt the items that somebody else wrote: an earlier system, a migration, a person."""

import logging
from dataclasses import replace

from audio_leakage.contacts.contact import Contact
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.sweep import Sweep

log = logging.getLogger(__name__)


#: The keys of the indexes; written even if somebody else left half of them.
_INDEXED = ("OpenState", "NextCheckAt", "InitialisedHour")


def adopt(run: RunContext) -> dict[str, int]:
    """Make every item due that has a state and is in no index; ContactId and State are enough.

    This scans the whole table, for at most half of the task's time: the due contacts need the rest. Manual
    runs and a few scheduled runs a day begin a scan. The runs after them go on with it until it is done.

    :return: items ``adopted``, and ``not_adoptable`` ones that cannot be read.
    """
    start = run.progress.adoption_start
    if run.scope.only_window or not (run.scope.adopts or start):
        return {}

    def make_due(contact: Contact) -> str:
        before = {name: value for name, value in contact.to_item().items() if name not in _INDEXED}
        after = replace(contact, next_check_at=run.now).to_item()
        if not run.contacts.update(before, after):
            return "changed_meanwhile"
        log.info("contact %s: adopted in state %s", contact.contact_id, contact.state)
        return "adopted"

    half, sweep = run.seconds_left() / 2, Sweep(run)
    for page, next_start in run.contacts.never_indexed(start):
        sweep.each(page, make_due)
        start = next_start
        if run.seconds_left() <= half or sweep.must_stop:
            break
    if start != run.progress.adoption_start:
        _keep_start(run, start)
    if start:
        log.warning("the scan for adoption goes on in the next run, after contact %s", start)
    counts = sweep.result()
    return {"adopted": counts.get("adopted", 0), "not_adoptable": counts.get("unreadable", 0)}


def _keep_start(run: RunContext, start: str | None) -> None:
    run.keep_progress(replace(run.kept_progress(), adoption_start=start))
