"""The Airflow Variable of an environment: a secret if the environment reads secrets, else in Airflow."""

import json
import re
from collections.abc import Callable
from typing import Any, Protocol

from audio_leakage.errors import SettingsError
from infrastructure.environment import Environment, RestRefused

_CONFLICT = 409
_KWARGS = "secrets.backend_kwargs"
#: Arguments that put the secrets where the credentials of a deployment do not lead.
_ELSEWHERE = ("role_arn", "profile_name", "endpoint_url", "aws_access_key_id")
_SECRETS_BACKEND = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"


class VariableStore(Protocol):
    """The place of one Variable."""

    @property
    def place(self) -> str:
        """Name of the place, for messages."""
        ...

    def read(self) -> str | None:
        """Return the text of the Variable, or None if it is not set."""
        ...

    def write(self, text: str) -> None:
        """Create or replace the Variable."""
        ...


def store_of(environment: Environment, variable: str, client: Callable[..., Any]) -> VariableStore:
    """Return the place where an environment looks for a Variable first.

    The rules are those of ``SecretsManagerBackend`` in Airflow's Amazon provider. A lookup pattern is matched
    at the beginning, in any case. A prefix loses its separators at the end, and an empty one adds none.

    :param environment: the MWAA environment.
    :param variable: name of the Variable.
    :param client: returns boto3's client for a service, and takes ``region_name``.
    :raises SettingsError: if the environment's ``secrets.backend_kwargs`` cannot be read.
    """
    if environment.configuration.get("secrets.backend") != _SECRETS_BACKEND:
        return AirflowVariable(environment, variable)
    place = f"{_KWARGS} of environment {environment.name}"
    arguments = read_object(environment.configuration.get(_KWARGS) or "{}", place)
    prefix, separator = arguments.get("variables_prefix", "airflow/variables"), arguments.get("sep", "/")
    pattern = arguments.get("variables_lookup_pattern")
    if prefix is None or (pattern and not re.match(pattern, variable, re.IGNORECASE)):
        return AirflowVariable(environment, variable)
    if elsewhere := [name for name in _ELSEWHERE if arguments.get(name)]:
        raise SettingsError(
            f"{place} names {elsewhere[0]}, so its secrets may be "
            "in another account: write the Variable there yourself, and deploy the other parts with --only"
        )
    region = arguments.get("region_name")
    secrets = client("secretsmanager", **({"region_name": region} if region else {}))
    return Secret(secrets, f"{prefix.rstrip(separator)}{separator}{variable}" if prefix else variable)


def read_object(text: str, place: str) -> dict[str, Any]:
    """Read a JSON object that somebody wrote.

    :param place: where it stands, for messages.
    :raises SettingsError: if it is none.
    """
    try:
        read = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{place} is not JSON: {error}") from error
    if not isinstance(read, dict):
        raise SettingsError(f"{place} is not a JSON object")
    return read


class Secret:
    """Keep a Variable in Secrets Manager."""

    def __init__(self, secrets: Any, name: str) -> None:  # noqa: ANN401  # boto3's client
        self._secrets = secrets
        self._name = name

    @property
    def place(self) -> str:
        """Name of the place, for messages."""
        return f"secret {self._name}"

    def read(self) -> str | None:
        """Return the text of the Variable, or None if it is not set."""
        try:
            text: str = self._secrets.get_secret_value(SecretId=self._name)["SecretString"]
        except self._secrets.exceptions.ResourceNotFoundException:
            return None
        return text

    def write(self, text: str) -> None:
        """Create or replace the Variable."""
        if self.read() is None:
            self._secrets.create_secret(Name=self._name, SecretString=text)
        else:
            self._secrets.put_secret_value(SecretId=self._name, SecretString=text)


class AirflowVariable:
    """Keep a Variable in Airflow's own database."""

    def __init__(self, environment: Environment, key: str) -> None:
        self._environment = environment
        self._key = key

    @property
    def place(self) -> str:
        """Name of the place, for messages."""
        return f"Airflow Variable {self._key}"

    def read(self) -> str | None:
        """Return the text of the Variable, or None if it is not set."""
        found = self._environment.rest("GET", f"/variables/{self._key}")
        return None if found is None else str(found["value"])

    def write(self, text: str) -> None:
        """Create or replace the Variable."""
        body = {"key": self._key, "value": text}
        if self.read() is None:
            try:
                self._environment.rest("POST", "/variables", body)
            except RestRefused as refused:
                if refused.status != _CONFLICT:
                    raise
            else:
                return  # otherwise an attempt whose answer got lost, or somebody else, created it
        self._environment.rest("PATCH", f"/variables/{self._key}", body)
