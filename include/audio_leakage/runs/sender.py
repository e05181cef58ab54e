"""Who sends a message, and where its reader finds more: the same words at the head of every mail."""

from dataclasses import dataclass
from urllib.parse import quote

from audio_leakage.instances import monitor_dag_of

#: The runbook in this repository. Its headings are the events.
_RUNBOOK = "docs/operations.md"
#: What SNS takes.
_LONGEST_SUBJECT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One instance's monitor, as the reader of a mail needs it. It mentions only what is known."""

    dag_id: str
    variable: str
    """The Variable with the settings."""
    connect_instance_id: str | None = None
    instance_name: str | None = None
    environment: str | None = None
    """Name of the Airflow environment."""
    airflow_url: str | None = None
    """Address of Airflow's UI, without slash at the end."""
    runbook_url: str | None = None
    """Address of the page that explains the events; without it, its path in the repository."""

    def subject(self, what: str) -> str:
        """Return the subject of a mail, with the environment that it comes from."""
        name = self.environment or self.instance_name
        return f"Audio leakage{f' [{name}]' if name else ''}: {what}"[:_LONGEST_SUBJECT]

    def where(self, event: str) -> list[str]:
        """Return the lines that say where it happened, what to do and where to look."""
        instance = " ".join(
            filter(
                None, (self.instance_name, f"({self.connect_instance_id})" if self.instance_name else None)
            )
        )
        facts = {
            "Amazon Connect instance": instance or self.connect_instance_id,
            "environment": self.environment,
            "DAG": self.dag_id,
            "Variable": self.variable,
        }
        lines = [
            f"Where: {', '.join(f'{name} {fact}' for name, fact in facts.items() if fact)}",
            f"What to do: {self.runbook_url or _RUNBOOK}#{event.lower()}",
        ]
        return [*lines, f"Look: {self.page}"] if self.page else lines

    def attributes(self, event: str, count: int | None = None) -> dict[str, str | int]:
        """Return the message attributes, to filter subscriptions on."""
        found = {"event": event, "count": count, "connect_instance_id": self.connect_instance_id}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def page(self) -> str | None:
        """Address of the page of this instance."""
        monitor = quote(monitor_dag_of(self.dag_id))
        return f"{self.airflow_url}/audio-leakage/{monitor}/" if self.airflow_url else None

    def call(self, contact_id: str) -> str | None:
        """Return the address of one call."""
        return f"{self.page}contact/{quote(contact_id, safe='')}" if self.page else None

    def run(self, run_id: str, task_id: str | None = None) -> str | None:
        """Return the address of a run, or of a task's log in it."""
        if self.airflow_url is None:
            return None
        run = f"{self.airflow_url}/dags/{quote(self.dag_id)}/runs/{quote(run_id, safe='')}"
        return f"{run}/tasks/{quote(task_id)}" if task_id else run
