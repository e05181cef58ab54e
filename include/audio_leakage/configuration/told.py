"""The results of the configuration in words: lines of the daily mail, and the alert."""

from collections.abc import Iterator, Mapping
from typing import Any

from audio_leakage.configuration.drift import CheckResult, counts_of
from audio_leakage.runs.alerts import Alert, AlertKind
from audio_leakage.runs.sender import Sender

#: Objects that the mail names; the rest are only counted.
_LISTED = 6
_IN_ORDER = (CheckResult.WRONG, CheckResult.CHANGED, CheckResult.NOT_CHECKED)


def findings_of(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return ``object``, ``result`` and ``reason`` of each object that is not ok, what is wrong first."""
    objects = document["objects"].items()
    return [
        {"object": name, "result": each["result"], "reason": each["reason"]}
        for result in _IN_ORDER
        for name, each in objects
        if each["result"] == result
    ]


def mail_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the daily mail says of the configuration."""
    counts = ", ".join(f"{count} {result}" for result, count in counts_of(document).items() if count)
    yield f"Configuration as of {document['as_of']}: {counts}"
    findings = findings_of(document)
    yield from (f"  {each['result']}: {each['object']}: {each['reason']}" for each in findings[:_LISTED])
    if len(findings) > _LISTED:
        yield f"  and {len(findings) - _LISTED} more in configuration.json"


def wrong_alert(wrong: Mapping[str, str], sender: Sender) -> Alert:
    """Build the message about objects of the configuration that are wrong now and were not before.

    :param wrong: what is wrong, by object.
    :param sender: who tells, and where the reader finds more.
    """
    count = "1 object is" if len(wrong) == 1 else f"{len(wrong)} objects are"
    about = "Recordings, or the proof of them, may be lost if this stays as it is."
    event = str(AlertKind.CONFIGURATION_WRONG)
    return Alert(
        subject=sender.subject(f"{count} configured wrong"),
        message="\n".join(
            [about, "", *(f"{name}: {reason}" for name, reason in wrong.items()), "", *sender.where(event)]
        ),
        attributes=sender.attributes(event, len(wrong)),
    )
