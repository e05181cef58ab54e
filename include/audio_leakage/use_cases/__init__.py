"""The tasks of both DAGs; each takes the context of its run and returns counts.

==================  ===================================================================
``polling``         ``poll_initialised`` and ``poll_in_progress``
``bulk_search``     many contacts with one search, where there is no time to describe each
``purging``         ``purge_ivr``
``checking``        ``check_recordings``
``bucket_listing``  one listing for many contacts of a day, where that is cheaper
``adoption``        table items that somebody else wrote
``population``      ``take_population``
``counting``        whether the population of an hour is complete
``entering``        ``enter_unwatched``
==================  ===================================================================
"""

from audio_leakage.use_cases.checking import check_recordings
from audio_leakage.use_cases.entering import enter_unwatched
from audio_leakage.use_cases.polling import poll_in_progress, poll_initialised
from audio_leakage.use_cases.population import take_population
from audio_leakage.use_cases.purging import purge_ivr

__all__ = [
    "check_recordings",
    "enter_unwatched",
    "poll_in_progress",
    "poll_initialised",
    "purge_ivr",
    "take_population",
]
