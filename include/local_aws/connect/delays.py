"""How long Connect takes until a contact shows up in what is counted and searched."""

from dataclasses import dataclass
from datetime import timedelta
from zlib import crc32


@dataclass(frozen=True, slots=True)
class Delay:
    """A usual delay, and a share of contacts that show up much later."""

    usual: timedelta = timedelta(0)
    late: timedelta = timedelta(0)
    """Delay of the contacts that are late."""
    late_share: float = 0.0
    """Share of contacts that are late, 0 to 1. A contact's ID decides, so it is the same in every answer."""
    salt: str = ""
    """Two delays of different salts are late with different contacts."""

    def of(self, contact_id: str) -> timedelta:
        """Return the delay of one contact."""
        return self.late if self.is_late(contact_id) else self.usual

    def is_late(self, contact_id: str) -> bool:
        """Tell whether a contact is one of the late ones."""
        return crc32(f"{self.salt}{contact_id}".encode()) < self.late_share * 2**32


#: Contacts show up at once.
NO_DELAY = Delay()
