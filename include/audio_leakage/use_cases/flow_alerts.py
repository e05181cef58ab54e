"""Alert once about entries whose audit result is worse than people last heard."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from audio_leakage.evidence.files import canonical
from audio_leakage.evidence.stored import document_at
from audio_leakage.flow_audit.report import Report, is_worse
from audio_leakage.flow_audit.results import AuditResult
from audio_leakage.population.policy import Requirement
from audio_leakage.runs.alerts import Alert, AlertKind, publish
from audio_leakage.runs.sender import Sender
from audio_leakage.use_cases.day_context import DayContext

WORK = "flows/"
_TOLD = "told.json"
#: Stands for the time of the folder that holds what people knew before the first alert.
_FIRST = "0"
#: Sentences of an entry, and characters of each, so that the alert stays within SNS's 256 kB.
_SENTENCES, _LONGEST = 8, 600
#: Entries that the alert describes. The rest are counted.
_LISTED = 10
#: The results by which calls leak for sure. An entry that is new is told only with one of these.
_LEAKS = (AuditResult.NEVER, AuditResult.SOMETIMES)
#: Stands for a queue that no flow names.
_UNKNOWN_QUEUE = ""

Entry = Mapping[str, Any]


def tell_of_leaks(run: DayContext, report: Report, folder: str) -> None:
    """Publish the entries whose result is worse than when people last heard of it.

    We keep what people know once the alert is out. So the next run sends what could not be sent. Before the
    first alert, people know what the last evidence says, so we keep that first. If a rule excludes an entry,
    or there is no topic, nobody hears of it. Then it is still news when that changes.

    :param folder: of the report.
    :raises ServiceUnavailable, SetupError: when the topic cannot be reached.
    """
    known = _last_told(run)
    if known is None:
        known = {_key(each): each["before"] for each in report["entries"] if each["before"]}
        run.store.write(f"{WORK}{_FIRST}/{_TOLD}", canonical({"results": known}))
    worse = [each for each in report["entries"] if _is_news(run, each, known.get(_key(each)))]
    if worse:
        alert = flows_leak_alert(worse, [known.get(_key(each)) for each in worse], run.sender)
        publish(alert, run.alert_topic, run.settings.alert_topic_arn)
    told = worse if run.settings.alert_topic_arn else []
    now = {_key(each): _known_now(each, known.get(_key(each)), each in told) for each in report["entries"]}
    kept = {key: result for key, result in now.items() if result is not None}
    run.store.write(f"{folder}{_TOLD}", canonical({"results": kept}))


def flows_leak_alert(entries: Sequence[Entry], before: Sequence[str | None], sender: Sender) -> Alert:
    """Build the message about entries whose calls may go unrecorded now.

    :param entries: as the report has them, the surest leak first.
    :param before: the result of each that people know; None for a new entry.
    :param sender: who tells, and where the reader finds more.
    """
    event = str(AlertKind.FLOWS_LEAK)
    count = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    about = "Calls that come in by these entries may go unrecorded. Perhaps no such call has come yet."
    lines = [
        line for each, was in zip(entries[:_LISTED], before, strict=False) for line in _in_lines(each, was)
    ]
    rest = [f"... and {len(entries) - _LISTED} more in flows.json"] if len(entries) > _LISTED else []
    return Alert(
        subject=sender.subject(f"the flows of {count} may leak calls"),
        message="\n".join([about, "", *lines, *rest, *sender.where(event)]),
        attributes=sender.attributes(event, len(entries)),
    )


def _in_lines(entry: Entry, before: str | None) -> Iterator[str]:
    yield f"{entry['result']} ({f'was {before}' if before else 'new'}): {entry['entry']}"
    sentences = entry["sentences"]
    if len(sentences) > _SENTENCES:  # the last one says what to do
        sentences = [*sentences[: _SENTENCES - 2], "... flows.json has the whole way ...", sentences[-1]]
    for sentence in sentences:
        yield f"  {sentence if len(sentence) <= _LONGEST else f'{sentence[:_LONGEST]} ...'}"
    yield ""


def _is_news(run: DayContext, entry: Entry, known: str | None) -> bool:
    """Tell whether people must hear of an entry.

    Where neither a rule nor the default says ``must``, only an entry whose result became worse is news.
    """
    asked = {
        run.policy.requirement_of(queue, run.now.date()) for queue in entry["queues"] or (_UNKNOWN_QUEUE,)
    }
    if known is None:
        return Requirement.MUST in asked and entry["result"] in _LEAKS
    return bool(asked & {Requirement.MUST, None}) and is_worse(entry["result"], known)


def _known_now(entry: Entry, known: str | None, told: bool) -> str | None:
    """Return what people know of an entry from now on; None if they have still to hear of it."""
    result = str(entry["result"])
    is_quiet = result not in _LEAKS if known is None else not is_worse(result, known)
    return result if told or is_quiet else known


def _key(entry: Entry) -> str:
    return f"{entry['kind']} {entry['flow_id']}"


def _last_told(run: DayContext) -> Mapping[str, str] | None:
    """Return the results that people last heard of, by entry; None if they have heard of none."""
    keys = (key for key in run.store.keys(WORK) if key.endswith(_TOLD))
    key = max(keys, key=lambda key: key.split("/")[-2], default=None)
    return document_at(run.store, key)["results"] if key else None
