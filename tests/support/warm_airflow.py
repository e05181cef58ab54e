"""Import Airflow and build its execution API. Runs are forked from a process that has done so."""

import asyncio
import gc

gc.set_threshold(50_000, 20, 100)  # see conftest

import airflow.providers.amazon.aws.hooks.base_aws  # noqa: E402
import airflow.providers.standard.operators.python  # noqa: E402
import airflow.sdk.execution_time.task_runner  # noqa: E402, F401
import httpx  # noqa: E402
from airflow.sdk.execution_time.supervisor import in_process_api_server  # noqa: E402

from support.quick_airflow import make_airflow_quick  # noqa: E402


async def _ask() -> None:
    """Ask the execution API for anything: it builds its routes when it is asked first."""
    async with httpx.AsyncClient(transport=in_process_api_server().atransport, base_url="http://api") as api:
        await api.get("/")


make_airflow_quick()
asyncio.run(_ask())
gc.freeze()
