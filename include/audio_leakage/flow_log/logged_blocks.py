"""What the flow log says about contacts that are about to fail."""

import logging
from collections import defaultdict
from datetime import datetime, timedelta
from threading import Lock

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.recording_blocks import RecordingBlock
from audio_leakage.errors import AwsError
from audio_leakage.flow_log.ingest import blocks_in, with_blocks
from audio_leakage.flow_log.line import BLOCK_FAMILY
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.window import Window, aligned

log = logging.getLogger(__name__)

#: How far the log's clock and the clock of ConnectedToAgentTimestamp may differ.
_MARGIN = timedelta(minutes=1)
#: How far before the agent joined we read. A callback may wait for days, and other contacts for the reading.
_LONGEST = timedelta(hours=2)
#: The stretch of the log that is read in one go, and once for all contacts.
_PART = timedelta(minutes=30)


class LoggedBlocks:
    """What the flow log says about contacts; each stretch of it is read once in a task.

    The table may know less than the log. Windows that are backfilled side by side may bring "on" before the
    "off" that followed it, and the subscription may have lost either.
    """

    def __init__(self, run: RunContext) -> None:
        self._run = run
        self._read: dict[datetime, dict[str, list[RecordingBlock]]] = {}
        self._error: AwsError | None = None
        self._lock = Lock()

    def added_to(self, contact: Contact) -> Contact:
        """Return a contact with the blocks that the log has of it up to when its agent joined.

        Recovery has read most of the log already, and what it read is in the table. So we read only what it
        has not, at most two hours, and only as long as there is time.

        :raises AwsError: when the log group is missing, denied or throttled; it is not asked a second time.
        """
        stretch = self._stretch(contact)
        if self._run.settings.flow_log_group is None or stretch is None or self._run.has_recovered(stretch):
            return contact
        contact_id = contact.contact_id.lower()  # as Connect writes it into lines
        blocks = [
            block for part in aligned(stretch, _PART) for block in self._blocks(part).get(contact_id, [])
        ]
        return with_blocks(contact, blocks)

    def _stretch(self, contact: Contact) -> Window | None:
        began, joined = contact.initialised_at, contact.connected_to_agent_timestamp
        if began is None or joined is None:
            return None
        if (
            contact.expected_by and not contact.recording_blocks
        ):  # the hourly run entered it, so its blocks may lie before that
            began = contact.initiation_timestamp or began
        return Window(max(min(began, joined) - _MARGIN, joined - _LONGEST), joined + _MARGIN)

    def _blocks(self, part: Window) -> dict[str, list[RecordingBlock]]:
        """Return what a part of the log says, by contact; nothing if there is no time to read it."""
        with self._lock:
            if self._error:
                raise self._error
            if part.start not in self._read and not self._run.out_of_time:
                try:
                    self._read[part.start] = self._by_contact(part)
                except AwsError as error:
                    self._error = error
                    raise
            return self._read.get(part.start, {})

    def _by_contact(self, part: Window) -> dict[str, list[RecordingBlock]]:
        group = self._run.settings.flow_log_group or ""
        blocks: defaultdict[str, list[RecordingBlock]] = defaultdict(list)
        for block in blocks_in(self._run.flow_log.events(group, part.start, part.end, BLOCK_FAMILY)):
            blocks[block.contact_id].append(block)
        log.info("flow log of %s read for contacts about to fail", part)
        return blocks
