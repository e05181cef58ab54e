"""What the flow log says about earlier legs that are in the table no more.

A leg without an agent is purged, such as the one that a callback or another queue went on from. Its flow may
have asked for recording all the same.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta

from audio_leakage.contacts.recording_blocks import RecordingBlock, intent_of
from audio_leakage.errors import AwsError
from audio_leakage.flow_log.log_parts import LogParts
from audio_leakage.population.context import HourContext
from audio_leakage.population.member import Member
from audio_leakage.runs.window import Window

log = logging.getLogger(__name__)

#: How far before a leg began the blocks of the earlier ones may have run.
_LONGEST, _MARGIN = timedelta(hours=2), timedelta(minutes=1)
#: How many parts of the log a task reads.
_MOST_PARTS = 48


class LoggedLegs:
    """The blocks of earlier legs, by contact. Each stretch of the log is read once in a task."""

    def __init__(self, run: HourContext) -> None:
        group = run.settings.flow_log_group
        self._parts = LogParts(run.flow_log, group, self._may_read) if group else None
        self.error: AwsError | None = None
        """Why a stretch of the log could not be read."""

    def ask_for_recording(self, member: Member) -> bool:
        """Tell whether the flow of an earlier leg asked for recording, and did not switch it off."""
        began = member.initiation_timestamp
        if self._parts is None or began is None:
            return False
        stretch = Window(began - _LONGEST, began + _MARGIN)
        parts = [self._blocks(self._parts, part) for part in self._parts.covering(stretch)]
        for leg in member.earlier_legs:
            blocks = [str(block) for part in parts for block in part.get(leg.lower(), [])]
            if blocks and not intent_of(blocks, None).is_off:
                return True
        return False

    def _may_read(self) -> bool:
        return self._parts is not None and len(self._parts) < _MOST_PARTS

    def _blocks(self, parts: LogParts, part: Window) -> Mapping[str, list[RecordingBlock]]:
        try:
            return parts.blocks(part)
        except AwsError as error:  # what does not need the log is entered all the same
            if self.error is None:
                log.warning("earlier legs are not known: %s", error)
                self.error = error
            return {}
