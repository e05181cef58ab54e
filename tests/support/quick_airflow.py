"""What Airflow does again and again in one process, and need not do for tests."""

from copy import copy
from functools import cache
from typing import Any

from cadwyn import Version, applications
from cadwyn.route_generation import generate_versioned_routers
from fastapi.dependencies import utils
from fastapi.dependencies.models import Dependant


@cache
def make_airflow_quick() -> None:
    """Spare ``dag.test`` work: it serves the execution API to its tasks within the process."""
    _read_each_signature_once()
    _build_the_newest_version_alone()


def _read_each_signature_once() -> None:
    """Some dependencies are overridden, so FastAPI reads the signatures of all of them again in each request."""
    get_dependant, known = utils.get_dependant, dict[Any, Dependant]()

    def get_once(**wanted: Any) -> Dependant:
        key = tuple((name, tuple(each) if isinstance(each, list) else each) for name, each in wanted.items())
        if key not in known:
            known[key] = get_dependant(**wanted)
        return known[key]

    utils.get_dependant = get_once


def _build_the_newest_version_alone() -> None:
    """The API has nine versions, for tasks of older releases. Tasks of the same process ask for the newest."""

    def generate_newest(router: Any, versions: Any, **more: Any) -> Any:  # noqa: ANN401  # without types
        only, current = copy(versions), copy(router)
        only.versions = (
            Version(versions.versions[0].value),
        )  # without what has changed since the one before
        current.routes = [route for route in router.routes if not _is_only_for_older_versions(route)]
        return generate_versioned_routers(current, only, **more)

    applications.generate_versioned_routers = generate_newest  # type: ignore[attr-defined]


def _is_only_for_older_versions(route: Any) -> bool:  # noqa: ANN401  # without types
    return "_CADWYN_DELETED_ROUTE" in getattr(route, "tags", ())
