"""The monitor in Airflow's UI: a tab on each run, a page in the navigation, a link from a task to its calls.

Airflow executes this file in every process, even in that of every task. So the file imports only modules that
Airflow has already loaded. It imports the web app at the first request.
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
    from audio_leakage_ui.app import app  # noqa: PLC0415  # takes a second, and only the web server needs it

    await app(scope, receive, send)


class CallsOfRun(BaseOperatorLink):
    """Link the task check_recordings to the calls of its run.

    The link leads to the app itself and not to the tab: Airflow shows tabs of plugins only to those who may
    read its list of plugins, and of FabAuthManager's roles these are Op and Admin.
    """

    name = "Calls of this run"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Return the address, or an empty text for any other task: Airflow then shows no link."""
        dag_id, task_id, run_id = ti_key.dag_id, ti_key.task_id, ti_key.run_id
        if task_id != "check_recordings" or dag_id.partition("__")[0] != _DAG_ID:
            return ""
        base = conf.get("api", "base_url", fallback="").rstrip("/")
        return f"{base}/audio-leakage/{quote(dag_id)}/run?run_id={quote(run_id, safe='')}"


# No leading slash: Airflow may run below a path, and its pages name that path as their base.
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
    """Register the app, its views and the link. Airflow 3.0 has no external views and ignores them."""

    name = "audio_leakage"
    fastapi_apps = _APPS
    external_views = _VIEWS
    global_operator_extra_links = _LINKS
