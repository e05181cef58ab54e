"""The use case ``check_configuration``: what AWS is configured like this morning, and what of it is wrong.

A result is that of the moment at which it was read, whatever day is proved. An object that cannot be read
keeps no other from being checked.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache, partial
from typing import Any

from audio_leakage.configuration.drift import (
    Check,
    Reading,
    check,
    counts_of,
    document_of,
    facts_of,
    wrong_in,
)
from audio_leakage.configuration.heartbeat import KEPT, gaps
from audio_leakage.configuration.lifecycle import deleted_after_days
from audio_leakage.configuration.rules import ConfigurationObject, Facts
from audio_leakage.configuration.told import findings_of, mail_lines, wrong_alert
from audio_leakage.errors import MissingError, ServiceUnavailable, SetupError
from audio_leakage.evidence.files import Json, canonical, document, sha256
from audio_leakage.evidence.revision import FileBeside
from audio_leakage.evidence.stored import document_at
from audio_leakage.runs.alerts import publish
from audio_leakage.times import format_time
from audio_leakage.use_cases.day_context import DayContext

log = logging.getLogger(__name__)

CONFIGURATION = "configuration.json"
_O = ConfigurationObject

_Read = Callable[[], Facts]


def check_configuration(run: DayContext) -> dict[str, Any]:
    """Check each object of the configuration, keep the results, and tell once of what is wrong.

    :return: how many objects have each result, and the ``findings``: what is not ok.
    :raises ServiceUnavailable: at the end, when an object could not be read for now.
    """
    before = _in_last_evidence(run)
    checks: list[Check] = []
    failure: ServiceUnavailable | None = None
    for name, read in _readings(run):
        reading = Reading()
        try:
            reading = Reading(read())
        except MissingError as error:
            reading = Reading(is_missing=True, reason=str(error))
        except SetupError as error:
            reading = Reading(reason=str(error))
        except ServiceUnavailable as error:
            reading, failure = Reading(reason=str(error)), failure or error
        checks.append(check(name, reading, before.get(name), run.settings))
    results = document_of(checks, format_time(run.now))
    is_told = False
    try:
        _tell(run, wrong_in(results))
        is_told = True
    finally:
        kept = canonical({"is_told": is_told, "results": results})
        run.store.write(f"{_folder(run)}{results['as_of']}.json", kept)
    if failure:
        raise failure
    return {**counts_of(results), "findings": findings_of(results)}


def configuration_beside(run: DayContext) -> list[FileBeside]:
    """Return the file of the configuration, for the evidence; nothing if nobody has checked it."""
    last = _last_checked(run, _folder(run))
    if last is None:
        return []
    results = last["results"]
    return [FileBeside(document(CONFIGURATION, results), sha256(canonical(facts_of(results))))]


def configuration_lines(run: DayContext) -> Iterator[str]:
    """Yield what the daily mail says of the configuration."""
    last = _last_checked(run, _folder(run))
    if last is None:
        yield "Configuration: not checked, the task 'check_configuration' says why"
    else:
        yield from mail_lines(last["results"])


def _tell(run: DayContext, wrong: Mapping[str, str]) -> None:
    """Publish what is wrong and was not wrong, for the same reason, when people last heard of it."""
    last = _last_checked(run, _CHECKED)
    known = wrong_in(last["results"]) if last and last["is_told"] else {}
    news = {name: reason for name, reason in wrong.items() if known.get(name) != reason}
    if news:
        publish(wrong_alert(news, run.sender), run.alert_topic, run.settings.alert_topic_arn)


_CHECKED = "configuration/"


def _folder(run: DayContext) -> str:
    return f"{_CHECKED}day={run.day.isoformat()}/"


def _last_checked(run: DayContext, folder: str) -> Json | None:
    """Return the last ``results`` below a folder, and whether they are told; None if there are none."""
    key = max(run.store.keys(folder), key=lambda key: key.rpartition("/")[2], default=None)
    return document_at(run.store, key) if key else None


def _in_last_evidence(run: DayContext) -> Mapping[str, Facts]:
    key = run.chain.latest(CONFIGURATION)
    return facts_of(document_at(run.store, key)) if key else {}


def _readings(run: DayContext) -> Iterator[tuple[ConfigurationObject, _Read]]:
    """Yield how to read each object that the settings name."""
    ask, settings = run.configuration, run.settings
    storage = cache(partial(ask.recording_storage, settings.connect_instance_id))
    yield _O.RECORDING_STORAGE, storage
    yield _O.FLOW_LOGGING, partial(ask.flow_logging, settings.connect_instance_id)
    if settings.flow_log_group:
        yield _O.FLOW_LOG_GROUP, partial(ask.log_group, settings.flow_log_group)
        yield _O.FLOW_LOG_SUBSCRIPTION, partial(ask.subscription_filters, settings.flow_log_group)
    for name, read in _of_bucket(
        run, "recording_bucket", lambda: run.storage().bucket, lambda: run.storage().prefix
    ):
        yield ConfigurationObject(f"recording_bucket_{name}"), read
    yield _O.RECORDING_KEY, lambda: _key_of_recordings(run, storage())
    bucket = str(settings.evidence_bucket)
    for name, read in _of_bucket(run, "evidence_bucket", lambda: bucket, lambda: settings.evidence_folder):
        yield ConfigurationObject(f"evidence_bucket_{name}"), read
    if settings.evidence_key_arn:
        yield _O.EVIDENCE_KEY, partial(ask.key_state, settings.evidence_key_arn, "evidence_key_arn")
    yield _O.CONTACT_TABLE, partial(ask.table, settings.contact_table)
    yield _O.POLICY, lambda: _policy(run)
    yield _O.SETTINGS, lambda: {name: str(value) for name, value in asdict(settings).items()}
    yield _O.MONITOR, lambda: _monitor(run)


def _of_bucket(
    run: DayContext, setting: str, bucket: Callable[[], str], folder: Callable[[], str]
) -> Iterator[tuple[str, _Read]]:
    ask = run.configuration
    yield "versioning", lambda: ask.versioning(bucket(), setting)
    yield "lock", lambda: ask.object_lock(bucket(), setting)
    yield "lifecycle", lambda: _lifecycle(ask.lifecycle(bucket(), setting), folder(), run.now)
    yield "encryption", lambda: ask.encryption(bucket(), setting)
    yield "policy", lambda: ask.bucket_policy(bucket(), setting)
    yield "public_access", lambda: ask.public_access(bucket(), setting)
    yield "replication", lambda: ask.replication(bucket(), setting)


def _lifecycle(rules: Any, folder: str, now: datetime) -> Facts:  # noqa: ANN401  # as S3 has them
    found = list(rules)
    text = json.dumps(found, sort_keys=True, default=str)
    return {
        "deleted_after_days": deleted_after_days(found, folder, now),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def _key_of_recordings(run: DayContext, storage: Facts) -> Facts:
    keys = [place["key"] for place in storage["places"] if place["key"]]
    if not keys:
        return {"key": None, "state": None}
    state = run.configuration.key_state(keys[0], "recording_bucket")
    return {**state, **run.configuration.key_rotation(keys[0], "recording_bucket")}


def _policy(run: DayContext) -> Facts:
    return {
        "ending": ", ".join(rule.id for rule in run.policy.ending(run.now.date())),
        "sha256": sha256(canonical({"policy": run.policy_document})),
    }


def _monitor(run: DayContext) -> Facts:
    if run.start < run.now - KEPT:
        raise SetupError(
            f"CloudWatch keeps what is needed for {KEPT.days} days, so nothing is known of that day"
        )
    beats = run.configuration.ends_of_runs(run.settings.contact_table, run.start, run.end)
    missing, longest = gaps(beats, run.start, run.end)
    return {"longest_gap_minutes": longest, "missing_windows": missing}
