"""A contact of the population as a row of evidence, and back."""

from dataclasses import replace

from audio_leakage.evidence.population_rows import decider_of, member_of_row, row_of_member
from audio_leakage.evidence.sources import Decision
from audio_leakage.population.member import Member
from audio_leakage.population.policy import Default, Policy, Requirement, Rule
from support.fakes import at, number

MEMBER = Member(
    contact_id=number(1),
    channel="VOICE",
    initiation_method="TRANSFER",
    initiation_timestamp=at("10:29:57"),
    connected_to_agent_timestamp=at("10:30:11"),
    disconnect_timestamp=at("10:31"),
    agent_id="agent",
    queue_id="queue",
    initial_contact_id="AAAAAAAA-0000-4000-8000-000000000000",
    previous_contact_id=None,
    subtype="connect:Telephony",
    is_test=True,
)


def test_a_row_says_what_a_policy_asks_about_and_ids_in_small_letters() -> None:
    lowered = replace(MEMBER, initial_contact_id="aaaaaaaa-0000-4000-8000-000000000000")
    assert member_of_row(row_of_member(MEMBER)) == lowered
    assert row_of_member(MEMBER)["is_test"] is False


def test_what_connect_did_not_say_stays_unsaid() -> None:
    silent = replace(MEMBER, initial_contact_id=None, initiation_timestamp=None, disconnect_timestamp=None)
    row = row_of_member(silent)
    assert row["initial_contact_id"] is row["initiated_at"] is row["disconnected_at"] is None
    assert member_of_row(row) == silent


def test_the_first_rule_that_matches_a_row_decides_and_else_the_default() -> None:
    rule = Rule(id="no-queue", recording=Requirement.MUST_NOT, queues=frozenset({"queue"}))
    row, elsewhere = row_of_member(MEMBER), row_of_member(replace(MEMBER, queue_id="another"))
    decide = decider_of(Policy(Default.MUST, (rule,)))
    assert decide(row) == Decision(Requirement.MUST_NOT, "no-queue")
    assert decide(elsewhere) == Decision(Requirement.MUST, None)
    assert decider_of(Policy(rules=(rule,)))(elsewhere) == Decision(None, None)
