"""Errors that tell Airflow what becomes of a task; Airflow 3.0 has them in another place."""

try:
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, AirflowTaskTerminated
except ImportError:
    from airflow.exceptions import (  # type: ignore[no-redef]
        AirflowFailException,
        AirflowSkipException,
        AirflowTaskTerminated,
    )

__all__ = [
    "AirflowFailException",
    "AirflowSkipException",
    "AirflowTaskTerminated",
    "EarlierTaskFailed",
    "WrongParams",
]


class EarlierTaskFailed(AirflowFailException):
    """The work of this task is done. A task before it failed, so the run must not end green."""


class WrongParams(AirflowFailException):
    """Somebody named a window or contacts that cannot be worked on; they see it in the run they triggered."""
