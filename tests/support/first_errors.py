"""The first errors of several threads, met at once."""

import pytest
from botocore.client import BaseClient
from botocore.errorfactory import ClientExceptionsFactory


def meet_first_errors_at_once(conn: BaseClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a client new exception classes whenever it is asked, as threads get them that err at once."""

    def new(client: BaseClient) -> object:
        return ClientExceptionsFactory().create_client_exceptions(client.meta.service_model)

    monkeypatch.setattr(type(conn), "exceptions", property(new))
