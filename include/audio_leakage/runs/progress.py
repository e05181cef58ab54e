"""How far the flow log has been read, how far a scan for adoption has come, and which mutes were in force.

An Airflow Variable keeps this, so that every run finds it, whatever Airflow knows of the runs before. It
names the contact table it is about. For a table of another name nothing has been read. A table that was made
or restored anew has the same name and another id. Then the log is read again from where reading once began.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from audio_leakage.runs.mutes import Mute, read_mutes
from audio_leakage.runs.window import LONGEST, Window
from audio_leakage.times import format_time, parse_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What earlier runs have done. Times are aware; None: nobody knows, or nothing was done."""

    read_from: datetime | None = None
    read_until: datetime | None = None
    """Between these two times the flow log has been read without a gap."""
    lost_from: datetime | None = None
    lost_until: datetime | None = None
    """The last stretch that was not read, because it lay too far back."""
    alert_pending: str | None = None
    """The kind of alert that somebody has yet to receive about that stretch."""
    adoption_start: str | None = None
    """The ContactId after which an unfinished scan for adoption goes on."""
    mutes: tuple[Mute, ...] = ()
    """The mutes that were in force when a run last looked: their end is still to be told."""

    def covers(self, stretch: Window) -> bool:
        """Tell whether runs have read all of a stretch of the flow log."""
        if self.read_from is None or self.read_until is None:
            return False
        return self.read_from <= stretch.start and stretch.end <= self.read_until

    def before(self, window: Window, missed: Window) -> Self:
        """Return where reading goes on for a window: where it stopped, but at most a day back.

        :param missed: the window and those missed since the last success, for a table that knows nothing.
        """
        start = missed.start
        if self.read_until is not None and self.read_until <= window.end + LONGEST:
            start = self.read_until
        earliest = window.end - LONGEST
        if start >= earliest:
            return replace(self, read_from=self.read_from or start, read_until=start)
        return replace(
            self,
            read_from=earliest,
            read_until=earliest,
            lost_from=start if self.alert_pending is None else self.lost_from,
            lost_until=earliest,
            alert_pending="FLOW_LOG_NOT_READ",
        )

    def to_values(self, table: str, table_id: str | None = None) -> dict[str, Any]:
        """Return the values to keep.

        :param table: the contact table they are about.
        :param table_id: its id, where it is known.
        """
        values = {
            "Table": table,
            "TableId": table_id,
            "ReadFrom": _text(self.read_from),
            "ReadUntil": _text(self.read_until),
            "LostFrom": _text(self.lost_from),
            "LostUntil": _text(self.lost_until),
            "AlertPending": self.alert_pending,
            "AdoptionStart": self.adoption_start,
            "Mutes": [mute.to_values() for mute in self.mutes] or None,
        }
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_values(cls, values: Mapping[str, Any] | None, table: str, table_id: str | None = None) -> Self:
        """Read what was kept; what is missing or cannot be read is None, so that the log is read again.

        :param table: the contact table; values about another one count as missing.
        :param table_id: its id, where it is known. With another id, reading begins where it once began.
        """
        found = values if values and values.get("Table") == table else {}
        if is_replaced(found, table_id):
            began = _time(found.get("ReadFrom"))
            return cls(read_from=began, read_until=began, mutes=read_mutes(found.get("Mutes")))
        return cls(
            read_from=_time(found.get("ReadFrom")),
            read_until=_time(found.get("ReadUntil")),
            lost_from=_time(found.get("LostFrom")),
            lost_until=_time(found.get("LostUntil")),
            alert_pending=found.get("AlertPending"),
            adoption_start=found.get("AdoptionStart"),
            mutes=read_mutes(found.get("Mutes")),
        )


def is_replaced(values: Mapping[str, Any], table_id: str | None) -> bool:
    """Tell whether values are about an earlier table of the same name."""
    return table_id is not None and values.get("TableId") not in (None, table_id)


def read_progress(text: object) -> Mapping[str, Any] | None:
    """Read the Variable's text; None if it is not set, or if somebody wrote something else into it."""
    try:
        values = json.loads(str(text)) if text else None
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _text(moment: datetime | None) -> str | None:
    return format_time(moment) if moment else None


def _time(value: object) -> datetime | None:
    try:
        return parse_time(str(value)) if value else None
    except ValueError:
        return None
