"""The use case ``complete_population``: every hour of a day, taken, proved and kept."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any

from audio_leakage.errors import BrokenEvidence
from audio_leakage.evidence.files import Json, json_lines
from audio_leakage.evidence.population_rows import row_of_member
from audio_leakage.evidence.stored import rows_at
from audio_leakage.population.parts import Part, by_hour
from audio_leakage.population.proof import Completeness
from audio_leakage.runs.window import Window
from audio_leakage.times import format_time
from audio_leakage.use_cases.day_context import DayContext
from audio_leakage.use_cases.population import take_population

_NOT_TAKEN: Json = {"status": "not taken", "listed": 0}


def complete_population(run: DayContext) -> dict[str, Any]:
    """Take each hour of the day that is not proven yet, and keep it.

    A retry goes on with the hour at which the try before it stopped. An hour that is taken again is kept
    beside the one before.
    """
    takings, taken, proofs = _takings(run), 0, []
    for hour in run.hours:
        proof = _proof(run, hour, takings)
        if proof["status"] != Completeness.COMPLETE:
            proof = _take_hour(run, hour)
            taken += 1
        proofs.append(proof)
    return {
        "hours_taken": taken,
        "population": sum(proof["listed"] for proof in proofs),
        "unproven_hours": sum(proof["status"] != Completeness.COMPLETE for proof in proofs),
    }


def members_of_day(run: DayContext) -> Iterator[Json]:
    """Yield each contact of the population once, in the order of their ids, as the last taking shows it."""
    keys = (key for of_hour in _takings(run).values() for key in of_hour)
    rows = merge(*(_members(run, key) for key in keys), key=itemgetter("contact_id"))
    for _, same in groupby(rows, key=itemgetter("contact_id")):
        yield next(same)


def hour_rows(run: DayContext) -> list[Json]:
    """Return the counts of each hour as the evidence shows them."""
    takings = _takings(run)
    return [_hour_row(_proof(run, hour, takings)) for hour in run.hours]


def _take_hour(run: DayContext, hour: Window) -> Json:
    """Take an hour, keep it, and return its proof."""
    context = run.hour_context(hour)
    summary = take_population(context)
    members = by_hour(map(Part.from_text, context.parts.taken()))[summary["hour"]].members
    proof = {
        name: value if isinstance(value, str | bool) else int(value)
        for name, value in summary["proofs"][0].items()
    }
    rows = [{"proof": proof}, *(row_of_member(members[each]) for each in sorted(members))]
    key = f"{_folder(run)}{_name(hour)}/{format_time(run.now)}.jsonl.gz"
    run.store.write(key, json_lines(key, rows).stored)
    return {"hour": format_time(hour.start)[:13], **proof}


def _folder(run: DayContext) -> str:
    return f"population/day={run.day.isoformat()}/"


def _name(hour: Window) -> str:
    return f"hour={hour.start.astimezone(UTC):%H}"


def _takings(run: DayContext) -> Mapping[str, list[str]]:
    """Return the keys of every taking by the name of its hour, the last one first."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(run.store.keys(_folder(run)), reverse=True):
        found[key.removeprefix(_folder(run)).partition("/")[0]].append(key)
    return found


def _members(run: DayContext, key: str) -> Iterator[Json]:
    return (row for row in rows_at(run.store, key) if "proof" not in row)


def _first_row(run: DayContext, key: str) -> Json:
    return next(rows_at(run.store, key), {})


def _proof(run: DayContext, hour: Window, takings: Mapping[str, list[str]]) -> Json:
    last = next(iter(takings.get(_name(hour), ())), None)
    proof = _first_row(run, last).get("proof") if last else _NOT_TAKEN
    if not isinstance(proof, dict):
        raise BrokenEvidence(f"{last} does not begin with the proof of its hour", f"day {run.day}")
    return {"hour": format_time(hour.start)[:13], **proof}


def _hour_row(proof: Json) -> Json:
    counts = f"listed {proof['listed']}, TotalCount {proof.get('total_count')}, metric {proof.get('handled')}"
    is_taken, is_proven = "total_count" in proof, proof["status"] == Completeness.COMPLETE
    why = f"{proof['status']}, {counts}" if is_taken else proof["status"]
    return {
        "hour": proof["hour"],
        "listed": proof["listed"],
        "metrics_count": proof.get("handled"),
        "total_count": proof.get("total_count"),
        "unproven": None if is_proven else why,
    }
