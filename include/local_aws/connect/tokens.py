"""Pages of a listing, and the tokens that lead from one to the next."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any


def page_of(
    operation: str, query: Mapping[str, Any], found: Sequence[Any], size: int
) -> tuple[Sequence[Any], Mapping[str, str]]:
    """Return one page of what a request found, and the member ``NextToken`` if there is more.

    :param operation: such as ``SearchContacts``.
    :param query: members of the request; ``NextToken`` says where the page begins.
    :param found: all that was found, in order.
    :param size: of a page.
    :raises ValueError: for a token that this operation did not give out for the same request.
    """
    first = start_of(operation, query)
    after = first + size
    more = {"NextToken": _token(operation, query, after)} if after < len(found) else {}
    return found[first:after], more


def start_of(operation: str, query: Mapping[str, Any]) -> int:
    """Return the place of the first result of a page.

    :raises ValueError: for a token that this operation did not give out for the same request.
    """
    token = query.get("NextToken")
    if not token:
        return 0
    try:
        asked, first = json.loads(urlsafe_b64decode(token))
        is_ours = asked == _digest(operation, query)
    except (ValueError, TypeError):
        is_ours = False
    if not is_ours:
        raise ValueError("NextToken is invalid: use the one of the answer before, with the same request")
    return int(first)


def _token(operation: str, query: Mapping[str, Any], place: int) -> str:
    return urlsafe_b64encode(json.dumps([_digest(operation, query), place]).encode()).decode()


def _digest(operation: str, query: Mapping[str, Any]) -> str:
    asked = {name: value for name, value in query.items() if name not in ("NextToken", "MaxResults")}
    return sha256(json.dumps([operation, asked], sort_keys=True).encode()).hexdigest()
