"""A folder, or a folder of an S3 bucket, that holds the evidence of one instance."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from audio_leakage.errors import BrokenEvidence, MissingError, SettingsError
from audio_leakage.evidence.chain import CHAIN
from audio_leakage_aws.errors import code_of, domain_errors

_S3 = "s3://"
_ALLOWED = (
    f"allowed is the folder 'instance=<uuid>' that holds '{CHAIN}', on this machine or as s3://bucket/folder"
)


class Folder:
    """Evidence that was copied to this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the files whose path below the folder begins with a prefix."""
        paths = sorted(path.relative_to(self._root).as_posix() for path in self._files())
        return (path for path in paths if path.startswith(prefix))

    def read(self, key: str) -> bytes:
        """Return a file.

        :raises MissingError: when there is none.
        """
        try:
            return (self._root / key).read_bytes()
        except FileNotFoundError:
            raise MissingError(f"{key} does not exist") from None

    def write(self, key: str, content: bytes) -> bool:
        """Write nothing.

        :raises SettingsError: always, because evidence is only read here.
        """
        raise SettingsError(f"{key} ({len(content)} bytes) is not written: evidence is only read here")

    def check_lock(self) -> None:
        """Do nothing: a copy has no lock."""

    def _files(self) -> Iterator[Path]:
        return (path for path in self._root.rglob("*") if path.is_file())


class Bucket:
    """Evidence where it was written."""

    def __init__(self, bucket: str, folder: str) -> None:
        self._client: Any = boto3.client("s3")
        self._bucket, self._folder = bucket, folder.rstrip("/") + "/" if folder else ""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the objects whose key below the folder begins with a prefix."""
        with domain_errors("s3:ListBucket", f"bucket '{self._bucket}'", "FROM"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._folder + prefix
            )
            for page in pages:
                for found in page.get("Contents", ()):
                    yield found["Key"].removeprefix(self._folder)

    def read(self, key: str) -> bytes:
        """Return an object.

        :raises MissingError: when there is none.
        """
        with domain_errors("s3:GetObject", f"bucket '{self._bucket}'", "FROM"):
            try:
                body = self._client.get_object(Bucket=self._bucket, Key=self._folder + key)["Body"]
                return bytes(body.read())
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    raise MissingError(f"{key} does not exist") from None
                raise

    def write(self, key: str, content: bytes) -> bool:
        """Write nothing.

        :raises SettingsError: always, because evidence is only read here.
        """
        raise SettingsError(f"{key} ({len(content)} bytes) is not written: evidence is only read here")

    def check_lock(self) -> None:
        """Check that new objects are locked for a time.

        :raises BrokenEvidence: when somebody took the lock away.
        """
        with domain_errors("s3:GetBucketObjectLockConfiguration", f"bucket '{self._bucket}'", "FROM"):
            try:
                lock = self._client.get_object_lock_configuration(Bucket=self._bucket)
                is_on = "DefaultRetention" in lock["ObjectLockConfiguration"].get("Rule", {})
            except ClientError as error:
                if code_of(error) != "ObjectLockConfigurationNotFoundError":
                    raise
                is_on = False
        if not is_on:
            raise BrokenEvidence(
                f"bucket '{self._bucket}' locks no objects", "everything that is or was written to it"
            )


def source_of(name: str) -> Folder | Bucket:
    """Return where evidence lies.

    :param name: a folder, or ``s3://bucket/folder``.
    :raises SettingsError: when there is no such folder.
    """
    if name.startswith(_S3):
        bucket, _, folder = name.removeprefix(_S3).partition("/")
        return Bucket(bucket, folder)
    root = Path(name)
    if not name or not root.is_dir():
        raise SettingsError(f"FROM is no folder: {_ALLOWED}")
    return Folder(root)
