"""The tasks of a run; each takes a :class:`~audio_leakage.runs.context.RunContext` and returns counts.

==================  ===================================================================
``polling``         ``poll_initialised`` and ``poll_in_progress``
``bulk_search``     many contacts with one search, where there is no time to describe each
``purging``         ``purge_ivr``
``checking``        ``check_recordings``
``bucket_listing``  one listing for many contacts of a day, where that is cheaper
``adoption``        table items that somebody else wrote
``evidence_chain``  revisions of a day's evidence, appended one after the other
==================  ===================================================================
"""

from audio_leakage.use_cases.checking import check_recordings
from audio_leakage.use_cases.polling import poll_in_progress, poll_initialised
from audio_leakage.use_cases.purging import purge_ivr

__all__ = ["check_recordings", "poll_in_progress", "poll_initialised", "purge_ivr"]
