"""Times as the contact table writes them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from audio_leakage.times import EARLIEST, LATEST, format_time, is_plausible, parse_time, second_of, shown

MOMENT = datetime(2023, 8, 29, 10, 30, 11, 38_999, tzinfo=UTC)
TINY = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (MOMENT, "2023-08-29T10:30:11.038Z"),
        (MOMENT.replace(microsecond=0), "2023-08-29T10:30:11.000Z"),
        (MOMENT.astimezone(timezone(timedelta(hours=2))), "2023-08-29T10:30:11.038Z"),
        (MOMENT.astimezone(timezone(-timedelta(hours=11))), "2023-08-29T10:30:11.038Z"),
    ],
)
def test_a_time_is_written_in_utc_with_milliseconds(moment: datetime, text: str) -> None:
    assert format_time(moment) == text


def test_a_time_without_a_zone_is_not_written_as_if_it_were_utc() -> None:
    with pytest.raises(ValueError, match=r"^2023-08-29 10:30:00 has no time zone$"):
        format_time(datetime(2023, 8, 29, 10, 30))


@pytest.mark.parametrize(
    "text",
    ["2023-08-29T10:30:11.038Z", "2023-08-29T12:30:11.038+02:00", "20230829T103011.038Z"],
)
def test_any_time_with_an_offset_is_read_as_utc(text: str) -> None:
    assert parse_time(text) == MOMENT.replace(microsecond=38_000)
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("yesterday", "'yesterday' is no time in ISO-8601"),
        ("", "'' is no time in ISO-8601"),
        (None, "None is no time in ISO-8601"),
        (1693305011, "1693305011 is no time in ISO-8601"),
        ("2023-08-29T10:30:11", "'2023-08-29T10:30:11' names no offset from UTC"),
        ("2023-08-29", "'2023-08-29' names no offset from UTC"),
        ("1999-12-31T23:59:59Z", "'1999-12-31T23:59:59Z' is not in this century"),
        ("2100-01-01T00:00:01Z", "'2100-01-01T00:00:01Z' is not in this century"),
        ("9999-12-31T23:59:59-12:00", "'9999-12-31T23:59:59-12:00' is not in this century"),
    ],
)
def test_what_is_no_such_time_is_named_with_why(text: str, why: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole message follows
        parse_time(text)
    assert str(caught.value) == why


def test_a_plausible_time_is_within_the_century() -> None:
    assert (is_plausible(EARLIEST), is_plausible(LATEST)) == (True, True)
    assert (is_plausible(EARLIEST - TINY), is_plausible(LATEST + TINY)) == (False, False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x" * 58, f"'{'x' * 58}'"),
        ("x" * 59, f"'{'x' * 56}..."),
        ("a\nb", "'a\\nb'"),
        (None, "None"),
    ],
)
def test_a_message_quotes_a_value_on_one_line_of_sixty_characters(value: object, text: str) -> None:
    assert shown(value) == text
    assert len(shown(value)) <= 60


def test_the_bounds_of_a_search_are_cut_to_seconds() -> None:
    assert second_of(MOMENT) == MOMENT.replace(microsecond=0)
