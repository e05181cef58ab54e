"""What the tasks of both DAGs have in common."""

from types import SimpleNamespace
from typing import Any

import pytest

from audio_leakage_tasks.task import is_retry


@pytest.mark.parametrize(
    ("try_number", "max_tries", "is_again"),
    [
        (1, 2, False),
        (2, 2, True),
        (3, 2, True),
        (2, 3, False),  # it succeeded at once, and somebody has run it again
        (3, 3, True),
        (4, 5, False),  # all three tries failed, and somebody has run it again
        (6, 5, True),
    ],
)
def test_a_task_that_somebody_runs_again_is_no_retry(try_number: int, max_tries: int, is_again: bool) -> None:
    ti = SimpleNamespace(try_number=try_number, max_tries=max_tries, task=SimpleNamespace(retries=2))
    context: Any = {"ti": ti}
    assert is_retry(context) is is_again
