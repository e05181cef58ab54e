"""### What was done about it?

Trigger this DAG when you have looked into calls that the evidence of a day lists as exceptions, such as
calls that were not recorded. You name the calls, a cause and a ticket. There is no free text.

We write your acknowledgement next to the evidence of the day, with a signed link of its own. Nobody can
change it later. The page *Call recordings* then shows it next to the calls, and the day has a second
coverage, *after acknowledgement*.

An acknowledgement changes no verdict, no class and no measured figure. It holds for the class that stands
now. If the evidence later puts the call into another class, the call is open again.

#### Which calls
Name `contact_ids`. Or name `day` and `class`, and `queue_id` if you mean one queue only. With `contact_ids`
you need `day` only for calls that have left the contact table.

All calls must be exceptions in the last revision of their day. If one of them is none, nothing is written.

#### Who may do this
Everybody who may trigger this DAG. Give this right apart from the right to trigger `monitor_audio_leakage`.
The acknowledgement keeps the name that Airflow has for you. Airflow 3.0 does not tell it, so look into
Airflow's audit log there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Param, dag, task

from audio_leakage import use_cases
from audio_leakage.evidence.acknowledgement import AcknowledgedCause
from audio_leakage.evidence.form import ACKNOWLEDGEABLE, TICKET
from audio_leakage.instances import ACKNOWLEDGE_DAG_ID, dag_ids
from audio_leakage_tasks.acknowledgement import Summary, summary_of_acknowledgement
from audio_leakage_tasks.failure import tell_of_failure

#: Names of further Amazon Connect instances, the same as in monitor_audio_leakage.py.
FURTHER_INSTANCES: tuple[str, ...] = ()

_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_DAY = r"^\d{4}-\d\d-\d\d$"


def _param(description: str, **schema: str | list[str | None]) -> Param:
    """Return a param that may be left empty."""
    allowed: dict[str, Any] = {"type": ["null", "string"], **schema}
    return Param(None, description=description, **allowed)


def build(dag_id: str) -> DAG:
    """Build the DAG of one Amazon Connect instance.

    :param dag_id: its id.
    """

    @dag(
        dag_id=dag_id,
        schedule=None,
        start_date=datetime(2023, 1, 1, tzinfo=UTC),
        catchup=False,
        default_args={
            "owner": "data-platform",
            "retries": 2,
            "retry_delay": timedelta(minutes=1),
            "execution_timeout": timedelta(minutes=20),
            "on_failure_callback": tell_of_failure,
        },
        params={
            "cause": Param(
                type="string",
                enum=[str(cause) for cause in AcknowledgedCause],
                description="Why it happened, or what came of it",
            ),
            "ticket": _param(
                "Such as CHG-4711 or INC0012345; OTHER and FALSE_POSITIVE need one", pattern=f"^{TICKET}$"
            ),
            "contact_ids": _param(
                "Ids of contacts, with spaces or commas between them", pattern=rf"^\s*({_UUID}[\s,]*)*$"
            ),
            "day": _param("All exceptions of one class on this UTC day, such as 2026-11-23", pattern=_DAY),
            "class": _param("The class of these exceptions", enum=[None, *ACKNOWLEDGEABLE]),
            "queue_id": _param("Only exceptions of this queue", pattern=rf"^\s*{_UUID}\s*$"),
            "valid_until": _param("The last UTC day on which this holds; empty: for good", pattern=_DAY),
        },
        tags=["amazon-connect", "call-recording", "compliance"],
        doc_md=__doc__,
    )
    def acknowledge_audio_leakage() -> None:
        @task(multiple_outputs=False)
        def acknowledge() -> Summary:
            """Write the acknowledgement and its link."""
            return summary_of_acknowledgement(use_cases.acknowledge)

        acknowledge()

    return acknowledge_audio_leakage()


_dags = [build(dag_id) for dag_id in dag_ids(FURTHER_INSTANCES, ACKNOWLEDGE_DAG_ID)]
