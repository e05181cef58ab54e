"""The Airflow Variable of an environment: a secret where it reads secrets, else in Airflow itself."""

import json
from typing import Any, Protocol

from infrastructure.environment import Environment

_SECRETS_BACKEND = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"


class VariableStore(Protocol):
    """Where a Variable lies."""

    @property
    def place(self) -> str:
        """Where that is, in words."""
        ...

    def read(self) -> str | None:
        """Return its text, None when it is not set."""
        ...

    def write(self, text: str) -> None:
        """Set it, new or not."""
        ...


def store_of(environment: Environment, variable: str, secrets: Any) -> VariableStore:  # noqa: ANN401  # boto3's client
    """Return where an environment looks for a Variable first.

    :param secrets: boto3's client of Secrets Manager.
    """
    backend = environment.configuration.get("secrets.backend")
    arguments = json.loads(environment.configuration.get("secrets.backend_kwargs", "{}"))
    prefix = arguments.get("variables_prefix", "airflow/variables")
    if backend != _SECRETS_BACKEND or prefix is None:
        return AirflowVariable(environment, variable)
    return Secret(secrets, f"{prefix}{arguments.get('sep', '/')}{variable}")


class Secret:
    """A Variable in Secrets Manager."""

    def __init__(self, secrets: Any, name: str) -> None:  # noqa: ANN401  # boto3's client
        self._secrets = secrets
        self._name = name

    @property
    def place(self) -> str:
        """Where that is, in words."""
        return f"secret {self._name}"

    def read(self) -> str | None:
        """Return its text, None when it is not set."""
        try:
            text: str = self._secrets.get_secret_value(SecretId=self._name)["SecretString"]
        except self._secrets.exceptions.ResourceNotFoundException:
            return None
        return text

    def write(self, text: str) -> None:
        """Set it, new or not."""
        if self.read() is None:
            self._secrets.create_secret(Name=self._name, SecretString=text)
        else:
            self._secrets.put_secret_value(SecretId=self._name, SecretString=text)


class AirflowVariable:
    """A Variable in Airflow's own database."""

    def __init__(self, environment: Environment, key: str) -> None:
        self._environment = environment
        self._key = key

    @property
    def place(self) -> str:
        """Where that is, in words."""
        return f"Airflow Variable {self._key}"

    def read(self) -> str | None:
        """Return its text, None when it is not set."""
        found = self._environment.rest("GET", f"/variables/{self._key}")
        return None if found is None else str(found["value"])

    def write(self, text: str) -> None:
        """Set it, new or not."""
        body = {"key": self._key, "value": text}
        if self.read() is None:
            self._environment.rest("POST", "/variables", body)
        else:
            self._environment.rest("PATCH", f"/variables/{self._key}", body)
