"""What Airflow does again and again in one process, and need not do for tests."""

from functools import cache
from typing import Any

from fastapi.dependencies import utils
from fastapi.dependencies.models import Dependant


@cache
def make_airflow_quick() -> None:
    """Read the signature of each function of the execution API once.

    ``dag.test`` serves this API to its tasks within the process, and overrides some dependencies. So FastAPI reads the
    signatures of all dependencies again in each request.
    """
    get_dependant, known = utils.get_dependant, dict[Any, Dependant]()

    def get_once(**wanted: Any) -> Dependant:
        key = tuple((name, tuple(each) if isinstance(each, list) else each) for name, each in wanted.items())
        if key not in known:
            known[key] = get_dependant(**wanted)
        return known[key]

    utils.get_dependant = get_once
