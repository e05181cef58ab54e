"""Turn the errors of AWS into the errors of the domain. No other module does."""

import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004  # botocore's own
    HTTPClientError,
    IncompleteReadError,
    PaginationError,
    ParamValidationError,
    UnknownServiceError,
)
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import ResponseParserError
from botocore.retries.standard import (
    OrRetryChecker,
    RetryContext,
    ThrottledRetryableChecker,
    TransientRetryableChecker,
)

from audio_leakage.errors import MissingError, RefusedError, ServiceUnavailable, SetupError

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "Forbidden", "403"})
_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_MISSING = frozenset({"ResourceNotFoundException", "NoSuchBucket", "NotFound", "NotFoundException", "404"})
#: What to do about a missing resource, by the setting that names it. The others are to be created.
_WHEN_MISSING = {
    "contact_table": (
        "if it was lost, restore it to a point in time, because an empty one knows no earlier contact. "
        "If it never was there, create it, or correct 'contact_table' in the settings"
    ),
    "flow_log_group": (
        "create it, or correct 'flow_log_group' in the settings. Until then we do not know the new calls "
        "that the subscription misses"
    ),
}
#: Codes of errors that pass by themselves, and that botocore's own lists lack.
_PASSING = frozenset(
    {
        # Another writer has the item, or another Region's write of it comes first.
        "ReplicatedWriteConflictException",
        "TransactionCanceledException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
#: botocore's own lists of codes that are worth another try.
_RETRYABLE = OrRetryChecker([ThrottledRetryableChecker(), TransientRetryableChecker()])
#: What botocore's parser raises when an answer has other types than the service's model.
_GARBLED = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
_NO_ANSWER = (ConnectionError, HTTPClientError, IncompleteReadError, PaginationError)
#: An error's code. Where there is none, botocore takes the HTTP status, and for the message the whole body.
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,79}")


@contextmanager
def domain_errors(action: str, resource: str, setting: str) -> Iterator[None]:
    """Turn botocore's errors into the domain's.

    :param action: the IAM action, such as ``dynamodb:Query``.
    :param resource: what it was asked of, such as ``table 'contacts'``.
    :param setting: the key of the Variable that names the resource.
    :raises SetupError: denied, missing or refused; one sentence says what to grant, create or correct.
    :raises ServiceUnavailable: throttled, 5xx, unreachable, too slow or garbled.
    """
    try:
        yield
    except ClientError as error:
        known = _from_client_error(error, action, resource, setting)
        raise known from (error if _may_be_quoted(error, action) else None)  # Airflow logs causes, too
    except ResponseParserError as error:
        raise _of_another_shape(error, action, resource) from None
    except _NO_ANSWER as error:
        raise ServiceUnavailable(f"{action} on {resource} got no usable answer: {_short(error)}") from error
    except ParamValidationError:
        raise  # a mistake of ours, nothing that somebody could grant or create
    except BotoCoreError as error:
        raise SetupError(f"{action} on {resource} could not be asked for: {_short(error)}") from error
    except _GARBLED as error:
        if not _comes_from_the_parser(error):
            raise
        raise _of_another_shape(error, action, resource) from None


def code_of(error: ClientError) -> str:
    """Return the code that AWS gave an error.

    Compare codes and not classes. botocore makes a client's exception classes at its first error. Threads
    that meet their first error at the same time get different classes, and the client knows only one of them.
    """
    return str(error.response.get("Error", {}).get("Code", ""))


def member(answer: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401  # whatever the service model says
    """Return a member that every answer of its kind has.

    botocore raises nothing for a 200 whose body was cut off: members are merely missing then, and an absent
    list must not pass for an empty one.

    :raises ServiceUnavailable: when it is missing.
    """
    if name not in answer:
        raise ServiceUnavailable(f"an answer arrived without its member {name}")
    return answer[name]


def _comes_from_the_parser(error: Exception) -> bool:
    frames = traceback.walk_tb(error.__traceback__)
    return any(frame.f_globals.get("__name__") == "botocore.parsers" for frame, _ in frames)


def _of_another_shape(error: Exception, action: str, resource: str) -> ServiceUnavailable:
    """Return the error for an answer that botocore could not read."""
    kind = type(error).__name__  # and not its text, which quotes the answer
    return ServiceUnavailable(f"{action} on {resource} got an answer of another shape: {kind}")


def _may_be_quoted(error: ClientError, action: str) -> bool:
    """Tell whether AWS's own words may be repeated.

    A message without a code may hold anything. Connect knows callers, so we repeat only its denials.
    """
    code = code_of(error)
    return bool(_CODE.fullmatch(code)) and (code in _DENIED or not action.startswith("connect:"))


def _short(error: Exception) -> str:
    """Return what an error says on one line."""
    return " ".join(str(error).split())[:200]


def _from_client_error(
    error: ClientError, action: str, resource: str, setting: str
) -> SetupError | ServiceUnavailable:
    code = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    name = code if _CODE.fullmatch(code) else "an error without a code"
    if status == 429 or status >= 500 or _passes(error, action.partition(":")[0]):
        return ServiceUnavailable(f"{action} on {resource} is unavailable for now: {name} (HTTP {status})")
    if code in _CREDENTIALS:
        return SetupError(f"{action} on {resource} was refused, the credentials are not valid: {code}")
    if code in _DENIED:
        return SetupError(f"{action} on {resource} was denied: grant {action} on it to the role of this task")
    if code in _MISSING:
        what_to_do = _WHEN_MISSING.get(setting, f"create it, or correct '{setting}' in the settings")
        return MissingError(f"{resource} does not exist: {what_to_do}")
    why = _short(error) if _may_be_quoted(error, action) else f"{name} (HTTP {status})"
    return RefusedError(f"{action} on {resource} was refused: {why}")


def _passes(error: ClientError, service: str) -> bool:
    """Tell whether another try may help, as botocore, the service's model or the error's name says."""
    code = code_of(error)
    return (
        bool(_RETRYABLE.is_retryable(RetryContext(attempt_number=1, parsed_response=error.response)))
        or "throttl" in code.lower()  # such as SNS's KMSThrottling, which its model does not mark
        or code in _PASSING
        or code in _retryable_codes(service)
    )


@cache
def _retryable_codes(service: str) -> frozenset[str]:
    """Return the codes that a service's model marks with the trait ``retryable``.

    :param service: the prefix of its IAM actions, which is botocore's name for all services that we ask.
    """
    try:
        model = ServiceModel(Loader().load_service_model(service, "service-2"))
    except UnknownServiceError:
        return frozenset()
    return frozenset(
        shape.metadata.get("error", {}).get("code", shape.name)
        for shape in model.error_shapes
        if shape.metadata.get("retryable") is not None
    )
