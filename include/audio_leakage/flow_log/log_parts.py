"""The flow log of the past, in parts that one task reads once each."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from threading import Lock

from audio_leakage.contacts.recording_blocks import RecordingBlock
from audio_leakage.errors import AwsError
from audio_leakage.flow_log.ingest import blocks_in
from audio_leakage.flow_log.line import BLOCK_FAMILY
from audio_leakage.ports import FlowLog
from audio_leakage.runs.window import Window, aligned

log = logging.getLogger(__name__)

#: The stretch of the log that is read in one go, and once for all contacts.
_PART = timedelta(minutes=30)


class LogParts:
    """Recording blocks of all contacts, part by part. A log that could not be read is not asked again.

    :param flow_log: reads the log.
    :param log_group: name of the log group.
    :param may_read: tells whether another part may be read.
    """

    def __init__(self, flow_log: FlowLog, log_group: str, may_read: Callable[[], bool]) -> None:
        self._flow_log = flow_log
        self._log_group = log_group
        self._may_read = may_read
        self._read: dict[datetime, dict[str, list[RecordingBlock]]] = {}
        self._error: AwsError | None = None
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many parts were read."""
        return len(self._read)

    def covering(self, stretch: Window) -> Iterator[Window]:
        """Yield the parts that cover a stretch of time."""
        return aligned(stretch, _PART)

    def blocks(self, part: Window) -> Mapping[str, list[RecordingBlock]]:
        """Return what a part says, by contact; nothing if it may not be read.

        :param part: one of :meth:`covering`.
        :raises AwsError: when the log group is missing, denied or throttled.
        """
        with self._lock:
            if part.start not in self._read:
                if self._error:
                    raise self._error
                if not self._may_read():
                    return {}
                try:
                    self._read[part.start] = self._by_contact(part)
                except AwsError as error:
                    self._error = error
                    raise
            return self._read[part.start]

    def _by_contact(self, part: Window) -> dict[str, list[RecordingBlock]]:
        blocks: defaultdict[str, list[RecordingBlock]] = defaultdict(list)
        for block in blocks_in(self._flow_log.events(self._log_group, part.start, part.end, BLOCK_FAMILY)):
            blocks[block.contact_id].append(block)
        log.info("flow log of %s read", part)
        return blocks
