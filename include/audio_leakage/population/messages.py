"""The messages of the hourly run: counts and ids, no personal data."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from audio_leakage.population.classes import Class
from audio_leakage.population.figures import Figures
from audio_leakage.population.hour import name_of
from audio_leakage.population.policy import Policy, Rule
from audio_leakage.runs.alerts import Alert, AlertKind
from audio_leakage.runs.sender import Sender
from audio_leakage.runs.window import Window

#: Queues listed per message; the rest are only counted.
_LISTED = 30


def not_watched_alert(figures: Figures, hour: Window, policy: Policy, sender: Sender) -> Alert:
    """Build the one message about the contacts of an hour that nobody watched.

    :param figures: of all hours that the run is about.
    :param hour: the hour that the run is about.
    :param sender: who tells, and where the reader finds more.
    """
    unexplained = figures.classes[Class.UNEXPLAINED]
    # A retry finds what the try before it has entered, and nobody may have heard of that.
    entered = (
        figures.entered or figures.classes[Class.ENTERED_BY_POLICY] + figures.classes[Class.ENTERED_BY_CALL]
    )
    what = [
        f"{_calls(entered)} entered" if entered else "",
        f"{_calls(unexplained)} unexplained" if unexplained else "",
    ]
    about = (
        f"Hour {name_of(hour)} UTC: an agent took {_calls(figures.population)}, "
        "and no flow told the monitor about some of them."
    )
    lines = [about, ""]
    if entered:
        lines += [
            f"{_calls(entered)} must be recorded. The monitor follows them now and tells of each leak.",
            *_by("queue", figures.entered_by_queue),
            *_by("initiation method", figures.entered_by_kind),
            "",
        ]
    if unexplained:
        lines += [
            f"{_calls(unexplained)} unexplained: neither a flow nor the policy says whether to record them.",
            *_by("queue", figures.unexplained_by_queue),
            "",
        ]
    version = f" {policy.version}" if policy.version else ""
    return Alert(
        subject=sender.subject(", ".join(filter(None, what))),
        message="\n".join(
            [*lines, f"Policy{version}: default {policy.default}.", *sender.where(str(AlertKind.NOT_WATCHED))]
        ),
        attributes={
            **sender.attributes(str(AlertKind.NOT_WATCHED), entered),
            "unexplained": unexplained,
        },
    )


def rules_end_alert(rules: Sequence[Rule], today: date, variable: str, sender: Sender) -> Alert:
    """Build the message about rules of the policy that end soon or have ended.

    :param variable: the policy's Variable.
    :param sender: who tells, and where the reader finds more.
    """
    lines = [
        f"rule {rule.id}, recording {rule.recording}: "
        f"{'ended' if rule.valid_until and rule.valid_until <= today else 'ends'} on {rule.valid_until}"
        for rule in rules
    ]
    about = (
        f"The policy is in the Variable {variable}. A rule that has ended no longer matches: "
        "the next rule or the default holds."
    )
    subject = "1 rule of the policy ends" if len(rules) == 1 else f"{len(rules)} rules of the policy end"
    return Alert(
        subject=sender.subject(subject),
        message="\n".join([about, "", *lines, "", *sender.where(str(AlertKind.RULE_ENDS))]),
        attributes=sender.attributes(str(AlertKind.RULE_ENDS), len(rules)),
    )


def queues_unknown_alert(unknown: Collection[str], policy: Policy, variable: str, sender: Sender) -> Alert:
    """Build the message about queues that the policy names and the instance does not have.

    :param unknown: ids of the queues, in small letters.
    :param variable: the policy's Variable.
    :param sender: who tells, and where the reader finds more.
    """
    lines = [
        f"rule {rule.id}, recording {rule.recording}: queue {queue}"
        for rule in policy.rules
        for queue in sorted((rule.queues or frozenset()) & {*unknown})
    ]
    rest = [f"... and {len(lines) - _LISTED} more"] if len(lines) > _LISTED else []
    about = (
        f"The policy is in the Variable {variable}. It names queues that the instance does not have, "
        "so no contact is matched by them."
    )
    count = len(unknown)
    subject = "the policy names 1 unknown queue" if count == 1 else f"the policy names {count} unknown queues"
    where = sender.where(str(AlertKind.QUEUE_UNKNOWN))
    return Alert(
        subject=sender.subject(subject),
        message="\n".join([about, "", *lines[:_LISTED], *rest, "", *where]),
        attributes=sender.attributes(str(AlertKind.QUEUE_UNKNOWN), count),
    )


def _calls(count: int) -> str:
    return "1 contact" if count == 1 else f"{count} contacts"


def _by(what: str, counts: Mapping[str, int]) -> list[str]:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = [f"  ... and {len(ranked) - _LISTED} more"] if len(ranked) > _LISTED else []
    return [*(f"  {what} {name}: {count}" for name, count in ranked[:_LISTED]), *rest]
