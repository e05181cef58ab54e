"""Errors after which Airflow does not try a task again; Airflow 3.0 has them in another place."""

try:
    from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTerminated
except ImportError:
    from airflow.exceptions import (  # type: ignore[no-redef]
        AirflowFailException,
        AirflowTaskTerminated,
    )

__all__ = ["AirflowFailException", "AirflowTaskTerminated", "EarlierTaskFailed", "WrongParams"]


class EarlierTaskFailed(AirflowFailException):
    """The work of this task is done. A task before it failed, so the run must not end green."""


class WrongParams(AirflowFailException):
    """Somebody named a window or contacts that cannot be worked on; they see it in the run they triggered."""
