"""What is wrong with each object of the configuration. The table is the rule and fits on one screen.

An object that no row names is only compared with the last evidence. Source: docs/evidence.md,
"Configuration".
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from audio_leakage.settings import Settings

#: What was read of an object: texts, whole numbers, truth values, null, lists and objects.
Facts = Mapping[str, Any]
#: Days for which CloudWatch Logs must keep a line. Runs recover what they missed of the last day.
_DAYS_OF_LOG = 2
#: After this many minutes without a run, contacts may have been missed.
_LONGEST_GAP = 15
#: The one attribute that items of the contact table may expire by.
_EXPIRES = "ExpiresAt"
_DAYS_OF_YEAR = 365


class ConfigurationObject(StrEnum):
    """Every object that is looked at."""

    RECORDING_STORAGE = "recording_storage"
    FLOW_LOGGING = "flow_logging"
    FLOW_LOG_GROUP = "flow_log_group"
    FLOW_LOG_SUBSCRIPTION = "flow_log_subscription"
    RECORDING_BUCKET_VERSIONING = "recording_bucket_versioning"
    RECORDING_BUCKET_LOCK = "recording_bucket_lock"
    RECORDING_BUCKET_LIFECYCLE = "recording_bucket_lifecycle"
    RECORDING_BUCKET_ENCRYPTION = "recording_bucket_encryption"
    RECORDING_BUCKET_POLICY = "recording_bucket_policy"
    RECORDING_BUCKET_PUBLIC_ACCESS = "recording_bucket_public_access"
    RECORDING_BUCKET_REPLICATION = "recording_bucket_replication"
    RECORDING_KEY = "recording_key"
    EVIDENCE_BUCKET_VERSIONING = "evidence_bucket_versioning"
    EVIDENCE_BUCKET_LOCK = "evidence_bucket_lock"
    EVIDENCE_BUCKET_LIFECYCLE = "evidence_bucket_lifecycle"
    EVIDENCE_BUCKET_ENCRYPTION = "evidence_bucket_encryption"
    EVIDENCE_BUCKET_POLICY = "evidence_bucket_policy"
    EVIDENCE_BUCKET_PUBLIC_ACCESS = "evidence_bucket_public_access"
    EVIDENCE_BUCKET_REPLICATION = "evidence_bucket_replication"
    EVIDENCE_KEY = "evidence_key"
    CONTACT_TABLE = "contact_table"
    POLICY = "policy"
    SETTINGS = "settings"
    MONITOR = "monitor"


#: Facts now, facts in the last evidence (None: there are none), and the settings.
Holds = Callable[[Facts, Facts | None, Settings], bool]


class Rule(NamedTuple):
    """A row of the table."""

    objects: tuple[ConfigurationObject, ...]
    wrong: str
    """What is wrong, with facts in braces."""
    holds: Holds


_O = ConfigurationObject

#: The first row of an object that holds is what is wrong with it.
RULES: tuple[Rule, ...] = (
    Rule((_O.RECORDING_STORAGE,), "Connect stores call recordings in no bucket",
         lambda now, _, __: not now["places"]),
    Rule((_O.RECORDING_STORAGE,), "Connect names several places for call recordings",
         lambda now, _, __: len(now["places"]) > 1),
    Rule((_O.RECORDING_STORAGE,), "Connect stores call recordings in another place than the settings name",
         lambda now, _, settings: not _is_set_place(now["places"][0], settings)),
    Rule((_O.RECORDING_STORAGE,),
         "Connect stores call recordings in another place or under another key than before",
         lambda now, before, _: before is not None and now != before),
    Rule((_O.FLOW_LOGGING,), "the instance writes no flow logs",
         lambda now, _, __: not now["is_on"]),
    Rule((_O.FLOW_LOG_GROUP,), "the log group of the flow logs keeps lines for less than two days",
         lambda now, _, __: (now["retention_days"] or _DAYS_OF_LOG) < _DAYS_OF_LOG),
    Rule((_O.FLOW_LOG_SUBSCRIPTION,), "no subscription delivers recording blocks to a Lambda function",
         lambda now, _, __: not any(map(_is_ours, now["filters"]))),
    Rule((_O.RECORDING_BUCKET_LIFECYCLE, _O.EVIDENCE_BUCKET_LIFECYCLE),
         "a lifecycle rule deletes objects after {deleted_after_days} days, before retention_years are over",
         lambda now, _, settings: _deletes_too_early(now["deleted_after_days"], settings)),
    Rule((_O.RECORDING_BUCKET_LOCK,), "Object Lock is in the mode COMPLIANCE, which Connect does not support",
         lambda now, _, __: now["mode"] == "COMPLIANCE"),
    Rule((_O.EVIDENCE_BUCKET_LOCK,), "Object Lock does not lock new objects",
         lambda now, _, __: now["mode"] is None),
    Rule((_O.RECORDING_BUCKET_VERSIONING, _O.EVIDENCE_BUCKET_VERSIONING), "versioning is {status}",
         lambda now, _, __: now["status"] != "Enabled"),
    Rule((_O.RECORDING_BUCKET_PUBLIC_ACCESS, _O.EVIDENCE_BUCKET_PUBLIC_ACCESS),
         "public access is not blocked in all four ways",
         lambda now, _, __: not all(now.values())),
    Rule((_O.RECORDING_KEY, _O.EVIDENCE_KEY), "the key is {state}",
         lambda now, _, __: now["key"] is not None and now["state"] != "Enabled"),
    Rule((_O.CONTACT_TABLE,), "deletion protection is off",
         lambda now, _, __: not now["is_protected"]),
    Rule((_O.CONTACT_TABLE,), "point-in-time recovery is off",
         lambda now, _, __: not now["is_recoverable"]),
    Rule((_O.CONTACT_TABLE,), "items expire by {expires_by}, which is not ours",
         lambda now, _, __: now["expires_by"] not in (None, _EXPIRES)),
    Rule((_O.POLICY,), "rules have ended or end soon: {ending}",
         lambda now, _, __: bool(now["ending"])),
    Rule((_O.MONITOR,), "no run of the monitor ended for {longest_gap_minutes} minutes",
         lambda now, _, __: now["longest_gap_minutes"] >= _LONGEST_GAP),
)  # fmt: skip

#: Facts of a day and not of now, so another day has others.
OF_THE_DAY = frozenset({ConfigurationObject.MONITOR})


def wrong_with(name: ConfigurationObject, now: Facts, before: Facts | None, settings: Settings) -> str | None:
    """Return what is wrong with an object; None if no rule says so.

    :param now: what was read of it.
    :param before: the same from the last evidence; None if there is none.
    """
    rules = (rule for rule in RULES if name in rule.objects)
    return next((rule.wrong.format(**now) for rule in rules if rule.holds(now, before, settings)), None)


def _is_set_place(place: Facts, settings: Settings) -> bool:
    named = (settings.recording_bucket, settings.recording_prefix)
    return named == (None, None) or named == (place["bucket"], place["prefix"])


def _is_ours(subscription: Facts) -> bool:
    return ":lambda:" in subscription["destination"] and "Recording" in subscription["pattern"]


def _deletes_too_early(days: int | None, settings: Settings) -> bool:
    return days is not None and days < settings.retention_years * _DAYS_OF_YEAR
