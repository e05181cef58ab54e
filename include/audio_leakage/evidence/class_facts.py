"""Gather the facts that decide the class of a contact."""

from audio_leakage.contacts.contact import Contact
from audio_leakage.contacts.recording_blocks import intent_of
from audio_leakage.contacts.states import ClosedReason, RecordedState
from audio_leakage.errors import InvalidContact
from audio_leakage.evidence.classes import ClassFacts, FlowIntent, Judgement
from audio_leakage.evidence.files import Json
from audio_leakage.evidence.sources import Decision, Known
from audio_leakage.times import parse_time


def facts_of(known: Known, decision: Decision) -> ClassFacts:
    """Return what the class of a contact is decided from.

    :param known: everything that is known of it.
    :param decision: what the policy says of it.
    """
    contact = known.contact
    return ClassFacts(
        in_population=known.leg is not None,
        requirement=decision.requirement,
        exclusion=_exclusion(known),
        intent=_intent(contact, known.item, known.leg),
        judgement=_judgement(contact, known.item),
        closed_reason=contact.closed_reason if contact else None,
        warnings=contact.warnings if contact else (),
        recording_policy=contact.recording_policy if contact else None,
        is_recorded=known.recording is not None,
        has_changed=_has_changed(known),
        known_to_connect=any(found.get("known") == "VOICE" for found in known.objects),
    )


def _exclusion(known: Known) -> str | None:
    leg = known.leg or {}
    if leg.get("is_test"):
        return "TEST"
    if leg.get("initiation_method") in ("MONITOR", "EXTERNAL_OUTBOUND"):
        return str(ClosedReason.NO_RECORDING_OF_ITS_OWN)
    reason = known.contact.closed_reason if known.contact else None
    is_unanswered = reason is ClosedReason.CUSTOMER_NEVER_ANSWERED
    return str(reason) if is_unanswered else None


def _has_changed(known: Known) -> bool:
    found, before = known.recording, known.before
    if found is None:
        return False
    if before is not None and before["etag"] is not None:
        return (found["size"], found["etag"]) != (before["size"], before["etag"])
    size = known.contact.recording_size if known.contact else None
    return size is not None and size != found["size"]


def _intent(contact: Contact | None, item: Json | None, leg: Json | None) -> FlowIntent | None:
    if contact is None:
        return FlowIntent.ON if item is not None else None
    if not contact.recording_blocks:
        return None if (item or {}).get("ExpectedBy") == "POLICY" else FlowIntent.ON
    joined_at = contact.connected_to_agent_timestamp
    if joined_at is None and leg is not None:  # the monitor does not know the agent, the population does
        joined_at = parse_time(leg["connected_at"])
    try:
        intent = intent_of(contact.recording_blocks, joined_at)
    except InvalidContact:
        return FlowIntent.ON
    if intent.is_off:
        return FlowIntent.OFF
    return FlowIntent.FAILED if intent.has_failed else FlowIntent.ON


def _judgement(contact: Contact | None, item: Json | None) -> Judgement | None:
    if item is None:
        return None
    if contact is None:
        return Judgement.OPEN
    if contact.closed_reason is not None:
        return Judgement.CLOSED
    if contact.recorded_state is None:
        return Judgement.OPEN
    is_success = contact.recorded_state is RecordedState.CALL_RECORDED_SUCCESS
    return Judgement.SUCCESS if is_success else Judgement.FAILURE
