"""What the flow log says about contacts that are about to fail."""

from datetime import timedelta

from audio_leakage.contacts.contact import Contact
from audio_leakage.flow_log.ingest import with_blocks
from audio_leakage.flow_log.log_parts import LogParts
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.window import Window

#: How far the log's clock and the clock of ConnectedToAgentTimestamp may differ.
_MARGIN = timedelta(minutes=1)
#: How far before the agent joined we read. A callback may wait for days, and other contacts for the reading.
_LONGEST = timedelta(hours=2)


class LoggedBlocks:
    """What the flow log says about contacts; each stretch of it is read once in a task.

    The table may know less than the log. Windows that are backfilled side by side may bring "on" before the
    "off" that followed it, and the subscription may have lost either.
    """

    def __init__(self, run: RunContext) -> None:
        self._run = run
        group = run.settings.flow_log_group
        self._parts = LogParts(run.flow_log, group, lambda: not run.out_of_time) if group else None

    def added_to(self, contact: Contact) -> Contact:
        """Return a contact with the blocks that the log has of it up to when its agent joined.

        Recovery has read most of the log already, and what it read is in the table. So we read only what it
        has not, at most two hours, and only as long as there is time.

        :raises AwsError: when the log group is missing, denied or throttled; it is not asked a second time.
        """
        stretch = self._stretch(contact)
        if self._parts is None or stretch is None or self._run.has_recovered(stretch):
            return contact
        contact_id = contact.contact_id.lower()  # as Connect writes it into lines
        read = [self._parts.blocks(part) for part in self._parts.covering(stretch)]
        return with_blocks(contact, [block for part in read for block in part.get(contact_id, [])])

    def _stretch(self, contact: Contact) -> Window | None:
        began, joined = contact.initialised_at, contact.connected_to_agent_timestamp
        if began is None or joined is None:
            return None
        if contact.expected_by and not contact.recording_blocks:
            # The hourly run entered it, so its blocks may lie before that.
            began = contact.initiation_timestamp or began
        return Window(max(min(began, joined) - _MARGIN, joined - _LONGEST), joined + _MARGIN)
