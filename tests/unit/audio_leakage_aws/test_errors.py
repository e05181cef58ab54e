"""Errors of AWS become the domain's: what passes by itself is never a refusal that somebody must lift."""

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    IncompleteReadError,
    NoCredentialsError,
    NoRegionError,
    PaginationError,
    ParamValidationError,
    ProfileNotFound,
)
from botocore.loaders import Loader
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from audio_leakage.errors import AwsError, MissingError, RefusedError, ServiceUnavailable, SetupError
from audio_leakage_aws.errors import domain_errors
from support.fakes import MARK


def raised_for(action: str, code: str, status: int = 400) -> AwsError:
    """Return what a service's answer becomes."""
    answer = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    with pytest.raises(AwsError) as caught, domain_errors(action, "it", "setting"):
        raise ClientError(answer, action)  # type: ignore[arg-type]
    return caught.value


def codes_of(checker: type, name: str) -> set[str]:
    """Return the codes that one of botocore's own checkers goes by."""
    codes: list[str] = getattr(checker, name)
    return set(codes)


BOTOCORES = codes_of(ThrottledRetryableChecker, "_THROTTLED_ERROR_CODES") | codes_of(
    TransientRetryableChecker, "_TRANSIENT_ERROR_CODES"
)


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("sns:Publish", "KMSThrottling"),
        ("dynamodb:UpdateItem", "ReplicatedWriteConflictException"),
        *(("any", code) for code in sorted(BOTOCORES)),
    ],
)
def test_a_code_that_means_try_later_is_unavailable_under_any_name(action: str, code: str) -> None:
    assert type(raised_for(action, code)) is ServiceUnavailable


@pytest.mark.parametrize(
    ("action", "code", "status"),
    [
        ("logs:FilterLogEvents", "ThrottlingException", 400),
        ("logs:FilterLogEvents", "LimitExceededException", 400),
        ("logs:FilterLogEvents", "ServiceUnavailableException", 500),
        ("dynamodb:Query", "ProvisionedThroughputExceededException", 400),
        ("dynamodb:Query", "RequestLimitExceeded", 400),
        ("dynamodb:PutItem", "TransactionConflictException", 400),
        ("dynamodb:PutItem", "TransactionInProgressException", 400),
        ("dynamodb:DeleteItem", "TransactionCanceledException", 400),
        ("s3:ListBucket", "SlowDown", 503),
        ("s3:ListBucket", "RequestTimeout", 400),
        ("s3:ListBucket", "KMS.ThrottlingException", 400),
        ("sns:Publish", "Throttled", 429),
        ("sns:Publish", "InternalError", 500),
        ("cloudwatch:PutMetricData", "Throttling", 400),
        ("connect:DescribeContact", "TooManyRequestsException", 429),
        ("connect:DescribeContact", "AnythingNew", 429),
        ("connect:DescribeContact", "503", 503),
    ],
)
def test_a_throttle_or_a_breakdown_is_unavailable_with_any_http_status(
    action: str, code: str, status: int
) -> None:
    error = raised_for(action, code, status)
    assert type(error) is ServiceUnavailable
    assert str(error).startswith(f"{action} on it is unavailable for now")


def test_a_code_that_a_services_model_marks_as_retryable_is_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exception = {"type": "structure", "members": {}, "exception": True}
    shapes = {
        "Refused": exception,
        "Busy": {**exception, "retryable": {"throttling": False}},
        "Slow": {**exception, "retryable": {"throttling": True}, "error": {"code": "SlowIt"}},
    }
    monkeypatch.setattr(Loader, "load_service_model", lambda *_: {"metadata": {}, "shapes": shapes})
    kinds = {code: type(raised_for("a-new-service:Ask", code)) for code in ("Refused", "Busy", "SlowIt")}
    assert kinds == {"Refused": RefusedError, "Busy": ServiceUnavailable, "SlowIt": ServiceUnavailable}


@pytest.mark.parametrize(
    ("action", "code", "status", "error"),
    [
        ("dynamodb:Query", "ValidationException", 400, RefusedError),
        ("sns:Publish", "KMSDisabled", 400, RefusedError),
        ("s3:ListBucket", "KMS.DisabledException", 400, RefusedError),
        ("sns:Publish", "NotFound", 404, MissingError),
        ("logs:FilterLogEvents", "AccessDeniedException", 400, SetupError),
        ("any:Thing", "ExpiredTokenException", 400, SetupError),
    ],
)
def test_an_error_that_a_person_must_fix_is_not_unavailable(
    action: str, code: str, status: int, error: type[Exception]
) -> None:
    assert type(raised_for(action, code, status)) is error


def test_a_paginator_that_goes_in_circles_is_unavailable() -> None:
    with pytest.raises(ServiceUnavailable), domain_errors("s3:ListBucket", "it", "setting"):
        raise PaginationError(message="The same next token was received twice: a")


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="https://s3"),
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ],
)
def test_an_answer_that_does_not_arrive_is_unavailable(error: Exception) -> None:
    with pytest.raises(ServiceUnavailable) as caught, domain_errors("s3:ListBucket", "it", "setting"):
        raise error
    assert str(caught.value) == f"s3:ListBucket on it got no usable answer: {error}"


def test_an_answer_of_another_shape_is_named_by_its_kind_alone() -> None:
    with pytest.raises(ServiceUnavailable) as caught, domain_errors("s3:ListBucket", "it", "setting"):
        raise ResponseParserError(MARK)
    assert str(caught.value) == "s3:ListBucket on it got an answer of another shape: ResponseParserError"
    assert caught.value.__suppress_context__, "Airflow logs causes, too"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (NoCredentialsError(), "Unable to locate credentials"),
        (NoRegionError(), "You must specify a region."),
        (ProfileNotFound(profile="acme"), "The config profile (acme) could not be found"),
    ],
)
def test_a_request_that_cannot_be_made_is_something_to_set_up(error: Exception, why: str) -> None:
    with pytest.raises(SetupError) as caught, domain_errors("s3:ListBucket", "it", "setting"):
        raise error
    assert str(caught.value) == f"s3:ListBucket on it could not be asked for: {why}"
    assert caught.value.__cause__ is error


def test_a_mistake_of_ours_in_a_request_stays_one() -> None:
    with pytest.raises(ParamValidationError), domain_errors("s3:ListBucket", "it", "setting"):
        raise ParamValidationError(report="Missing required parameter")
