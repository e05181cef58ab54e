"""The audited entries of an instance as they are kept and told: counts, and each entry in words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from audio_leakage.flow_audit.audit import AuditedEntry
from audio_leakage.flow_audit.flow import Flow
from audio_leakage.flow_audit.queues import entries_by_queue
from audio_leakage.flow_audit.results import AuditResult
from audio_leakage.flow_audit.words import entry_in_words, in_words, stretches

Report = Mapping[str, Any]

#: The results that need nobody's attention.
GOOD = (AuditResult.ALWAYS, AuditResult.NO_AGENT)
#: The order in which entries are told, the surest leak first.
_ORDER = {
    result: place
    for place, result in enumerate(
        (
            AuditResult.NEVER,
            AuditResult.SOMETIMES,
            AuditResult.ERROR_BRANCH,
            AuditResult.PARTIAL,
            AuditResult.UNLOGGED,
            AuditResult.UNKNOWN,
            *GOOD,
        )
    )
}
#: Entries that the mail names; the rest are only counted.
_LISTED = 4


def report_of(
    flows: Sequence[Flow], audited: Iterable[AuditedEntry], before: Report | None, as_of: str
) -> Report:
    """Return the audited entries as ``flows.json`` has them.

    :param flows: the flows and modules that were audited.
    :param audited: every entry with its result.
    :param before: the report in the last evidence; None if there is none.
    :param as_of: when the flows were read. They may have been others before.
    """
    known = {_key(each): each["result"] for each in before["entries"]} if before else {}
    ordered = sorted(
        audited, key=lambda each: (_ORDER[each.result], entry_in_words(each), each.entry.flow.id)
    )
    counts = Counter(str(each.result) for each in ordered)
    by_queue = entries_by_queue(flows, ordered)
    queues: dict[tuple[str, str], list[str]] = {}
    for queue in sorted(by_queue):
        for each in by_queue[queue]:
            queues.setdefault((str(each.entry.kind), each.entry.flow.id), []).append(queue)
    return {
        "as_of": as_of,
        "counts": {str(result): counts[str(result)] for result in AuditResult},
        "entries": [
            {**entry, "before": known.get(_key(entry)), "queues": queues.get(_key(entry), [])}
            for entry in map(_entry, ordered)
        ],
        "flows": len(flows),
        "not_checked": "",
        "queues": {queue: [_short(each) for each in found] for queue, found in by_queue.items()},
    }


def not_checked(reason: str, as_of: str) -> Report:
    """Return what is kept when the flows could not be read.

    :param reason: why, and what to grant.
    """
    empty: Report = {"counts": {}, "entries": [], "flows": 0, "queues": {}}
    return {**empty, "as_of": as_of, "not_checked": reason}


def findings_in(report: Report) -> list[Mapping[str, Any]]:
    """Return the entries that need somebody's attention."""
    return [each for each in report["entries"] if each["result"] not in GOOD]


def said_in(report: Report) -> Mapping[str, Any]:
    """Return what a later report must differ in to be news: not when it was made, nor what was before."""
    entries = [{name: each[name] for name in each.keys() - {"before"}} for each in report["entries"]]
    return {**{name: report[name] for name in report.keys() - {"as_of"}}, "entries": entries}


def is_worse(result: str, known: str) -> bool:
    """Tell whether a result stands above the one that is known, in the table of rules.

    The good results stand below all others.
    """
    bad = [each for each in AuditResult if each not in GOOD]
    return result in bad and (
        known not in bad or bad.index(AuditResult(result)) < bad.index(AuditResult(known))
    )


def mail_lines(report: Report) -> Iterator[str]:
    """Yield what the daily mail says of the flows: counts, and the entries that have another result now."""
    if report["not_checked"]:
        yield f"Flows: not checked: {report['not_checked']}"
        return
    counts = ", ".join(f"{count} {result}" for result, count in report["counts"].items() if count)
    yield f"Flows as of {report['as_of']}, entries: {counts or 'none'}"
    news = [each for each in findings_in(report) if each["before"] != each["result"]]
    yield from (f"  {each['result']}: {each['entry']}: {each['sentences'][0]}" for each in news[:_LISTED])
    if len(news) > _LISTED:
        yield f"  and {len(news) - _LISTED} more in flows.json"


def _key(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["kind"], entry["flow_id"]


def _entry(audited: AuditedEntry) -> Mapping[str, Any]:
    is_good = audited.result in GOOD
    return {
        "entry": entry_in_words(audited),
        "flow_id": audited.entry.flow.id,
        "kind": str(audited.entry.kind),
        "result": str(audited.result),
        "sentences": [] if is_good else in_words(audited),
        "way": [] if is_good else [[flow, blocks] for flow, blocks in stretches(audited.route)],
    }


def _short(audited: AuditedEntry) -> str:
    return f"{entry_in_words(audited)}: {audited.result}"
