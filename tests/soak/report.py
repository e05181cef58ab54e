"""What the soak measured, as a page and a plot."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soak.day import AFTERMATH, Day
from soak.flat import grown, thirds
from soak.process import Process
from soak.scheduler import WINDOWS, ScheduledHours

MIB = 1024 * 1024
_DAY = (
    "{windows} windows with {calls:,} calls and {aftermath} quiet ones after them, through the use cases in the order of "
    "the DAG, on a simulated clock, ports in memory. Runs are missed, overlap and are killed. The subscription is late, "
    "delivers twice, loses deliveries and is down for an hour. The scheduler is down for another hour. In six of a hundred "
    "windows one fault strikes 70 of 100 requests. Finished items leave the table after three hours, and we look at failures "
    "again for 2.4 hours, so that a day shows what is flat."
)
_HOURS = (
    "{windows} windows with {calls} calls, backfilled by `airflow standalone` (LocalExecutor) three at a time, scheduled "
    "runs beside them, while Amazon Connect errs. Memory and files are those of the scheduler's process."
)
_BLUE, _GREY, _RED = "#1f6feb", "#555555", "#c0392b"
Means = Mapping[str, tuple[float, float]]
Lines = Mapping[str, tuple[str, Sequence[float]]]
"""Color and values by label."""


def of_day(day: Day) -> Means:
    """Return what there was in the middle and the last third of the day's calls."""
    samples = day.samples[: day.windows]
    return {
        "memory, MiB": thirds(samples, lambda sample: sample.process.memory / MIB),
        "open files": thirds(samples, lambda sample: sample.process.open_files),
        "open contacts": thirds(samples, lambda sample: sample.open_items),
        "items": thirds(samples, lambda sample: sample.items),
    }


def of_hours(hours: ScheduledHours) -> Means:
    """Return what the scheduler held in the middle and the last third of the runs."""
    return {
        "memory, MiB": thirds(hours.moments, lambda moment: moment.scheduler.memory / MIB),
        "open files": thirds(hours.moments, lambda moment: moment.scheduler.open_files),
    }


def write(folder: Path, machine: str, day: Day, hours: ScheduledHours) -> None:
    """Write ``soak.md`` and ``soak.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "soak.md").write_text(
        "\n\n".join(["# A long time with the monitor", *_page(machine, day, hours)]) + "\n"
    )
    _plot(folder / "soak.png", day, hours)


def failures(day: Day, hours: ScheduledHours | None = None) -> list[str]:
    """Return what is not as it must be."""
    must_be_empty = {
        "lost": day.lost,
        "wrong": day.wrong,
        "leaks nobody heard of": day.never_alerted,
        "short recordings nobody heard of": day.short_untold,
        "alerts in vain": day.alerted_in_vain,
        "half in an index": day.half_indexed,
        "grown": grown(of_day(day)),
    }
    if hours:
        must_be_empty |= {
            "wrong by the scheduler": hours.wrong,
            "grown in the scheduler": grown(of_hours(hours)),
        }
    return [f"{name}: {', '.join(what)}" for name, what in must_be_empty.items() if what]


def _page(machine: str, day: Day, hours: ScheduledHours) -> list[str]:
    return [
        f"`make soak` wrote this page: {machine}. [Reliability](reliability.md) explains it.",
        *_about_day(day),
        *_about_hours(hours),
        "![memory, files and table over time](soak.png)",
    ]


def _about_day(day: Day) -> list[str]:
    facts = {
        "contacts": len(day.truths()),
        "lost": len(day.lost),
        "wrong verdicts, in the end or on the way": len(day.wrong),
        "leaks": len(day.leaks),
        "leaks without an alert": len(day.never_alerted),
        "short recordings": len(day.shorts),
        "short recordings without an alert": len(day.short_untold),
        "alerts of calls that did not leak": len(day.alerted_in_vain),
        "alerts that came more than once": sum(count > 1 for count in day.topic.told.values()),
    }
    return [
        "## A simulated day",
        _DAY.format(windows=day.windows, calls=day.number_of_calls, aftermath=AFTERMATH),
        _facts(facts),
        _table("task", "tasks", day.runs),
        _table("closed without a verdict", "times", day.table.closes),
        _table("fault", "times", day.weather.struck),
        _means(of_day(day)),
    ]


def _about_hours(hours: ScheduledHours) -> list[str]:
    facts = {
        "contacts": len(hours.centre.calls),
        "lost": len(hours.lost),
        "wrong verdicts": len(hours.wrong),
        "contacts still open": hours.moments[-1].open_items,
        "seconds": round(hours.moments[-1].seconds),
    }
    return [
        "## Three hours through Airflow's scheduler",
        _HOURS.format(windows=WINDOWS, calls=len(hours.centre.calls)),
        _facts(facts),
        _table("run", "runs", hours.runs),
        _table("fault of Amazon Connect", "requests", hours.aws.connect.faults.struck),
        _means(of_hours(hours)),
    ]


def _facts(facts: Mapping[str, int]) -> str:
    return "\n".join(f"* {name}: {value:,}" for name, value in facts.items())


def _table(what: str, unit: str, counts: Mapping[str, int]) -> str:
    rows = [f"| {name} | {count:,} |" for name, count in sorted(counts.items(), key=lambda row: -row[1])]
    return "\n".join([f"| {what} | {unit} |", "|---|---:|", *rows])


def _means(means: Means) -> str:
    rows = [f"| {name} | {middle:,.1f} | {last:,.1f} |" for name, (middle, last) in means.items()]
    return "\n".join(["| mean of | middle third | last third |", "|---|---:|---:|", *rows])


def _plot(path: Path, day: Day, hours: ScheduledHours) -> None:
    figure = Figure(figsize=(11, 6), layout="constrained")
    (left, right), (table, scheduler_table) = figure.subplots(2, 2)
    _plot_day(left, table, day)
    _plot_hours(right, scheduler_table, hours)
    for axis in (left, right, table, scheduler_table):
        axis.set_ylim(0, None)
        axis.grid(alpha=0.25)
        axis.legend(frameon=False)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def _plot_day(process: Axes, table: Axes, day: Day) -> None:
    samples = day.samples[: day.windows]
    windows = range(1, day.windows + 1)
    _lines(process, windows, _held([sample.process for sample in samples]))
    process.set(title="A simulated day: the process", xlabel="window")
    items = {
        "open contacts": (_BLUE, [sample.open_items for sample in samples]),
        "items": (_GREY, [sample.items for sample in samples]),
    }
    _lines(table, windows, items)
    table.set(title="A simulated day: the table", xlabel="window")


def _plot_hours(process: Axes, table: Axes, hours: ScheduledHours) -> None:
    minutes = [moment.seconds / 60 for moment in hours.moments]
    _lines(process, minutes, _held([moment.scheduler for moment in hours.moments]))
    process.set(title="Airflow's scheduler: the process", xlabel="minutes")
    counts = {
        "finished runs": (_GREY, [moment.finished for moment in hours.moments]),
        "open contacts": (_BLUE, [moment.open_items for moment in hours.moments]),
    }
    _lines(table, minutes, counts)
    table.set(title="Airflow's scheduler: runs and table", xlabel="minutes")


def _held(processes: Sequence[Process]) -> Lines:
    return {
        "memory, MiB": (_BLUE, [each.memory / MIB for each in processes]),
        "open files": (_RED, [each.open_files for each in processes]),
    }


def _lines(axis: Axes, times: Sequence[float], lines: Lines) -> None:
    for label, (color, values) in lines.items():
        axis.plot(times, values, color=color, label=label)
