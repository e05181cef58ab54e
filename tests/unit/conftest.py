"""The domain needs no network: a unit test that opens a socket fails."""

import pytest
from hypothesis import settings
from pytest_socket import disable_socket

# A busy machine may be slow: no test fails because of the time that it took.
settings.register_profile("everywhere", deadline=None)
settings.load_profile("everywhere")
settings.register_profile("fuzz", max_examples=20_000, deadline=None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the simulated day, the longest: another worker does the rest meanwhile."""
    items.sort(key=lambda item: "test_soak" not in item.nodeid)


@pytest.fixture(autouse=True)
def _no_network() -> None:
    disable_socket()
