"""What the four tasks of a run do; each takes a :class:`~audio_leakage.run.Run` and returns its counts."""

from audio_leakage.checking import check_recordings
from audio_leakage.polling import poll_in_progress, poll_initialised
from audio_leakage.purging import purge_ivr

__all__ = ["check_recordings", "poll_in_progress", "poll_initialised", "purge_ivr"]
