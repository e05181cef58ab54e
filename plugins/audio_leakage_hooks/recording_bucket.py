"""The bucket that holds the recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.amazon.aws.hooks.s3 import S3Hook

from audio_leakage_aws.errors import domain_errors, member
from audio_leakage_aws.pages import complete
from audio_leakage_hooks.retrying_hook import RetryingHook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_s3.client import S3Client
    from types_boto3_s3.type_defs import ObjectTypeDef


class RecordingBucketHook(RetryingHook, S3Hook):
    """Look for call recordings in Amazon S3.

    We ask only for keys, sizes and times. So the role needs ``s3:ListBucket``, and ``s3:ListBucketVersions``
    to name a delete marker as a cause. It needs neither ``s3:GetObject`` nor ``kms:Decrypt``, so the monitor
    cannot listen to a call.

    Additional arguments (such as ``aws_conn_id``) may be specified and are passed down to the underlying
    S3Hook. Every method raises the domain's ``SetupError`` and ``ServiceUnavailable``.

    .. seealso::
        - :class:`airflow.providers.amazon.aws.hooks.s3.S3Hook`
    """

    conn: S3Client

    def list_objects(self, bucket: str, prefix: str) -> Iterator[ObjectTypeDef]:
        """List the objects whose key begins with a prefix; all pages are followed.

        .. seealso::
            - :external+boto3:py:meth:`S3.Client.list_objects_v2`

        :param bucket: name of the bucket.
        :param prefix: what the keys begin with.
        :return: Key, Size (bytes) and LastModified of each.
        """
        with domain_errors("s3:ListBucket", f"bucket '{bucket}'", "recording_bucket"):
            pages = self.conn.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            for page in complete(pages, "NextContinuationToken"):
                if member(page, "KeyCount"):
                    yield from member(page, "Contents")

    def has_delete_marker(self, bucket: str, prefix: str) -> bool:
        """Tell whether a bucket that keeps versions has a delete marker under a prefix, on any page.

        .. seealso::
            - :external+boto3:py:meth:`S3.Client.list_object_versions`

        :param bucket: name of the bucket.
        :param prefix: what the keys begin with.
        """
        with domain_errors("s3:ListBucketVersions", f"bucket '{bucket}'", "recording_bucket"):
            pages = self.conn.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
            markers = ("NextKeyMarker", "NextVersionIdMarker")
            return any(page.get("DeleteMarkers") for page in complete(pages, *markers))
