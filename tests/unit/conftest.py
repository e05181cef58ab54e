"""The domain needs no network: a unit test that opens a socket fails."""

import pytest
from hypothesis import settings
from pytest_socket import disable_socket

settings.register_profile("fuzz", max_examples=20_000, deadline=None)


@pytest.fixture(autouse=True)
def _no_network() -> None:
    disable_socket()
