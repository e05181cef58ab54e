"""What the two hourly tasks work with: settings, policy, ports and time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from audio_leakage.instances import RECONCILE_DAG_ID
from audio_leakage.population.counted import Counted
from audio_leakage.population.policy import Policy
from audio_leakage.population.ports import CountedHours, Parts, PopulationSource
from audio_leakage.ports import AlertTopic, ContactTable, FlowLog, Metrics, SecondsLeft
from audio_leakage.runs.alerts import Alert, publish
from audio_leakage.runs.metrics import publish as publish_metrics
from audio_leakage.runs.sender import Sender
from audio_leakage.runs.window import Window
from audio_leakage.settings import VARIABLE, Settings


@dataclass(kw_only=True)
class HourContext:
    """One task's part of an hourly run. Nothing is asked of AWS before it is needed."""

    settings: Settings
    policy: Policy
    hour: Window
    now: datetime
    """Aware; every decision of this task uses it."""
    seconds_left: SecondsLeft
    connect: PopulationSource
    contacts: ContactTable
    flow_log: FlowLog
    alert_topic: AlertTopic
    metrics: Metrics
    parts: Parts
    counted_hours: CountedHours
    is_backfill: bool = False
    """Whether the run is about the past only: it publishes no metrics and counts no other hour again."""
    is_retry: bool = False
    """Whether an earlier try of this task may have done a part of its work."""
    at_once: int = 1
    """Maximum number of concurrent writes."""
    dag_id: str = RECONCILE_DAG_ID
    sender: Sender = field(default_factory=lambda: Sender(dag_id=RECONCILE_DAG_ID, variable=VARIABLE))
    """Who alerts come from, and where their reader finds more."""

    @property
    def counted(self) -> Counted:
        """What runs remember of earlier hours."""
        return Counted.from_values(self.counted_hours.read(), self.settings.contact_table)

    def remember(self, change: Callable[[Counted], Counted]) -> None:
        """Change what later runs remember."""
        table = self.settings.contact_table
        self.counted_hours.change(
            lambda values: change(Counted.from_values(values, table)).to_values(table),
        )

    @property
    def out_of_time(self) -> bool:
        """Whether the task's time is used up."""
        return self.seconds_left() <= 0

    def tell(self, alert: Alert) -> None:
        """Publish an alert if the settings name a topic."""
        publish(alert, self.alert_topic, self.settings.alert_topic_arn)

    def publish_metrics(self, **values: float) -> None:
        """Publish metrics; a backfill publishes none, because it says nothing about the present."""
        if not self.is_backfill:
            publish_metrics(self.metrics, self.settings.contact_table, values)
