"""`make bench`: measure the cost of a run, by number of open and of finished contacts.

We simulate Amazon Connect's quotas and realistic latencies. The table is in DynamoDB Local, which counts read and
write units like DynamoDB. The benchmark writes a table and a plot to ``docs``.

    python -m bench [--open 100 1000 …] [--finished 0 100000 …] [--leaking 3000] [--hour 36000] [--output docs]
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import boto3
from boto3.dynamodb.types import TypeSerializer
from rich.console import Console
from rich.progress import track

from bench import report, scenario
from local_aws.dynamodb_local import create_table, dynamodb_local

ROOT = Path(__file__).parents[2]
_BATCH = 25
#: Open contacts of the run of the five-minute DAG that is measured beside the hourly one.
BESIDE_HOUR = 10_000
_console = Console(stderr=True)


def main() -> None:
    """Measure every combination and write the report."""
    options = _options()
    with dynamodb_local(ROOT / "build") as url:
        os.environ |= {
            "AWS_ENDPOINT_URL_DYNAMODB": url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "af-south-1",
        }
        table = boto3.client("dynamodb")
        create_table(table, ROOT / "include" / "infrastructure" / "table.yaml", scenario.TABLE)
        storm = _storm(table, options.leaking) if options.leaking else None
        hour = _hour(table, options.hour) if options.hour else None
        rows = list(_rows(table, sorted(options.finished), sorted(options.open)))
    days = [_in_a_process("bench.evidence_day", str(count)) for count in options.day]
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    figures = report.Figures(rows, storm, hour, days)
    report.write(options.output, figures, f"{datetime.now(UTC):%d %B %Y}, {machine}", _parsing_seconds())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--open", type=int, nargs="+", default=[100, 1_000, 10_000, 50_000])
    parser.add_argument("--finished", type=int, nargs="+", default=[0, 100_000, 1_000_000])
    parser.add_argument("--leaking", type=int, default=3_000, help="contacts in the storm; 0 leaves it out")
    parser.add_argument("--hour", type=int, default=36_000, help="contacts of the hour; 0 leaves it out")
    parser.add_argument(
        "--day", type=int, nargs="*", default=[10_000, 100_000, 1_000_000], help="contacts of the day"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "docs")
    return parser.parse_args()


def _storm(dynamodb: Any, count: int) -> Mapping[str, Any]:  # noqa: ANN401
    """Measure a run in which all contacts are about to fail, and leave the table empty."""
    figures = {"open": count, **_measured(dynamodb, count, storm=True)}
    _delete(dynamodb, scenario.contact_ids(count), count, "leaking")
    return figures


def _hour(dynamodb: Any, count: int) -> Mapping[str, Any]:  # noqa: ANN401
    """Measure the hourly run: nobody watched the contacts, then all are watched, then the monitor beside it.

    The table is empty afterwards.
    """
    with tempfile.TemporaryDirectory() as folder:
        figures = {step: _in_a_process("bench.hour", step, folder, str(count)) for step in ("take", "enter")}
        figures["enter again"] = _in_a_process("bench.hour", "enter", folder, str(count))
    _delete(dynamodb, scenario.contact_ids(count, seed=4), count, "entered")
    for name, beside in (("alone", False), ("beside", True)):
        figures[name] = {"open": BESIDE_HOUR, **_measured(dynamodb, BESIDE_HOUR, beside=beside)}
        _delete(dynamodb, scenario.contact_ids(BESIDE_HOUR), BESIDE_HOUR, "open")
    return figures


def _in_a_process(*module: str) -> Mapping[str, Any]:
    """Return the figures that a module of ours prints, as JSON on its last line."""
    done = subprocess.run([sys.executable, "-m", *module], stdout=subprocess.PIPE, check=True)
    figures: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    _console.print(*module, figures)
    return figures


def _delete(dynamodb: Any, ids: Iterable[str], count: int, what: str) -> None:  # noqa: ANN401
    gone = ({"DeleteRequest": {"Key": {"ContactId": {"S": id_}}}} for id_ in ids)
    _write(dynamodb, gone, count, what)


def _rows(dynamodb: Any, finished: list[int], open_: list[int]) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401
    loaded = 0
    for size in finished:
        now = datetime.now(UTC)
        ids = islice(scenario.contact_ids(size, seed=2), loaded, None)
        items = (scenario.finished_item(now, n, id_) for n, id_ in enumerate(ids, start=loaded))
        _write(dynamodb, ({"PutRequest": {"Item": _wire(item)}} for item in items), size - loaded, "finished")
        loaded = size
        for count in open_:
            yield {"open": count, "finished": size, **_measured(dynamodb, count)}
        if size != finished[-1]:
            _delete(dynamodb, scenario.contact_ids(max(open_)), max(open_), "open")


def _measured(
    dynamodb: Any,  # noqa: ANN401
    count: int,
    *,
    storm: bool = False,
    beside: bool = False,
) -> Mapping[str, Any]:
    """Measure a run of the five-minute DAG.

    :param storm: whether all contacts are about to fail.
    :param beside: whether the hourly DAG searches meanwhile.
    """
    now = datetime.now(UTC)
    item = scenario.storm_item if storm else scenario.item
    items = (item(now, n, id_) for n, id_ in enumerate(scenario.contact_ids(count)))
    _write(dynamodb, ({"PutRequest": {"Item": _wire(item)}} for item in items), count, "open")
    python = [sys.executable, "-m"]
    stand_ins = subprocess.Popen(  # this interpreter
        [*python, "bench.stand_ins", str(count), now.isoformat(), *(["storm"] if storm else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert stand_ins.stdout
    addresses = json.loads(stand_ins.stdout.readline())
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL_CONNECT": addresses["connect"],
        "AWS_ENDPOINT_URL_S3": addresses["s3"],
    }
    hourly = _searching(now, environment) if beside else None
    run = subprocess.run(
        [*python, "bench.measure", now.isoformat()], env=environment, stdout=subprocess.PIPE, check=True
    )
    searched = json.loads(hourly.communicate()[0].splitlines()[-1]) if hourly else {}
    asked, _ = stand_ins.communicate()
    figures = json.loads(run.stdout.splitlines()[-1])
    _console.print(count, figures, asked)
    return {**figures, "asked": json.loads(asked), **searched}


def _searching(now: datetime, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a process that searches as the hourly DAG does, until its standard input is closed."""
    return subprocess.Popen(
        [sys.executable, "-m", "bench.hour", "search", now.isoformat()],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _write(dynamodb: Any, requests: Iterable[Mapping[str, Any]], count: int, what: str) -> None:  # noqa: ANN401
    rest = iter(requests)
    batches = iter(lambda: list(islice(rest, _BATCH)), [])

    def send(batch: list[Mapping[str, Any]]) -> None:
        unprocessed = {scenario.TABLE: batch}
        while unprocessed:
            unprocessed = dynamodb.batch_write_item(RequestItems=unprocessed)["UnprocessedItems"]

    with ThreadPoolExecutor(2) as pool:
        steps = track(
            range(-(-count // _BATCH)), f"{count} {what} contacts", console=_console, transient=True
        )
        for _ in zip(steps, _in_order(pool, send, batches), strict=False):
            pass


def _in_order(pool: ThreadPoolExecutor, send: Any, batches: Iterator[Any]) -> Iterator[None]:  # noqa: ANN401
    """Send two batches at a time, without reading all batches first."""
    while pair := list(islice(batches, 2)):
        yield from pool.map(send, pair)


def _wire(item: Mapping[str, Any]) -> dict[str, Any]:
    serializer = TypeSerializer()
    return {name: serializer.serialize(value) for name, value in item.items()}


def _parsing_seconds() -> float:
    """Return the seconds to parse the DAG file, without those to import Airflow's SDK. The best of five."""
    code = (
        "import time, runpy; import airflow.sdk; t = time.monotonic(); "
        f"runpy.run_path({str(ROOT / 'dags' / 'monitor_audio_leakage.py')!r}); print(time.monotonic() - t)"
    )
    return min(_seconds(code) for _ in range(5))


def _seconds(code: str) -> float:
    time.sleep(0.1)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
