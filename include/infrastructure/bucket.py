"""The S3 bucket of an MWAA environment. It keeps versions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from infrastructure.environment import S3Object

_TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")


class ChangedMeanwhile(Exception):
    """Somebody else wrote the same object since we read it."""


@dataclass(frozen=True)
class Content:
    """One version of an object, with what it takes to replace it safely."""

    body: bytes
    etag: str
    version: str
    modified: datetime
    """Time of the upload, by the clock of S3."""


class Bucket:
    """Read and write the objects of one bucket.

    :param s3: boto3's client for S3.
    :param name: name of the bucket.
    """

    def __init__(self, s3: Any, name: str) -> None:  # noqa: ANN401  # boto3's client
        self.name = name
        self._s3 = s3

    def get(self, key: str, version: str | None = None) -> Content | None:
        """Return an object, or None if there is no such object.

        :param version: the version to read; without it, the newest.
        """
        which = {"Bucket": self.name, "Key": key} | ({"VersionId": version} if version else {})
        try:
            answer = self._s3.get_object(**which)
        except self._s3.exceptions.NoSuchKey:
            return None
        return Content(
            answer["Body"].read(), answer["ETag"], answer.get("VersionId", "null"), answer["LastModified"]
        )

    def put(self, key: str, content: bytes) -> None:
        """Write a new version of an object that is ours alone."""
        self._s3.put_object(Bucket=self.name, Key=key, Body=content)

    def replace(self, key: str, content: bytes, seen: Content | None) -> S3Object:
        """Write a new version of an object that others write too, unless somebody did so since we read it.

        :param seen: the newest version when we read it, None if there was none.
        :return: the object, with the version that S3 gave it.
        :raises ChangedMeanwhile: if that is no longer the newest version.
        """
        condition = {"IfMatch": seen.etag} if seen else {"IfNoneMatch": "*"}
        try:
            answer = self._s3.put_object(Bucket=self.name, Key=key, Body=content, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _TAKEN:
                raise
            raise ChangedMeanwhile(
                f"somebody changed s3://{self.name}/{key} meanwhile, and we left it as it is: deploy again"
            ) from error
        return S3Object(key, answer.get("VersionId", "null"))
