"""Spare moto work: for each request it lists its folders and tries the address of every service."""

from functools import cache

from moto.moto_server.werkzeug_app import DomainDispatcherApplication

_service_of = DomainDispatcherApplication.get_backend_for_host


def find_each_host_once() -> None:
    """Let moto remember which service answers to a host, for the rest of this process."""
    DomainDispatcherApplication.get_backend_for_host = cache(_service_of)  # type: ignore[method-assign]
