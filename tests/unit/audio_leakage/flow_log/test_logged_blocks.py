"""What is read of the flow log before a contact fails."""

from dataclasses import replace
from typing import Any

import pytest

from audio_leakage.contacts.states import ExpectedBy
from audio_leakage.flow_log.logged_blocks import LoggedBlocks
from support.fakes import LOG_GROUP, SETTINGS, World, at, ended_with_agent


@pytest.mark.parametrize(
    ("facts", "parts"),
    [
        # Clocks may differ by a minute, so that much is read before the contact and behind its agent.
        ({"initialised_at": "10:31", "connected_to_agent_timestamp": "10:58"}, ["10:30"]),
        ({"initialised_at": "10:30:59", "connected_to_agent_timestamp": "10:58"}, ["10:00", "10:30"]),
        ({"initialised_at": "10:31", "connected_to_agent_timestamp": "10:59"}, ["10:30"]),
        ({"initialised_at": "10:31", "connected_to_agent_timestamp": "10:59:01"}, ["10:30", "11:00"]),
        # The hourly run entered it, so its blocks may have run since the call began.
        (
            {
                "initialised_at": "10:58",
                "connected_to_agent_timestamp": "10:58",
                "initiation_timestamp": "10:10",
                "expected_by": ExpectedBy.POLICY,
            },
            ["10:00", "10:30"],
        ),
        # At most two hours are read.
        (
            {"initialised_at": "06:00", "connected_to_agent_timestamp": "10:35"},
            ["08:30", "09:00", "09:30", "10:00", "10:30"],
        ),
        ({"initialised_at": None}, []),
        ({"initialised_at": "10:31", "connected_to_agent_timestamp": None}, []),
    ],
)
def test_the_log_is_read_from_the_contacts_beginning_until_its_agent_joined(
    facts: dict[str, Any], parts: list[str]
) -> None:
    world = World()
    times = {
        name: at(value) if isinstance(value, str) and ":" in value else value for name, value in facts.items()
    }
    run = world.run(at("12:00"), replace(SETTINGS, flow_log_group=LOG_GROUP))
    LoggedBlocks(run).added_to(ended_with_agent(**times))
    assert [window.start for window in world.flow_log.asked] == [at(part) for part in parts]
