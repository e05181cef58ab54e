"""The S3 bucket of an MWAA environment. It keeps versions."""

from typing import Any

from infrastructure.environment import S3Object


class Bucket:
    """Read and write the objects of one bucket.

    :param s3: boto3's client for S3.
    :param name: name of the bucket.
    """

    def __init__(self, s3: Any, name: str) -> None:  # noqa: ANN401  # boto3's client
        self.name = name
        self._s3 = s3

    def get(self, key: str, version: str | None = None) -> bytes | None:
        """Return the content of an object, or None if there is no such object.

        :param version: the version to read; without it, the newest.
        """
        which = {"Bucket": self.name, "Key": key} | ({"VersionId": version} if version else {})
        try:
            content: bytes = self._s3.get_object(**which)["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            return None
        return content

    def put(self, key: str, content: bytes) -> S3Object:
        """Write a new version of an object.

        :return: the object, with the version that S3 gave it.
        """
        answer = self._s3.put_object(Bucket=self.name, Key=key, Body=content)
        return S3Object(key, answer["VersionId"])
