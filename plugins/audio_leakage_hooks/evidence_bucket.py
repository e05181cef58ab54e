"""The bucket that evidence is written to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from botocore.exceptions import ClientError

from audio_leakage.errors import MissingError, ServiceUnavailable
from audio_leakage_aws.errors import code_of, domain_errors, member
from audio_leakage_aws.pages import complete
from audio_leakage_hooks.retrying_hook import RetryingHook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_s3.client import S3Client

#: What S3 answers to a conditional write of a key that is taken, or is being written.
_TAKEN = frozenset({"PreconditionFailed", "412"})
_BEING_WRITTEN = "ConditionalRequestConflict"


class EvidenceBucketHook(RetryingHook, S3Hook):
    """Write evidence to Amazon S3, each object once.

    The role needs ``s3:ListBucket``, ``s3:GetObject`` and ``s3:PutObject`` on the evidence bucket, and may
    neither delete an object nor change its retention.

    Additional arguments (such as ``aws_conn_id``) may be specified and are passed down to the underlying
    S3Hook. Every method raises the domain's ``SetupError`` and ``ServiceUnavailable``.

    .. seealso::
        - :class:`airflow.providers.amazon.aws.hooks.s3.S3Hook`
    """

    conn: S3Client

    def folder(self, bucket: str, prefix: str) -> EvidenceFolder:
        """Return the evidence of one instance.

        :param bucket: name of the evidence bucket.
        :param prefix: the instance's folder, with a slash at its end.
        """
        return EvidenceFolder(self, bucket, prefix)


class EvidenceFolder:
    """The evidence of one instance; keys are below its folder."""

    def __init__(self, hook: EvidenceBucketHook, bucket: str, prefix: str) -> None:
        self._hook, self._bucket, self._prefix = hook, bucket, prefix

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix; all pages are followed.

        .. seealso::
            - :external+boto3:py:meth:`S3.Client.list_objects_v2`
        """
        with self._errors("s3:ListBucket"):
            pages = self._hook.conn.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            for page in complete(pages, "NextContinuationToken"):
                if member(page, "KeyCount"):
                    for found in member(page, "Contents"):
                        yield found["Key"].removeprefix(self._prefix)

    def read(self, key: str) -> bytes:
        """Return an object.

        .. seealso::
            - :external+boto3:py:meth:`S3.Client.get_object`

        :raises MissingError: when there is none.
        """
        with self._errors("s3:GetObject"):
            try:
                answer = self._hook.conn.get_object(Bucket=self._bucket, Key=self._prefix + key)
                return member(answer, "Body").read()  # type: ignore[no-any-return]
            except ClientError as error:
                if code_of(error) != "NoSuchKey":
                    raise
                raise MissingError(f"{key} does not exist in the evidence bucket") from None

    def write(self, key: str, content: bytes) -> bool:
        """Write a new object; False when its key is taken, and that object stays as it is.

        S3 computes the SHA-256 itself and keeps it, so that auditors can compare without a download.

        .. seealso::
            - :external+boto3:py:meth:`S3.Client.put_object`

        :raises ServiceUnavailable: when another writer is at the same key just now.
        """
        with self._errors("s3:PutObject"):
            try:
                self._hook.conn.put_object(
                    Bucket=self._bucket,
                    Key=self._prefix + key,
                    Body=content,
                    ChecksumAlgorithm="SHA256",
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if code_of(error) in _TAKEN:
                    return False
                if code_of(error) == _BEING_WRITTEN:
                    raise ServiceUnavailable(f"{key} is being written by another run") from None
                raise
        return True

    def _errors(self, action: str) -> Any:  # noqa: ANN401  # contextlib's own, private type
        return domain_errors(action, f"bucket '{self._bucket}'", "evidence_bucket")
