"""The use case ``reconcile``: population, contact table and bucket of a day, compared in both directions.

It keeps what it has compared in the evidence bucket. ``write_evidence`` computes the evidence from that.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from audio_leakage.evidence.chain import Link
from audio_leakage.evidence.files import (
    EvidenceFile,
    Json,
    JsonLines,
    document,
    json_lines,
)
from audio_leakage.evidence.ledger import CONTACTS, Inputs, subjects_of
from audio_leakage.evidence.population_rows import decider_of, kept_policy
from audio_leakage.evidence.reports import Day
from audio_leakage.evidence.revision import (
    BEFORE,
    FACTS,
    FINAL,
    FIRST,
    ITEMS,
    LEGS,
    POLICY,
    POPULATION,
    RECORDINGS,
    REVERIFIED,
    DayEvidence,
    Earlier,
    FileBeside,
    before_of,
    evidence_of,
)
from audio_leakage.evidence.sorting import sorted_lines
from audio_leakage.evidence.stored import day_at, rows_at
from audio_leakage.population.policy import Policy
from audio_leakage.times import format_time
from audio_leakage.use_cases.day_context import DayContext
from audio_leakage.use_cases.day_items import items_of_day, items_outside
from audio_leakage.use_cases.day_legs import legs_of_other_days
from audio_leakage.use_cases.day_population import hour_rows, members_of_day
from audio_leakage.use_cases.day_recordings import is_listed, recordings_of
from audio_leakage.use_cases.judging_again import judge_again

log = logging.getLogger(__name__)

_INPUTS = (POPULATION, ITEMS, RECORDINGS)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one comparison of a day has kept."""

    day: Day
    inputs: tuple[EvidenceFile, ...]


def reconcile(run: DayContext) -> dict[str, Any]:
    """Put each contact of the day into its class, and keep what that is computed from.

    Where population or bucket contradict the monitor, the contact becomes due for the monitor again. Nobody
    else judges.

    :return: how many contacts each class has, and how many the monitor looks at again.
    """
    found = _gathered(run)
    known = run.chain.earlier(run.day.isoformat())
    before = _before(run, known[0]) if known else ()
    population, items, recordings = (file.each_row() for file in found.inputs)
    classes: Counter[str] = Counter()
    to_judge: set[str] = set()
    _, policy = _policy(run, known)
    for subject in subjects_of(Inputs(population, items, recordings, before), decider_of(policy)):
        if subject.is_counted:
            classes[subject.contact_class] += 1
        if subject.must_be_judged:
            to_judge.add(subject.contact_id)
    due_again = judge_again(run, to_judge, found.inputs[0])
    _keep(run, found)
    log.info("day %s: %s", run.day, dict(classes))
    return {"classes": {str(name): count for name, count in sorted(classes.items())}, **due_again}


def last_reconciled(run: DayContext) -> Reconciled | None:
    """Return what the last comparison of the day has kept; None if there was none."""
    facts = max((key for key in run.store.keys(_folder(run)) if key.endswith(FACTS)), default=None)
    if facts is None:
        return None
    folder = facts.removesuffix(FACTS)
    day = day_at(run.store, facts)
    return Reconciled(day, tuple(EvidenceFile.read(name, run.store.read(folder + name)) for name in _INPUTS))


def evidence_from(
    run: DayContext, found: Reconciled, known: tuple[Link, Earlier] | None, beside: Sequence[FileBeside] = ()
) -> DayEvidence:
    """Compute the evidence of a day from what was kept.

    :param known: the revision before; None if there is none.
    :param beside: files that are written with it.
    """
    is_after_final = known is not None and known[1].kind in (FINAL, REVERIFIED)
    day = replace(found.day, kind=REVERIFIED) if is_after_final and found.day.kind == FINAL else found.day
    before = json_lines(BEFORE, _before(run, known[0]) if known else ())
    population, items, _ = found.inputs
    legs = json_lines(LEGS, legs_of_other_days(run, population, items) if day.kind != FIRST else ())
    document, policy = _policy(run, known)
    settings = {"recheck_days": str(run.settings.recheck_days)}
    decider = decider_of(policy)
    return evidence_of(day, [*found.inputs, before, legs], document, decider, settings, beside=beside)


def _gathered(run: DayContext) -> Reconciled:
    members, ids = JsonLines(POPULATION), []
    for row in members_of_day(run):
        members.write(row)
        ids.append(str(row["contact_id"]))
    population, known = members.close(), set(ids)
    outside = items_outside(run, known)
    items = json_lines(ITEMS, items_of_day(run, ids, outside))
    known.update(str(item["ContactId"]).lower() for item in outside)
    recordings = sorted_lines(RECORDINGS, recordings_of(run, known, items))
    day = Day(
        instance=run.settings.connect_instance_id,
        day=run.day.isoformat(),
        as_of=format_time(run.now),
        kind=FINAL if run.is_final else FIRST,
        hours=hour_rows(run),
        listing_is_whole=is_listed(run),
        tolerance_percent=str(run.settings.population_tolerance_percent),
    )
    return Reconciled(day, (population, items, recordings))


def _keep(run: DayContext, found: Reconciled) -> None:
    """Keep what was gathered, the facts the last: without them the others are not used."""
    folder = f"{_folder(run)}{format_time(run.now)}/"
    for file in (*found.inputs, document(FACTS, found.day.to_json())):
        run.store.write(folder + file.name, file.stored)


def _folder(run: DayContext) -> str:
    return f"reconciled/day={run.day.isoformat()}/"


def _policy(run: DayContext, known: tuple[Link, Earlier] | None) -> tuple[Json | None, Policy]:
    """Return the policy that a day is proved by: the one of its first revision, from then on.

    A rule that somebody changes later says nothing about the calls of a day that is over.
    """
    if known is None:
        return run.policy_document, run.policy
    return kept_policy(run.store, known[0].folder + POLICY)


def _before(run: DayContext, earlier: Link) -> Iterable[Json]:
    return before_of(
        rows_at(run.store, earlier.folder + CONTACTS), rows_at(run.store, earlier.folder + BEFORE)
    )
