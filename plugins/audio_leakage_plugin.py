"""What Airflow's UI shows of the monitor: a tab on each run, a page in the navigation, a link between them.

Airflow executes this file in every process, every task's too; so it imports nothing that Airflow has not
loaded by then, and the web app itself only when it is first asked for something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

_DAG_ID = "monitor_audio_leakage"
_RUN_TAB = "audio-leakage-calls"


async def _app(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    from audio_leakage_ui.app import app  # noqa: PLC0415  # costs a second, and only the web server needs it

    await app(scope, receive, send)


class CallsOfRun(BaseOperatorLink):
    """From the task instance that judges the recordings to the tab with the calls of its run."""

    name = "Calls of this run"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Return the address of the tab; nothing, which shows no link, for any other task."""
        dag_id, task_id, run_id = ti_key.dag_id, ti_key.task_id, ti_key.run_id
        if task_id != "check_recordings" or dag_id.partition("__")[0] != _DAG_ID:
            return ""
        base = conf.get("api", "base_url", fallback="").rstrip("/")
        return f"{base}/dags/{quote(dag_id)}/runs/{quote(run_id, safe='')}/plugin/{_RUN_TAB}"


# Addresses without a slash in front: Airflow may be served below a path, which its pages name as their base.
_VIEWS = [
    {
        "name": "Calls",
        "href": "audio-leakage/{DAG_ID}/run?run_id={RUN_ID}",
        "destination": "dag_run",
        "url_route": _RUN_TAB,
    },
    {
        "name": "Call recordings",
        "href": f"audio-leakage/{_DAG_ID}/",
        "destination": "nav",
        "nav_top_level": True,
        "url_route": "call-recordings",
    },
]
_APPS = [{"name": "audio leakage", "app": _app, "url_prefix": "/audio-leakage"}]
_LINKS = [CallsOfRun()]


class AudioLeakagePlugin(AirflowPlugin):
    """Airflow 3.0 knows no external views and ignores them; the rest of the monitor does without."""

    name = "audio_leakage"
    fastapi_apps = _APPS
    external_views = _VIEWS
    global_operator_extra_links = _LINKS
