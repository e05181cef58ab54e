"""The use cases of the daily DAG that write the evidence of a day and tell of it."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from audio_leakage.errors import AwsError, MissingError, MissingEvidence
from audio_leakage.evidence.chain import Link
from audio_leakage.evidence.classes import ContactClass
from audio_leakage.evidence.files import Json
from audio_leakage.evidence.ledger import CONTACTS
from audio_leakage.evidence.reports import SUMMARY, SUMMARY_TXT
from audio_leakage.evidence.revision import FIRST, Earlier, FileBeside
from audio_leakage.evidence.stored import document_at
from audio_leakage.times import format_time
from audio_leakage.use_cases.acknowledged import figures_of, take_back
from audio_leakage.use_cases.day_configuration import configuration_beside, configuration_lines
from audio_leakage.use_cases.day_context import DayContext
from audio_leakage.use_cases.day_flows import flow_lines, flows_beside, queue_lines, unasked_queues
from audio_leakage.use_cases.day_population import complete_population
from audio_leakage.use_cases.day_recordings import list_recordings
from audio_leakage.use_cases.reconciling import Reconciled, evidence_from, last_reconciled, reconcile
from audio_leakage.use_cases.retention import let_items_expire

log = logging.getLogger(__name__)

#: The message attribute ``event`` of the daily mail.
EVENT = "DAY_EVIDENCE"
_FIGURES = ("required", "proven", "lost", "undecided", "coverage_percent", "coverage_at_most")
_SINCE = (ContactClass.DELETED_SINCE, ContactClass.CHANGED_SINCE)


def recheck_earlier_days(run: DayContext) -> dict[str, Any]:
    """List earlier days again, and compare them again: what was deleted or changed since is found.

    A day is looked at again when ``recheck_days`` are over, and after each of ``reverify_after_days``.

    :return: how many contacts each class has, for each day that has evidence.
    :raises AwsError: at the end, when a day could not be looked at.
    :raises MissingEvidence: at the end, when a day was never proved, because nobody ran this DAG about it.
    """
    classes: dict[str, Mapping[str, int]] = {}
    failure: AwsError | None = None
    for earlier in run.earlier_days:
        try:
            complete_population(earlier)
            list_recordings(earlier)
            classes[earlier.day.isoformat()] = reconcile(earlier)["classes"]
        except AwsError as error:
            log.warning("day %s could not be looked at again: %s", earlier.day, error)
            failure = failure or error
    if failure:
        raise failure
    unproved = run.days_without_evidence
    if unproved:
        raise MissingEvidence(f"{_without_evidence(unproved)}; other earlier days were compared again")
    return {"earlier_days": classes}


def write_evidence(run: DayContext) -> dict[str, Any]:
    """Append a revision of the day, and of each earlier day, unless it says nothing new.

    :raises MissingError: when ``reconcile`` has kept nothing of the day.
    """
    found = last_reconciled(run)
    if found is None:
        raise MissingError(f"day {run.day} was not reconciled: clear the task 'reconcile'")
    written = _write(run, found, [*configuration_beside(run), *flows_beside(run)])
    if written["coverage_percent"] is not None:
        run.publish_metrics(
            CoveragePercent=float(written["coverage_percent"]),
            CoverageAtMostPercent=float(written["coverage_at_most"]),
        )
    earlier = {
        each.day.isoformat(): _write(each, kept)
        for each in run.earlier_days
        if (kept := last_reconciled(each))
    }
    known, head = run.chain.earlier(found.day.day), run.chain.head()
    return {
        **written,
        "queues": _unasked_queues(run, known[0]) if known else {},
        "earlier_days": earlier,
        "head": _name_of(head) if head else None,
    }


def tell_evidence(run: DayContext) -> dict[str, Any]:
    """Publish the text of the day's last revision with the head of the chain. Each reader is a witness."""
    known, head = run.chain.earlier(run.day.isoformat()), run.chain.head()
    if known is None or head is None or run.settings.alert_topic_arn is None:
        return {"told": 0}
    link, revision = known
    text = run.store.read(link.folder + SUMMARY_TXT).decode()
    lines = [
        *text.splitlines(),
        *_lines_of_acknowledgements(run),
        *_lines_of_earlier_days(run),
        *_lines_of_changed_rules(revision, run.chain.day_before(link)),
        *configuration_lines(run),
        *flow_lines(run),
        *queue_lines(_unasked_queues(run, link)),
        *([] if head.signature else ["The chain is not signed: no evidence_key_arn is set."]),
        f"Revision {link.revision}, link {link.sequence}. The head of the chain is {_name_of(head)}",
        *run.sender.where(EVENT),
    ]
    run.alert_topic.publish(
        run.settings.alert_topic_arn,
        run.sender.subject(f"evidence of {link.day}"),
        "".join(f"{line}\n" for line in lines),
        run.sender.attributes(EVENT) | {"chain_head": _name_of(head)},
    )
    return {"told": 1}


def _write(run: DayContext, found: Reconciled, beside: Sequence[FileBeside] = ()) -> dict[str, Any]:
    known = run.chain.earlier(found.day.day)
    if known and known[1].as_of >= found.day.as_of and _has(known[1], beside):  # nothing was found out since
        link, is_new = known[0], False
    else:
        link, is_new = run.chain.append(
            found.day.day, lambda before: evidence_from(run, found, before, beside), _origin(run), run.now
        )
    summary = document_at(run.store, link.folder + SUMMARY)
    expiring = let_items_expire(run) if link.kind != FIRST else 0
    if is_new and run.chain.has_acknowledgements(link.day):
        take_back(run.contacts, run.store, run.chain.links_of(link.day), link)
    return {
        "status": summary["status"],
        "revision": link.revision,
        "kind": link.kind,
        "unchanged": int(not is_new),
        "expiring": expiring,
        "link": link.sequence,
        "signed": int(bool(link.signature)),
        **{name: summary["total"][name] for name in _FIGURES},
        **figures_of(run.chain, link.day, run.now),
    }


def _unasked_queues(run: DayContext, link: Link) -> dict[str, dict[str, Any]]:
    return unasked_queues(run, link.folder + CONTACTS)


def _has(known: Earlier, beside: Sequence[FileBeside]) -> bool:
    return all(known.says.get(each.file.name) == each.says for each in beside)


def _lines_of_acknowledgements(run: DayContext) -> Iterator[str]:
    """Yield what stands beside the measured coverage, if somebody has acknowledged anything."""
    figures = figures_of(run.chain, run.day.isoformat(), run.now)
    if figures:
        coverage = figures["coverage_after_acknowledgement"]
        after = "none" if coverage is None else f"{coverage} %"
        yield f"Acknowledged: {figures['acknowledged']}. Coverage after acknowledgement: {after}"


def _lines_of_earlier_days(run: DayContext) -> Iterator[str]:
    unproved = run.days_without_evidence
    if unproved:
        yield _without_evidence(unproved)
    for each in run.earlier_days:
        known = run.chain.earlier(each.day.isoformat())
        if known is None:
            continue
        counts = known[1].counts
        since = ", ".join(f"{counts[name]} {name}" for name in _SINCE if counts.get(name)) or "nothing"
        yield f"{each.day} again, {known[1].kind}: {known[1].status}. Deleted or changed since: {since}"


def _lines_of_changed_rules(revision: Earlier, before: Earlier | None) -> Iterator[str]:
    """Yield one line for each document of rules that is another one than the day before was proved by."""
    for name, digest in revision.rules.items():
        if before and before.rules[name] != digest:
            yield f"Changed since the day before: {name}.json"


def _without_evidence(days: Iterable[date]) -> str:
    return f"No evidence was ever written of {', '.join(map(str, days))}: backfill audio_leakage_evidence"


def _name_of(link: Link) -> str:
    return f"{link.sequence}:{link.sha256}"


def _origin(run: DayContext) -> Json:
    return {
        "population_source": "SearchContacts by CONNECTED_TO_AGENT_TIMESTAMP",
        "producer": dict(run.producer),
        "window": {"end": format_time(run.end), "start": format_time(run.start)},
    }
