"""Airflow as the tests see it: a home of its own, no examples, no network, nothing of the user's."""

import atexit
import gc
import inspect
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import hooks, validate
from botocore.client import ClientCreator
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.loaders import JSONFileLoader, Loader
from botocore.model import ServiceModel, Shape

# Python would look for garbage again and again among thousands of modules that stay. That is a quarter of their import.
gc.set_threshold(50_000, 20, 100)

for _contract in ("bucket", "evidence", "table"):
    pytest.register_assert_rewrite(f"support.{_contract}_contract")

ROOT = Path(__file__).parents[1]
_HOME = Path(tempfile.mkdtemp(prefix="audio-leakage-airflow-"))
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)

# Before anything imports Airflow: it reads its configuration on import.
os.environ.update(
    {
        "AIRFLOW_HOME": str(_HOME),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "af-south-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
)
for _name in [
    name for name in os.environ if name.startswith(("AIRFLOW_VAR_", "AIRFLOW_CONN_", "AWS_ENDPOINT"))
]:
    del os.environ[_name]


def pytest_collection_finish() -> None:
    """Keep Python from looking for garbage among the objects of Airflow itself."""
    gc.collect()
    gc.freeze()


# Every hook has a boto3 session of its own, and every session searches for the same models and parses them again. And
# every hook reads the source of its whole stack, for the operator's name in its user agent. That was half of the tests' time.
_load_file = JSONFileLoader.load_file
_load_service_model = Loader.load_service_model


@cache
def _load_once(path: str) -> Any:  # noqa: ANN401  # JSON
    return _load_file(JSONFileLoader(), path)


@cache
def _load_model_once(paths: tuple[str, ...], service: str, kind: str, version: str | None) -> Any:  # noqa: ANN401  # JSON
    loader = Loader(extra_search_paths=list(paths), include_default_search_paths=False)
    return _load_service_model(loader, service, kind, version)


JSONFileLoader.load_file = lambda _self, path: _load_once(path)  # type: ignore[method-assign, assignment]
Loader.load_service_model = lambda self, service_name, type_name, api_version=None: _load_model_once(  # type: ignore[method-assign]
    tuple(self.search_paths), service_name, type_name, api_version
)
inspect.stack.__defaults__ = (0,)
# For a frame without a file, inspect looks through all modules that are loaded, some thousands.
inspect.modulesbyfile.update({"<frozen runpy>": "runpy", "<string>": "__main__"})


# Every session registers 130 handlers, and each client 60 more. For each of them it looks for an old name of the event.
_alias_event_name = EventAliaser._alias_event_name  # type: ignore[attr-defined]
_ALIASER = EventAliaser(HierarchicalEmitter())


@cache
def _alias_once(event_name: str) -> str:
    return str(_alias_event_name(_ALIASER, event_name))


EventAliaser._alias_event_name = lambda _self, event_name: _alias_once(event_name)  # type: ignore[attr-defined]


# It also reads the signature of each handler, and needs only one flag of it.
_accepts_kwargs = hooks.accepts_kwargs


def _accepts_kwargs_by_code(handler: Any) -> bool:  # noqa: ANN401  # anything that can be called
    code = getattr(handler, "__code__", None)
    return bool(code.co_flags & inspect.CO_VARKEYWORDS if code else _accepts_kwargs(handler))


hooks.accepts_kwargs = _accepts_kwargs_by_code  # type: ignore[assignment]


# And for each client botocore makes the class of the service again, with its hundreds of methods.
_create_client_class = ClientCreator._create_client_class  # type: ignore[attr-defined]
_client_classes: dict[tuple[str, str], type] = {}


def _create_class_once(self: ClientCreator, service_name: str, service_model: ServiceModel) -> type:
    wanted = service_name, service_model.api_version
    if wanted not in _client_classes:
        _client_classes[wanted] = _create_client_class(self, service_name, service_model)
    return _client_classes[wanted]


ClientCreator._create_client_class = _create_class_once  # type: ignore[attr-defined]


# AWS refuses what is too long or too much. botocore knows these limits and checks few of them, and moto checks fewer.
_check_lower_limit = validate.range_check
_check_type_of_blob = validate.ParamValidator._validate_blob  # type: ignore[attr-defined]


def _check_limits(name: str, value: int, shape: Shape, kind: str, errors: validate.ValidationErrors) -> None:
    _check_lower_limit(name, value, shape, kind, errors)
    most = shape.metadata.get("max")
    if most is not None and value > most:
        least = shape.metadata.get("min", 0)
        errors.report(name, kind, param=value, min_allowed=f"{least}, and at most {most}")


def _check_blob(
    self: validate.ParamValidator, blob: object, shape: Shape, errors: validate.ValidationErrors, name: str
) -> None:
    _check_type_of_blob(self, blob, shape, errors, name)
    if isinstance(blob, bytes):
        _check_limits(name, len(blob), shape, "invalid length", errors)


validate.range_check = _check_limits  # type: ignore[assignment]
validate.ParamValidator._validate_blob = _check_blob  # type: ignore[attr-defined]
