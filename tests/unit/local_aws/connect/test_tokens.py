"""The pages of the simulated Amazon Connect."""

import pytest

from local_aws.connect.tokens import page_of, start_of

FOUND = list(range(7))


def test_pages_give_each_result_once() -> None:
    given, query = [], {"InstanceId": "i"}
    while True:
        page, more = page_of("ListQueues", query, FOUND, 3)
        given.append(list(page))
        if not more:
            break
        query = {"InstanceId": "i", **more}
    assert given == [[0, 1, 2], [3, 4, 5], [6]]


def test_a_last_page_that_is_full_has_no_token() -> None:
    assert page_of("ListQueues", {}, FOUND, 7) == (FOUND, {})


@pytest.mark.parametrize(
    ("operation", "query"),
    [("SearchQueues", {"InstanceId": "i"}), ("ListQueues", {"InstanceId": "other"})],
)
def test_a_token_of_another_request_is_refused(operation: str, query: dict[str, str]) -> None:
    _, more = page_of("ListQueues", {"InstanceId": "i"}, FOUND, 3)
    with pytest.raises(ValueError, match="NextToken is invalid"):
        start_of(operation, {**query, **more})


@pytest.mark.parametrize("token", ["3", "e30=", "WzFd", "not base64 at all", "\N{SNOWMAN}"])
def test_a_token_that_nobody_gave_out_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="NextToken is invalid"):
        start_of("ListQueues", {"NextToken": token})
