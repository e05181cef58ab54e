"""The population as rows of evidence, and what the policy says of a row."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from audio_leakage.evidence.files import Json
from audio_leakage.evidence.ports import EvidenceStore
from audio_leakage.evidence.sources import Decision
from audio_leakage.evidence.sources import Policy as Decider
from audio_leakage.evidence.stored import document_at
from audio_leakage.population.member import Member
from audio_leakage.population.policy import LONGEST_EXCEPTION, Default, Policy, Requirement
from audio_leakage.population.policy_reader import read_policy
from audio_leakage.times import format_time, parse_time


def row_of_member(member: Member) -> Json:
    """Return a contact of the population as it is kept."""
    return {
        "agent_id": member.agent_id,
        "channel": member.channel,
        "connected_at": format_time(member.connected_to_agent_timestamp),
        "contact_id": member.contact_id.lower(),
        "disconnected_at": _text(member.disconnect_timestamp),
        "initial_contact_id": (member.initial_contact_id or "").lower() or None,
        "initiated_at": _text(member.initiation_timestamp),
        "initiation_method": member.initiation_method,
        "is_test": member.is_test,
        "queue_id": member.queue_id,
        "subtype": member.subtype,
    }


def member_of_row(row: Mapping[str, Any]) -> Member:
    """Return the contact that a row was made of, as far as a policy asks about it."""
    return Member(
        contact_id=row["contact_id"],
        channel=row["channel"],
        initiation_method=row["initiation_method"],
        initiation_timestamp=_moment(row["initiated_at"]),
        connected_to_agent_timestamp=parse_time(row["connected_at"]),
        disconnect_timestamp=_moment(row["disconnected_at"]),
        agent_id=row["agent_id"],
        queue_id=row["queue_id"],
        initial_contact_id=row["initial_contact_id"],
        previous_contact_id=None,  # no row has it, and no policy asks about it
        subtype=row["subtype"],
        is_test=bool(row.get("is_test")),
    )


def kept_policy(store: EvidenceStore, key: str) -> tuple[Json | None, Policy]:
    """Return the policy that a revision was written by, as it was set and as it is asked.

    It was allowed when it was set. So we do not check again how long its exceptions hold.

    :param key: key of the revision's ``policy.json``.
    :raises MissingError: when there is none.
    :raises BrokenEvidence: when it holds no JSON object.
    """
    document = document_at(store, key)["policy"]
    text = None if document is None else json.dumps(document)
    return document, read_policy(text, date.max - LONGEST_EXCEPTION)


def decider_of(policy: Policy) -> Decider:
    """Return what answers for each row whether the policy wants it recorded."""
    default = Decision(Requirement.MUST if policy.default is Default.MUST else None, None)

    def decide(row: Json) -> Decision:
        rule = policy.rule_of(member_of_row(row)) if policy.rules else None
        return Decision(rule.recording, rule.id) if rule else default

    return decide


def _text(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None


def _moment(text: str | None) -> datetime | None:
    return parse_time(text) if text else None
