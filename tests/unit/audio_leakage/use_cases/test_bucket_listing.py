"""A check lists a whole day or each contact, with the fewer requests and the same verdicts."""

from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from audio_leakage.errors import ServiceUnavailable
from audio_leakage.use_cases.checking import check_recordings
from support.fakes import PREFIX, World, answer, at, ended_with_agent, key_of

DAY = f"recordings/{PREFIX}/2023/08/29/"


def ids(count: int, seed: int = 1) -> list[str]:
    dice = Random(seed)
    return [str(UUID(int=dice.getrandbits(128), version=4)) for _ in range(count)]


def crowd(due: int, others: int, missing: int = 0) -> World:
    """Return a day of so many due contacts, the last ones without a recording, and other contacts' files."""
    world = World()
    everyone = ids(due + others)
    world.contacts.put(*(ended_with_agent(contact_id=contact_id) for contact_id in everyone[:due]))
    world.connect.answers = {contact_id: answer(contact_id) for contact_id in everyone[:due]}
    for contact_id in everyone[: due - missing] + everyone[due:]:
        world.bucket.put(key_of(contact_id))
    return world


@pytest.mark.parametrize(
    ("due", "others", "requests"),
    [
        pytest.param(10, 10_000, 10, id="few contacts: one request each"),
        pytest.param(60, 0, 1, id="a small folder: one request for all"),
        pytest.param(1000, 4000, 5, id="many contacts: the folder's pages"),
    ],
)
def test_the_listing_with_fewer_requests_is_chosen(due: int, others: int, requests: int) -> None:
    world = crowd(due, others)
    assert check_recordings(world.run(at("10:35")))["CALL_RECORDED_SUCCESS"] == due
    assert len(world.bucket.listings) == pytest.approx(requests, abs=requests // 2)


def test_few_contacts_in_a_large_folder_are_listed_one_by_one() -> None:
    world = crowd(60, 20_000)
    check_recordings(world.run(at("10:35")))
    assert not [listing for listing in world.bucket.listings if listing.startswith(f"{DAY} from")]
    assert len(world.bucket.listings) <= 61


@pytest.mark.parametrize("others", [0, 900, 4000, 20_000])
@pytest.mark.parametrize("due", [60, 500])
def test_both_ways_of_listing_lead_to_the_same_verdicts(due: int, others: int) -> None:
    world = crowd(due, others, missing=20)
    counts = check_recordings(world.run(at("10:31:10.343") + timedelta(hours=1), at_once=8))
    assert counts == {"due": due, "CALL_RECORDED_SUCCESS": due - 20, "CALL_RECORDED_FAILURE": 20}


def test_a_folder_that_cannot_be_prefetched_costs_no_verdict() -> None:
    world = crowd(60, 0)
    listing = world.bucket.list_objects
    world.bucket.list_objects = lambda bucket, prefix: (  # type: ignore[method-assign]
        listing("elsewhere", prefix) if prefix.endswith("/") else listing(bucket, prefix)
    )
    world.bucket.errors["elsewhere"] = ServiceUnavailable("HTTP 503")
    assert check_recordings(world.run(at("10:35")))["CALL_RECORDED_SUCCESS"] == 60
