"""The tasks of all DAGs; each takes the context of its run and returns counts.

=====================  ====================================================================
``polling``            ``poll_initialised`` and ``poll_in_progress``
``bulk_search``        many contacts with one search, where there is no time to describe each
``purging``            ``purge_ivr``
``checking``           ``check_recordings``
``checker``            one look at one contact: what is asked, in which order
``bucket_search``      where the recording of a contact is looked for, in which order
``bucket_listing``     one listing for many contacts of a day, where that is cheaper
``adoption``           table items that somebody else wrote
``population``         ``take_population``
``counting``           whether the population of an hour is complete
``entering``           ``enter_unwatched``
``day_configuration``  ``check_configuration``
``day_flows``          ``audit_flows``
``day_context``        what the tasks of ``audio_leakage_evidence`` work with
``day_legs``           the legs of calls that go on after midnight
``day_population``     ``complete_population``
``day_recordings``     ``list_recordings``
``day_items``          what the contact table says of the contacts of a day
``reconciling``        ``reconcile``
``judging_again``      contacts that become due because population or bucket contradict the table
``proving``            ``recheck_earlier_days``, ``write_evidence`` and ``tell``
``retention``          items that leave the contact table once their evidence is final
``evidence_chain``     revisions of a day's evidence, appended one after the other
``chain_signing``      the links of that chain, signed and checked
``acknowledging``      ``acknowledge``
``acknowledged``       what stands of the acknowledgements of a day
=====================  ====================================================================
"""

from audio_leakage.use_cases.acknowledging import acknowledge
from audio_leakage.use_cases.checking import check_recordings
from audio_leakage.use_cases.day_configuration import check_configuration
from audio_leakage.use_cases.day_flows import audit_flows
from audio_leakage.use_cases.day_population import complete_population
from audio_leakage.use_cases.day_recordings import list_recordings
from audio_leakage.use_cases.entering import enter_unwatched
from audio_leakage.use_cases.polling import poll_in_progress, poll_initialised
from audio_leakage.use_cases.population import take_population
from audio_leakage.use_cases.proving import recheck_earlier_days, tell_evidence, write_evidence
from audio_leakage.use_cases.purging import purge_ivr
from audio_leakage.use_cases.reconciling import reconcile

__all__ = [
    "acknowledge",
    "audit_flows",
    "check_configuration",
    "check_recordings",
    "complete_population",
    "enter_unwatched",
    "list_recordings",
    "poll_in_progress",
    "poll_initialised",
    "purge_ivr",
    "recheck_earlier_days",
    "reconcile",
    "take_population",
    "tell_evidence",
    "write_evidence",
]
