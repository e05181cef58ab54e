"""The Airflow Variable of an environment: a secret if the environment reads secrets, else in Airflow."""

import json
from typing import Any, Protocol

from infrastructure.environment import Environment

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


def store_of(environment: Environment, variable: str, secrets: Any) -> VariableStore:  # noqa: ANN401  # boto3's client
    """Return the place where an environment looks for a Variable first.

    :param environment: the MWAA environment.
    :param variable: name of the Variable.
    :param secrets: boto3's client for Secrets Manager.
    """
    backend = environment.configuration.get("secrets.backend")
    arguments = json.loads(environment.configuration.get("secrets.backend_kwargs", "{}"))
    prefix = arguments.get("variables_prefix", "airflow/variables")
    if backend != _SECRETS_BACKEND or prefix is None:
        return AirflowVariable(environment, variable)
    return Secret(secrets, f"{prefix}{arguments.get('sep', '/')}{variable}")


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
            self._environment.rest("POST", "/variables", body)
        else:
            self._environment.rest("PATCH", f"/variables/{self._key}", body)
