"""What the check of the configuration needs from outside.

The hooks satisfy these protocols by shape, with the errors that :mod:`audio_leakage.ports` names.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol


class Configuration(Protocol):
    """How AWS is configured, as far as recordings and their proof rest on it.

    Facts are texts, whole numbers, truth values and null. A setting is the key of the Variable that names a
    bucket or a key. ``MissingError`` says that there is no such thing.
    """

    def recording_storage(self, instance_id: str) -> Mapping[str, Any]:
        """Return the ``places`` of call recordings, each with ``bucket``, ``prefix`` and ``key``."""
        ...

    def flow_logging(self, instance_id: str) -> Mapping[str, Any]:
        """Return whether the instance writes flow logs: ``is_on``."""
        ...

    def log_group(self, name: str) -> Mapping[str, Any]:
        """Return for how many days a log group keeps lines: ``retention_days``, None for ever."""
        ...

    def subscription_filters(self, log_group: str) -> Mapping[str, Any]:
        """Return the ``filters`` of a log group, each with ``destination`` and ``pattern``."""
        ...

    def versioning(self, bucket: str, setting: str) -> Mapping[str, Any]:
        """Return the ``status`` of a bucket's versioning."""
        ...

    def object_lock(self, bucket: str, setting: str) -> Mapping[str, Any]:
        """Return how a bucket locks new objects: ``mode``, ``days`` and ``years``."""
        ...

    def lifecycle(self, bucket: str, setting: str) -> Iterable[Mapping[str, Any]]:
        """Return the rules by which a bucket deletes objects, as S3 has them."""
        ...

    def encryption(self, bucket: str, setting: str) -> Mapping[str, Any]:
        """Return how a bucket encrypts new objects: ``algorithm`` and ``key``."""
        ...

    def bucket_policy(self, bucket: str, setting: str) -> Mapping[str, Any]:
        """Return the ``sha256`` of a bucket's policy."""
        ...

    def public_access(self, bucket: str, setting: str) -> Mapping[str, Any]:
        """Return whether a bucket blocks public access, for each of the four ways."""
        ...

    def replication(self, bucket: str, setting: str) -> Mapping[str, Any]:
        """Return the ``destinations`` that a bucket copies new objects to."""
        ...

    def key_state(self, key_arn: str, setting: str) -> Mapping[str, Any]:
        """Return the ``state`` of a KMS key, and the ``key`` itself."""
        ...

    def key_rotation(self, key_arn: str, setting: str) -> Mapping[str, Any]:
        """Return whether a KMS key ``is_rotated``."""
        ...

    def table(self, name: str) -> Mapping[str, Any]:
        """Return how a table is protected: ``is_protected``, ``is_recoverable`` and ``expires_by``."""
        ...

    def ends_of_runs(self, table: str, start: datetime, end: datetime) -> Iterable[datetime]:
        """Return every five minutes in which a run of the monitor ended.

        :param table: the contact table.
        :param start: aware, a multiple of five minutes.
        :param end: aware; excluded.
        """
        ...
