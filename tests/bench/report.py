"""The benchmark's table and plot."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from bench import scenario

#: Our default shares of the quotas, in contacts per second. SearchContacts returns a hundred contacts per request.
DESCRIBED, SEARCHED = 8.0, 0.4 * 100
Row = Mapping[str, Any]


def polling_seconds(row: Row) -> float:
    """Return the seconds that polling took."""
    return float(row["poll_initialised"]["seconds"] + row["poll_in_progress"]["seconds"])


def changed(row: Row) -> float:
    """Return the number of contacts that had ended."""
    return float(row["open"] * scenario.ENDED / 100)


def naive_seconds(row: Row) -> float:
    """Return the seconds to describe every open contact at our share of the quota."""
    return float(row["open"] / DESCRIBED)


def naive_reads(row: Row) -> float:
    """Return the read units of a scan of the whole table. An eventually consistent read costs half a unit per 4 KB."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    (contact_id,) = scenario.contact_ids(1)
    open_, finished = (item(now, 0, contact_id) for item in (scenario.item, scenario.finished_item))
    return float((row["open"] * _bytes(open_) + row["finished"] * _bytes(finished)) / 8192)


def naive_requests(row: Row) -> float:
    """Return the number of requests to list the day's folder for every verdict, a thousand keys per request."""
    verdicts = row["check_recordings"].get("CALL_RECORDED_SUCCESS", 0)
    return float(verdicts * math.ceil((scenario.OTHER_RECORDINGS + changed(row)) / 1000))


def _bytes(item: Mapping[str, Any]) -> int:
    return sum(len(name) + len(str(value)) for name, value in item.items())


def floor(row: Row) -> float:
    """Return the seconds to fetch the changed contacts at our shares of the quotas."""
    return changed(row) / (DESCRIBED + SEARCHED)


@dataclass(frozen=True)
class Figures:
    """All that was measured; None leaves a section out."""

    rows: Sequence[Row]
    storm: Row | None
    """The run in which all calls leak."""
    hour: Row | None
    """The steps of the hourly run, and a run of the five-minute DAG alone and beside it."""
    days: Sequence[Row] = ()
    """What it took to prove a day, by the number of its contacts."""


def write(folder: Path, figures: Figures, machine: str, parsing: float) -> None:
    """Write ``benchmark.md`` and ``benchmark.png``.

    :param machine: when and on what it was measured.
    :param parsing: seconds.
    """
    folder.mkdir(exist_ok=True)
    sections = (
        _document(figures.rows, machine, parsing),
        _storm(figures.storm),
        _hour(figures.hour),
        _days(figures.days),
    )
    (folder / "benchmark.md").write_text("".join(sections))
    _plot(folder / "benchmark.png", figures.rows)


def _document(rows: Sequence[Row], machine: str, parsing: float) -> str:
    head = (
        "| open contacts | finished ones | ended since | left for the next run | polling | all tasks | limit | "
        "naive | Describe | Search | S3 | naive | reads | naive | writes | peak memory |"
    )
    lines = [head, "|" + "---:|" * (head.count("|") - 1), *map(_line, rows)]
    return (
        "# What a run costs, measured\n\n"
        f"`make bench` wrote this page: {machine}. [Performance](performance.md) explains it.\n\n"
        f"{scenario.ENDED} of 100 open contacts have ended since the last run, with a recording. {scenario.WAITING} of 100 "
        "wait in the queue.\n\n"
        "* limit: the seconds in which our shares of Amazon Connect's quotas could have fetched the contacts that changed\n"
        "* Describe, Search, S3: requests\n"
        "* reads, writes: DynamoDB's request units, as DynamoDB Local accounts for them\n"
        "* naive, computed: the seconds it takes to describe every open contact at our share, the requests that list the "
        "day's folder for each verdict, the read units of a scan of the table\n\n"
        + "\n".join(lines)
        + f"\n\nTo parse the DAG file takes {parsing:.2f} s, on top of the import of Airflow's SDK.\n\n"
        "![plot](benchmark.png)\n"
    )


def _storm(row: Row | None) -> str:
    """Return the section about the run in which all calls leak."""
    if row is None:
        return ""
    asked, check = row["asked"], row["check_recordings"]
    figures = {
        "contacts due, none with a recording": row["open"],
        "judged CALL_RECORDED_FAILURE": check.get("CALL_RECORDED_FAILURE", 0),
        "left for the next run": check.get("left_for_next_run", 0),
        "DescribeContact": asked.get("DescribeContact", 0),
        "SearchContacts": asked.get("SearchContacts", 0),
        "listings of objects": asked["S3 requests"],
        "listings of versions": asked["S3 versions"],
        "readings of the flow log": row["readings of the log"],
        "seconds of check_recordings": check["seconds"],
    }
    lines = [f"| {name} | {figure:,} |" for name, figure in figures.items()]
    about = "All of these calls ended an hour ago and are about to fail in one run."
    return "\n".join(["", "## All of them leak", "", about, "", "| | |", "|---|---:|", *lines, ""])


def _hour(row: Row | None) -> str:
    """Return the section about the hourly run."""
    if row is None:
        return ""
    taken, entered, again = row["take"], row["enter"], row["enter again"]
    figures = {
        "contacts of the hour": f"{taken['population']:,}",
        "searches, a hundred contacts each": f"{taken['searches']:,}",
        "minutes of searching at `population_rps` 0.1, by a virtual clock": f"{taken['minutes']:.0f}",
        "tries of `take_population`": taken["tries"],
        "parts that go to `enter_unwatched`, and the largest": f"{taken['parts']}, {taken['largest part kB']:.0f} kB",
        "peak memory of `take_population`": f"{taken['peak MiB']} MiB",
        "peak memory of `enter_unwatched`": f"{entered['peak MiB']} MiB",
    }
    steps: Mapping[str, Callable[[Row], int]] = {
        "entered": lambda step: step["entered"],
        "BatchGetItem": lambda step: step["requests"].get("BatchGetItem", 0),
        "PutItem": lambda step: step["requests"].get("PutItem", 0),
        "read units": lambda step: step["units"].get("read", 0),
        "write units": lambda step: step["units"].get("write", 0),
        "seconds of `enter_unwatched`": lambda step: step["seconds"],
    }
    runs: Mapping[str, Callable[[Row], int]] = {
        "open contacts": lambda run: run["open"],
        "left for the next run": _left,
        "DescribeContact": lambda run: run["asked"].get("DescribeContact", 0),
        "SearchContacts of both DAGs": lambda run: run["asked"].get("SearchContacts", 0),
        "of these by the hourly DAG": lambda run: run.get("searches", 0),
        "refused by the quota": lambda run: run["asked"]["refused"],
        "seconds of all tasks": lambda run: round(sum(task["seconds"] for task in _tasks(run))),
    }
    return "\n".join(
        [
            "",
            "## An hour of the hourly DAG",
            "",
            "Nobody watches these contacts, and the policy is `must`. Then the hour is entered a second time.",
            "",
            *("| | |", "|---|---:|"),
            *(f"| {name} | {figure} |" for name, figure in figures.items()),
            "",
            *("| | none is watched | all are watched |", "|---|---:|---:|"),
            *(f"| {name} | {of(entered):,} | {of(again):,} |" for name, of in steps.items()),
            "",
            "Of the quota of SearchContacts, 0.5 a second, the five-minute DAG has 0.4 and the hourly one has 0.1.",
            "The run of the five-minute DAG was measured by the real clock.",
            "",
            *("| a run of the five-minute DAG | alone | while the hourly DAG searches |", "|---|---:|---:|"),
            *(f"| {name} | {of(row['alone']):,} | {of(row['beside']):,} |" for name, of in runs.items()),
            "",
        ]
    )


def dollars(row: Row) -> float:
    """Return what a day costs at list prices: 0.125 for a million read units, 5 for a million LIST or PUT.

    BatchGet reads each item consistently, a unit each. The index is read at half a unit for 4 KB.
    """
    contacts = row["contacts"]
    reads = (
        contacts
        + contacts * _bytes(scenario.finished_item(datetime(2026, 1, 1, tzinfo=UTC), 0, "0" * 36)) / 8192
    )
    requests = math.ceil(contacts / 1000) + row["objects"]
    return float(reads * 0.125e-6 + requests * 5e-6)


def _days(rows: Sequence[Row]) -> str:
    """Return the section about the daily run."""
    if not rows:
        return ""
    figures: Mapping[str, Callable[[Row], object]] = {
        "searches, a hundred contacts each": lambda row: f"{math.ceil(row['contacts'] / 100):,}",
        "CPU seconds of all tasks": lambda row: round(row["cpu_seconds"]),
        "seconds of all tasks": lambda row: round(row["seconds"]),
        "peak memory, MB": lambda row: row["peak_megabytes"],
        "evidence of the day, MB": lambda row: row["revision_megabytes"],
        "with the work files, MB": lambda row: row["all_megabytes"],
        "dollars a day, computed": lambda row: f"{dollars(row):.3f}",
    }
    lines = [f"| {name} | {' | '.join(str(of(row)) for row in rows)} |" for name, of in figures.items()]
    about = (
        "Every task of `audio_leakage_evidence`, over ports that make their answers up, and the verifier "
        "after it. The time that searches wait for the quota is not in it."
    )
    contacts = " | ".join(f"{row['contacts']:,}" for row in rows)
    head = [f"| contacts of the day | {contacts} |", "|---|" + "---:|" * len(rows)]
    return "\n".join(["", "## A day of the daily DAG", "", about, "", *head, *lines, ""])


def _tasks(row: Row) -> list[Row]:
    return [row[name] for name in ("poll_initialised", "poll_in_progress", "purge_ivr", "check_recordings")]


def _left(row: Row) -> int:
    return sum(task.get("left_for_next_run", 0) for task in _tasks(row))


def _line(row: Row) -> str:
    asked, units = row["asked"], row["units"]
    cells = (
        f"{row['open']:,}",
        f"{row['finished']:,}",
        f"{changed(row):,.0f}",
        f"{_left(row):,}",
        f"{polling_seconds(row):.0f} s",
        f"{sum(task['seconds'] for task in _tasks(row)):.0f} s",
        f"{floor(row):.0f} s",
        f"{naive_seconds(row):,.0f} s",
        f"{asked.get('DescribeContact', 0):,}",
        f"{asked.get('SearchContacts', 0):,}",
        f"{asked['S3 requests']:,}",
        f"{naive_requests(row):,.0f}",
        f"{units.get('read', 0):,.0f}",
        f"{naive_reads(row):,.0f}",
        f"{units.get('write', 0):,.0f}",
        f"{row['peak MiB']} MiB",
    )
    return f"| {' | '.join(cells)} |"


def _plot(path: Path, rows: Sequence[Row]) -> None:
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    time_axis, read_axis = figure.subplots(1, 2)
    largest = max(row["finished"] for row in rows)
    of_largest = [row for row in rows if row["finished"] == largest]
    opens = [row["open"] for row in of_largest]
    time_axis.loglog(
        opens,
        [naive_seconds(row) for row in of_largest],
        "--",
        color="#c0392b",
        label="describe every contact",
    )
    time_axis.loglog(
        opens, [polling_seconds(row) for row in of_largest], "o-", color="#1f6feb", label="a run"
    )
    time_axis.loglog(
        opens, [floor(row) for row in of_largest], ":", color="#555555", label="limit set by the quotas"
    )
    time_axis.set(title="Polling in a run", xlabel="open contacts", ylabel="seconds")
    time_axis.legend(frameon=False)
    for size in sorted({row["open"] for row in rows}):
        of_size = [row for row in rows if row["open"] == size]
        reads = [row["units"].get("read", 0) for row in of_size]
        read_axis.plot(range(len(of_size)), reads, "o-", label=f"{size:,} open")
    read_axis.set(
        title="Reads in a run", xlabel="finished contacts in the table", ylabel="read units", yscale="log"
    )
    smallest = [row for row in rows if row["open"] == min(opens)]
    scans = [naive_reads(row) for row in smallest]
    read_axis.plot(range(len(scans)), scans, "--", color="#c0392b", label="scan the table")
    ticks = sorted({row["finished"] for row in rows})
    read_axis.set_xticks(range(len(ticks)), [f"{tick:,}" for tick in ticks])
    read_axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    for axis in (time_axis, read_axis):
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
