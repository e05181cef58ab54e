"""How late a contact shows up in the simulated Amazon Connect."""

from datetime import timedelta

from local_aws.connect.delays import NO_DELAY, Delay
from support.fakes import number

SECONDS, HOURS = timedelta(seconds=30), timedelta(hours=6)
IDS = [number(place) for place in range(2000)]


def test_a_share_of_the_contacts_is_late() -> None:
    delay = Delay(SECONDS, late=HOURS, late_share=0.1)
    late = [each for each in IDS if delay.is_late(each)]
    assert 150 <= len(late) <= 250
    assert {delay.of(each) for each in late} == {HOURS}
    assert {delay.of(each) for each in set(IDS) - set(late)} == {SECONDS}


def test_another_salt_is_late_with_other_contacts() -> None:
    search, metrics = (Delay(late=HOURS, late_share=0.1, salt=salt) for salt in ("", "metrics"))
    assert [each for each in IDS if search.is_late(each)] != [each for each in IDS if metrics.is_late(each)]


def test_nobody_is_late_without_a_share() -> None:
    assert {NO_DELAY.of(each) for each in IDS} == {timedelta(0)}
