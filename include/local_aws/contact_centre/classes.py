"""The class that the evidence of a day has to give a call, from what the call knows of itself.

Source: docs/evidence.md, "Classes".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_aws.contact_centre.blocks import wished_off
from local_aws.contact_centre.calls import LONGEST_CALL
from local_aws.contact_centre.recordings import has_audio
from local_aws.contact_centre.watching import MUST, class_of, is_in_population, is_told_by_log

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from local_aws.contact_centre.calls import SimulatedCall, Truth
    from local_aws.contact_centre.watching import Watch


def class_at(call: SimulatedCall, moment: datetime, failure_after: timedelta, watch: Watch) -> str | None:
    """Return the class of a call that nobody has deleted or overwritten anything of.

    If a flow asked for one side only, its call counts as if the flow had asked for both.

    :param moment: when the day is proved; the monitor has looked at everything that was due.
    :param failure_after: how long after its end a call without a recording has failed.
    :param watch: what the monitor has to go by.
    :return: None: no agent has taken it, or it is no call.
    """
    joined = call.connected_to_agent
    if not is_in_population(call) or joined is None or joined > moment:
        return None
    is_told = is_told_by_log(call, watch)
    is_off = is_told and wished_off(call.blocks, joined)
    is_exempt = class_of(call, watch) == "EXCLUDED" or "CUSTOMER_NEVER_ANSWERED" in call.reasons
    if is_exempt or (watch.policy != MUST and (is_off or not is_told)):
        if _is_recorded(call, moment):
            return "RECORDED_UNASKED"
        return "EXCLUDED" if is_exempt or is_told else "UNEXPLAINED"
    truth = call.truth(moment, failure_after, LONGEST_CALL, watch)
    if _is_recorded(call, moment):
        return _class_of_recorded(truth, is_told=is_told)
    if is_off:
        return "SWITCHED_OFF_AGAINST_POLICY"
    return _class_of_missing(truth, is_told=is_told)


def _class_of_recorded(truth: Truth, *, is_told: bool) -> str:
    if truth.recorded_state is None:
        return "UNDECIDED"
    if not is_told:
        return "RECORDED_UNWATCHED"
    flags = truth.warnings or frozenset()
    return next((f"VERIFIED_{flag}" for flag in ("LATE", "SHORT") if flag in flags), "VERIFIED")


def _class_of_missing(truth: Truth, *, is_told: bool) -> str:
    if truth.recorded_state is None:
        return "UNDECIDED"
    return "MISSING" if is_told else "NEVER_ASKED"


def _is_recorded(call: SimulatedCall, moment: datetime) -> bool:
    lands = call.recording_lands
    return lands is not None and lands <= moment and has_audio(call.recording_size)
