"""What the flow log says about earlier legs that are in the table no more.

A leg without an agent is purged, such as the one that a callback or another queue went on from. Its flow may
have asked for recording all the same.
"""

import logging
from collections import defaultdict
from datetime import datetime, timedelta

from audio_leakage.contacts.recording_blocks import RecordingBlock, intent_of
from audio_leakage.errors import AwsError
from audio_leakage.flow_log.ingest import blocks_in
from audio_leakage.flow_log.line import BLOCK_FAMILY
from audio_leakage.population.context import HourContext
from audio_leakage.population.member import Member
from audio_leakage.runs.window import Window, aligned

log = logging.getLogger(__name__)

#: How far before a leg began the blocks of the earlier ones may have run.
_LONGEST, _MARGIN = timedelta(hours=2), timedelta(minutes=1)
#: The stretch of the log that is read in one go, and once for all legs; and how many a task reads.
_PART, _MOST_PARTS = timedelta(minutes=30), 48


class LoggedLegs:
    """The blocks of earlier legs, by contact. Each stretch of the log is read once in a task."""

    def __init__(self, run: HourContext) -> None:
        self._run = run
        self._read: dict[datetime, dict[str, list[RecordingBlock]]] = {}
        self.error: AwsError | None = None
        """Why a stretch of the log could not be read."""

    def ask_for_recording(self, member: Member) -> bool:
        """Tell whether the flow of an earlier leg asked for recording, and did not switch it off."""
        began = member.initiation_timestamp
        if self._run.settings.flow_log_group is None or began is None:
            return False
        parts = [self._blocks(part) for part in aligned(Window(began - _LONGEST, began + _MARGIN), _PART)]
        for leg in member.earlier_legs:
            blocks = [str(block) for part in parts for block in part.get(leg.lower(), [])]
            if blocks and not intent_of(blocks, None).is_off:
                return True
        return False

    def _blocks(self, part: Window) -> dict[str, list[RecordingBlock]]:
        if part.start not in self._read and self.error is None and len(self._read) < _MOST_PARTS:
            try:
                self._read[part.start] = self._by_contact(part)
            except AwsError as error:  # what does not need the log is entered all the same
                log.warning("earlier legs are not known: %s", error)
                self.error = error
        return self._read.get(part.start, {})

    def _by_contact(self, part: Window) -> dict[str, list[RecordingBlock]]:
        blocks: defaultdict[str, list[RecordingBlock]] = defaultdict(list)
        group = self._run.settings.flow_log_group or ""
        for block in blocks_in(self._run.flow_log.events(group, part.start, part.end, BLOCK_FAMILY)):
            blocks[block.contact_id].append(block)
        return blocks
