"""Links into the consoles of Amazon Connect and Amazon S3."""

from dataclasses import dataclass
from urllib.parse import quote

_DOMAINS = {"cn": "console.amazonaws.cn", "us-gov": "console.amazonaws-us-gov.com"}


@dataclass(frozen=True)
class Consoles:
    """Links into the AWS consoles.

    :param region: Region of bucket and instance.
    :param connect_access_url: access URL of the instance; without it, contacts have no link.
    """

    region: str
    connect_access_url: str | None = None

    def contact(self, contact_id: str) -> str | None:
        """Return the address of a contact's record, or None without an access URL."""
        if self.connect_access_url is None:
            return None
        return f"{self.connect_access_url}/contact-trace-records/details/{quote(contact_id, safe='')}"

    def recording(self, location: str) -> str:
        """Return the address of an object, given as ``bucket/key``."""
        bucket, _, key = location.partition("/")
        return f"{self._s3}/object/{quote(bucket)}?region={self.region}&prefix={quote(key, safe='')}"

    def place(self, location: str) -> str:
        """Return the address of a searched place: the folder of ``bucket/prefix``."""
        bucket, _, prefix = location.partition("/")
        folder = f"{prefix.rpartition('/')[0]}/".lstrip("/")
        return f"{self._s3}/buckets/{quote(bucket)}?region={self.region}&prefix={quote(folder, safe='')}"

    @property
    def _s3(self) -> str:
        partition = self.region.rsplit("-", 2)[0] if self.region.startswith("us-gov") else self.region[:2]
        domain = _DOMAINS.get(partition, "console.aws.amazon.com")
        return f"https://{self.region}.{domain}/s3"
