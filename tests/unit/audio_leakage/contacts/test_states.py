import pytest

from audio_leakage.contacts.states import TRANSITIONS, ContactState, RecordedState, advance

INITIALISED = ContactState.INITIALISED
WAITING = ContactState.IN_PROGRESS_QUEUE_IVR
TALKING = ContactState.IN_PROGRESS_AGENT
LEFT = ContactState.COMPLETED_QUEUE_IVR
SERVED = ContactState.COMPLETED_AGENT


def test_states_and_verdicts_are_spelled_as_in_the_specification() -> None:
    assert [str(state) for state in ContactState] == [
        "INITIALISED",
        "IN_PROGRESS - QUEUE/IVR",
        "IN_PROGRESS - AGENT",
        "COMPLETED - QUEUE/IVR",
        "COMPLETED - AGENT",
    ]
    assert [str(verdict) for verdict in RecordedState] == ["CALL_RECORDED_SUCCESS", "CALL_RECORDED_FAILURE"]


@pytest.mark.parametrize(
    ("current", "observed", "expected"),
    [
        (INITIALISED, WAITING, WAITING),
        (INITIALISED, TALKING, TALKING),
        (INITIALISED, LEFT, LEFT),
        (INITIALISED, SERVED, SERVED),
        (WAITING, WAITING, WAITING),
        (WAITING, TALKING, TALKING),
        (WAITING, LEFT, LEFT),
        (WAITING, SERVED, SERVED),
        (TALKING, WAITING, TALKING),  # an answer that lags behind
        (TALKING, TALKING, TALKING),
        (TALKING, LEFT, SERVED),  # ended, and an agent had been there
        (TALKING, SERVED, SERVED),
        (LEFT, TALKING, LEFT),
        (LEFT, LEFT, LEFT),
        (LEFT, WAITING, LEFT),
        (LEFT, SERVED, LEFT),
        (SERVED, LEFT, SERVED),
        (SERVED, TALKING, SERVED),
        (SERVED, SERVED, SERVED),
        (SERVED, WAITING, SERVED),
    ],
)
def test_a_state_only_moves_forward(
    current: ContactState, observed: ContactState, expected: ContactState
) -> None:
    assert advance(current, observed) == expected


@pytest.mark.parametrize("current", list(ContactState))
@pytest.mark.parametrize("observed", [WAITING, TALKING, LEFT, SERVED])
def test_every_move_is_in_the_table_of_transitions(current: ContactState, observed: ContactState) -> None:
    after = advance(current, observed)
    assert after == current or after in TRANSITIONS[current]


def test_no_move_leads_back_to_initialised_or_out_of_completed() -> None:
    assert all(INITIALISED not in allowed for allowed in TRANSITIONS.values())
    assert not TRANSITIONS[LEFT]
    assert not TRANSITIONS[SERVED]
