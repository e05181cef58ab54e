"""The contacts and queues that the simulated Amazon Connect answers for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

Contact = Mapping[str, Any]
"""A contact as DescribeContact answers it."""


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue of the instance."""

    queue_id: str
    name: str
    """An agent's queue shows no name."""
    type: str = "STANDARD"
    """``STANDARD`` or ``AGENT``."""


#: Queue of most contacts of the specification.
SEED_QUEUE = Queue("54b468a3-86b1-4746-aeb5-c31b62eecaa2", "Service")


class ContactDirectory(Protocol):
    """Where the simulator gets its contacts from."""

    @property
    def queues(self) -> Sequence[Queue]:
        """Every queue of the instance, those of agents among them."""
        ...

    def describe(self, contact_id: str, at: datetime) -> Contact | None:
        """Return ``Contact`` as DescribeContact answers it at a time; None while it is not known."""
        ...

    def contacts(self, at: datetime) -> Iterable[Contact]:
        """Return every contact that is known at a time."""
        ...


class StaticDirectory(dict[str, Contact]):
    """Contacts by id that are the same at any time; changing the dict changes the answers."""

    queues: Sequence[Queue] = (SEED_QUEUE,)

    def describe(self, contact_id: str, at: datetime) -> Contact | None:  # noqa: ARG002
        """Return the contact, if there is one."""
        return self.get(contact_id)

    def contacts(self, at: datetime) -> Iterable[Contact]:  # noqa: ARG002
        """Return all of them."""
        return list(self.values())


def connected_to_agent(contact: Contact) -> datetime | None:
    """Return when an agent was connected; None: none was."""
    moment: datetime | None = contact.get("AgentInfo", {}).get("ConnectedToAgentTimestamp")
    return moment
