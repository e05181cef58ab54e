"""What goes wrong, and when: the same for the same seed, whatever threads there are."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from audio_leakage.errors import ServiceUnavailable, SetupError

#: How likely each is whenever it might happen.
USUAL: Mapping[str, float] = {
    "Connect throttles": 0.02,
    "Connect answers without sense": 0.004,
    "the search throttles": 0.1,
    "the table is unavailable": 0.01,
    "the answer to a write is lost": 0.01,
    "the bucket slows down": 0.02,
    "the bucket is denied": 0.002,
    "the log is unavailable": 0.03,
    "the topic is unavailable": 0.1,
    "the answer of the topic is lost": 0.05,
    "the task is killed": 0.002,
    "another run in between": 0.02,
    "the scheduler misses a run": 0.04,
    "the subscription loses a delivery": 0.1,
}
#: In so many of the windows one of them is as likely as this.
_STORMS, _IN_A_STORM = 0.06, 0.7


class Killed(BaseException):
    """The task's process is gone."""


@dataclass
class Weather:
    """Decides what goes wrong in a window."""

    seed: int
    struck: Counter[str] = field(default_factory=Counter)
    is_fair: bool = False
    now: datetime | None = None
    _asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    _storm: str | None = None

    def begin(self, now: datetime, *, fair: bool = False) -> None:
        """Begin the window that is worked on at a time; in a fair one nothing goes wrong."""
        self.now, self.is_fair = now, fair
        self._asked.clear()
        dice = Random(f"{self.seed} {now}")
        self._storm = dice.choice(list(USUAL)) if dice.random() < _STORMS else None

    def strikes(self, fault: str, key: str = "") -> bool:
        """Tell whether something goes wrong with a contact, or in general."""
        self._asked[fault, key] += 1
        dice = Random(f"{self.seed} {self.now} {fault} {key} {self._asked[fault, key]}")
        likely = _IN_A_STORM if fault == self._storm else USUAL[fault]
        if self.is_fair or dice.random() >= likely:
            return False
        self.struck[fault] += 1
        return True

    def unavailable(self, fault: str, key: str = "") -> None:
        """Fail as AWS does for a while.

        :raises ServiceUnavailable: when it strikes.
        """
        if self.strikes(fault, key):
            raise ServiceUnavailable(fault)

    def denied(self, fault: str, key: str = "") -> None:
        """Fail as AWS does until somebody grants something.

        :raises SetupError: when it strikes.
        """
        if self.strikes(fault, key):
            raise SetupError(fault)

    def kill(self, key: str = "") -> None:
        """End the task's process there and then.

        :raises Killed: when it strikes.
        """
        if self.strikes("the task is killed", key):
            raise Killed
