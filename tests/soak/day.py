"""A simulated day of calls, window by window, through the use cases in the order of the DAG."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any

from audio_leakage import use_cases
from audio_leakage.contacts.states import ClosedReason
from audio_leakage.errors import AwsError
from audio_leakage.flow_log.ingest import ingest
from audio_leakage.population.context import HourContext
from audio_leakage.population.policy import Default, Policy
from audio_leakage.ports import AirflowRun, Item
from audio_leakage.runs.context import RunContext
from audio_leakage.runs.window import Scope, Window
from audio_leakage.settings import Settings
from audio_leakage.times import format_time
from local_aws.connect.delays import NO_DELAY, Delay
from local_aws.contact_centre.calls import SimulatedCall, Truth
from local_aws.contact_centre.centre import WEIGHTS, ContactCentre
from local_aws.contact_centre.watching import Watch
from soak.ports import Bucket, Connect, Log, Population, Table, Topic
from soak.process import Process, process
from soak.weather import Killed, Weather
from support.fakes import BUCKET, INSTANCE_ID, PREFIX, SENDER, FakeHistory, FakeMetrics
from support.population import FakeCountedHours, FakeParts

START = datetime(2024, 2, 28, 18, 0, tzinfo=UTC)  # over midnight, into a leap day
WINDOW = timedelta(minutes=5)
#: Fair windows after the last call: every verdict has fallen by then, and every failure been looked at again.
AFTERMATH = 84
#: Judged items leave the table after this, as with the template's TTL: what is finished must not look like growth.
KEPT = timedelta(hours=3)
_FAILURE, _SHORT = "CALL_RECORDED_FAILURE", "RECORDING_SHORT"
_TRIES = 3
_DELIVERY = 20
#: From share to share of the day the subscription delivers nothing, and the scheduler starts nothing.
_SUBSCRIPTION_DOWN, _SCHEDULER_DOWN = (0.3, 0.34), (0.6, 0.635)

SETTINGS = Settings(
    connect_instance_id=INSTANCE_ID,
    contact_table="contacts",
    recording_bucket=BUCKET,
    recording_prefix=PREFIX,
    flow_log_group="/aws/connect/acme",
    alert_topic_arn="arn:aws:sns:af-south-1:123456789012:alerts",
    recheck_days=0.1,
    longest_call_hours=1,
)
Task = Callable[[RunContext], dict[str, int]]


@dataclass(frozen=True)
class Sample:
    """What there is after a window."""

    process: Process
    open_items: int  # entries of the index open-contacts
    items: int  # entries of the index contacts-by-hour


@dataclass
class Day:
    """So many windows of calls, and what became of them."""

    seed: int
    windows: int
    number_of_calls: int
    is_fair: bool = False
    """Whether nothing goes wrong all day."""
    aftermath: int = AFTERMATH
    policy: str | None = None
    """Default of the policy by which the population is taken every hour; None: nobody takes it."""
    weights: Mapping[str, int] = field(default_factory=lambda: WEIGHTS)
    withholds_log: bool = False
    """Whether no flow logs anything."""
    indexing: Delay = NO_DELAY
    """How late a search shows a contact."""
    samples: list[Sample] = field(default_factory=list)
    runs: Counter[str] = field(default_factory=Counter)
    wrong_on_the_way: dict[str, list[str]] = field(default_factory=dict)
    hours: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Figures of each hour, as the hourly runs gave them."""
    proofs: dict[str, str] = field(default_factory=dict)
    """What the counts of each hour say, as the hourly runs gave it."""
    told_at: dict[str, datetime] = field(default_factory=dict)
    """When somebody first heard of a contact."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Contacts by outcome, as the tasks counted them."""

    def __post_init__(self) -> None:
        self.centre = ContactCentre(
            seed=self.seed,
            start=START,
            duration=self.windows * WINDOW,
            number_of_calls=self.number_of_calls,
            bucket=BUCKET,
            prefix=PREFIX,
            weights=self.weights,
            withholds_log=self.withholds_log,
        )
        self._watch = Watch(self.policy, reads_log=not self.withholds_log)
        self._counted_hours = FakeCountedHours()
        self.weather = Weather(self.seed)
        self.table = Table(weather=self.weather, another_run=self._another_run)
        self.topic, self.log = Topic(weather=self.weather), Log(self.centre, self.weather)
        if self.withholds_log:
            self.log.withhold()
        self.metrics = FakeMetrics()
        self._connect = Connect(centre=self.centre, weather=self.weather)
        self._bucket = Bucket(self.centre, self.weather)
        self._calls = {call.contact_id: call for call in self.centre.calls}
        self._expired: dict[str, Item] = {}
        self._judged: set[str] = set()
        self._history = FakeHistory()
        self._deliveries = sorted(self._late_and_double(), reverse=True)
        self._in_between = False
        self._end = START

    def play(self) -> Iterator[Sample]:
        """Go from window to window; after each, give what there is."""
        gc.freeze()  # what was there before is not looked at after each window
        for number in range(1, self.windows + self.aftermath + 1):
            self._end = START + number * WINDOW
            now = self._end + timedelta(seconds=20)
            self.weather.begin(now, fair=self.is_fair or number > self.windows)
            self._deliver(now, is_down=self._is_within(_SUBSCRIPTION_DOWN, number))
            if not self._is_within(_SCHEDULER_DOWN, number) and not self.weather.strikes(
                "the scheduler misses a run"
            ):
                self._run()
            if self.policy and self._end.minute == 20:  # the hourly DAG's schedule
                self._run_hourly()
            for id_, event in self.topic.told:
                if event == _FAILURE:
                    self.told_at.setdefault(id_, now)
            self._check_verdicts(now)
            self._expire(now)
            self.samples.append(self._sample())
            yield self.samples[-1]
        gc.unfreeze()

    def truths(self) -> dict[str, Truth]:
        """Return what is true of each call in the end."""
        return {id_: self._truth(call, self._end) for id_, call in self._calls.items()}

    def told(self) -> dict[str, Item]:
        """Return the item of each call; nothing of those that were purged or never entered."""
        return {**self._expired, **self.table.items}

    @property
    def lost(self) -> list[str]:
        """The calls of which there should be an item and is none."""
        told = self.told()
        return [id_ for id_, truth in self.truths().items() if truth.state and id_ not in told]

    @property
    def wrong(self) -> list[str]:
        """The calls of which something else is told than is true, in the end or at some time."""
        told = self.told()
        in_the_end = {id_ for id_, truth in self.truths().items() if truth.differences(told.get(id_))}
        return sorted((in_the_end | {*self.wrong_on_the_way} | (told.keys() - self._calls)) - {*self.lost})

    @property
    def explained(self) -> list[str]:
        """What is told of each of the wrong calls, and what is true, for a person."""
        truths, told = self.truths(), self.told()
        return [
            f"{self._calls[id_].kind} {id_}: {truths[id_].differences(told.get(id_))} {self.wrong_on_the_way.get(id_, '')}"
            for id_ in self.wrong
        ]

    @property
    def leaks(self) -> list[str]:
        """The calls that should have been recorded and were not."""
        return [id_ for id_, truth in self.truths().items() if truth.recorded_state == _FAILURE]

    @property
    def never_alerted(self) -> list[str]:
        """The leaks of which nobody heard."""
        return self._untold(self.leaks, _FAILURE)

    @property
    def shorts(self) -> list[str]:
        """The calls of which less than half was recorded."""
        return [id_ for id_, truth in self.truths().items() if "SHORT" in (truth.warnings or ())]

    @property
    def short_untold(self) -> list[str]:
        """The short ones of which nobody heard."""
        return self._untold(self.shorts, _SHORT)

    @property
    def alerted_in_vain(self) -> list[str]:
        """The calls somebody was alerted of although they did not leak, or were not short."""
        leaks, worth_it = {*self.leaks}, {_SHORT: {*self.shorts}}
        return sorted({id_ for id_, event in self.topic.told if id_ not in worth_it.get(event, leaks)})

    @property
    def closes_counted(self) -> Counter[str]:
        """The closes without a verdict by reason, as the tasks that succeeded counted them."""
        return Counter({reason: self.outcomes[reason] for reason in ClosedReason if self.outcomes[reason]})

    @property
    def half_indexed(self) -> list[str]:
        """The calls whose items have half of an index's key, and so are in no index."""
        items = self.table.items.items()
        return [id_ for id_, item in items if ("NextCheckAt" in item) != ("OpenState" in item)]

    def _untold(self, calls: list[str], event: str) -> list[str]:
        """Return the calls that no mail listed, unless mails have counted as many without listing them."""
        unlisted = [id_ for id_ in calls if not self.topic.told[id_, event]]
        return unlisted if len(unlisted) > self.topic.unlisted[event] else []

    def _late_and_double(self) -> Iterator[tuple[datetime, datetime, str]]:
        """Give when the subscription delivers each line: mostly at once, sometimes late, twice, or never."""
        dice = Random(self.seed)
        for moment, message in self.log.lines:
            for _ in range(1 + (dice.random() < 0.1)):
                late = timedelta(seconds=dice.choice([1, 1, 1, dice.uniform(60, 900)]))
                yield moment + late, moment, message

    def _deliver(self, now: datetime, *, is_down: bool) -> None:
        lines = []
        while self._deliveries and self._deliveries[-1][0] <= now:
            lines.append(self._deliveries.pop()[1:])
        for first in range(0, len(lines), _DELIVERY):
            if is_down or self.weather.strikes("the subscription loses a delivery"):
                continue
            batch = lines[first : first + _DELIVERY]
            self._tried(partial(ingest, batch, self.table))

    def _run(self) -> None:
        """Run the four tasks as the DAG orders them; of two that go side by side, either may be first.

        One that fails keeps none of the others from going.
        """
        sides: list[list[Task]] = [
            [use_cases.purge_ivr],
            [use_cases.poll_in_progress, use_cases.check_recordings],
        ]
        Random(f"{self.seed} {self._end}").shuffle(sides)
        tasks = [use_cases.poll_initialised, *(task for side in sides for task in side)]
        outcomes = [self._task(task) for task in tasks]
        if all(outcomes):
            self._history.success = _airflow_run(self._end)

    def _task(self, use_case: Task) -> bool:
        succeeded = self._tried(lambda: self.outcomes.update(use_case(self._of_run())))
        self.runs[f"{use_case.__name__} {'succeeded' if succeeded else 'failed'}"] += 1
        return succeeded

    def _tried(self, work: Callable[[], object]) -> bool:
        """Do something, with the retries that Airflow or Lambda give it."""
        for _ in range(_TRIES):
            with suppress(AwsError, Killed):
                work()
                return True
        return False

    def _another_run(self) -> None:
        """Do what a run does that overlaps this one."""
        if self._in_between:
            return
        self._in_between = True
        try:
            for use_case in (use_cases.poll_in_progress, use_cases.check_recordings, use_cases.purge_ivr):
                with suppress(AwsError, Killed):
                    self.outcomes.update(use_case(self._of_run()))
        finally:
            self._in_between = False

    def _of_run(self) -> RunContext:
        assert self.weather.now
        few = Random(f"{self.seed} {self._end}").random() < 0.2  # then searches must help
        return RunContext(
            settings=replace(SETTINGS, describe_contact_rps=0.1) if few else SETTINGS,
            scope=Scope(window=Window(self._end - WINDOW, self._end), history=self._history),
            now=self.weather.now,
            connect=self._connect,
            bucket=self._bucket,
            contacts=self.table,
            flow_log=self.log,
            alert_topic=self.topic,
            metrics=self.metrics,
            seconds_left=lambda: 75,
        )

    def _is_within(self, shares: tuple[float, float], number: int) -> bool:
        return not self.is_fair and shares[0] <= number / self.windows < shares[1]

    def _check_verdicts(self, now: datetime) -> None:
        for id_, item in self.table.items.items():
            if "RecordedState" in item and id_ not in self._judged:
                self._judged.add(id_)
                call = self._calls[id_]
                ahead = timedelta()
                if "DescribedAt" not in item and call.work_ended and call.disconnected:
                    # A search tells nothing of after-contact work, and there was no time to ask.
                    ahead = call.work_ended - call.disconnected
                if differences := self._truth(call, now + ahead).differences(item):
                    self.wrong_on_the_way[id_] = differences

    def _expire(self, now: datetime) -> None:
        if self.policy:  # an hour may be taken again, and would find nobody
            return
        until = format_time(now - KEPT)
        for id_, item in list(self.table.items.items()):
            if "NextCheckAt" not in item and item["InitialisedAt"] < until:
                self._expired[id_] = self.table.items.pop(id_)

    def _truth(self, call: SimulatedCall, moment: datetime) -> Truth:
        return call.truth(moment, SETTINGS.failure_after, SETTINGS.longest_call, self._watch)

    def _run_hourly(self) -> None:
        """Take the hour before and enter what nobody watches, as the hourly DAG does."""
        parts = FakeParts()
        summaries: list[dict[str, Any]] = []

        def work() -> None:
            summaries.append(use_cases.take_population(self._of_hour(parts)))
            summaries.append(use_cases.enter_unwatched(self._of_hour(parts)))

        if self._tried(work):
            *_, taken, entered = summaries
            self.hours |= entered["hours"]
            self.proofs |= {proof["hour"]: proof["status"] for proof in taken["proofs"]}

    def _of_hour(self, parts: FakeParts) -> HourContext:
        assert self.weather.now
        hour = self._end.replace(minute=0) - timedelta(hours=1)
        return HourContext(
            settings=SETTINGS,
            policy=Policy(Default(str(self.policy))),
            hour=Window(hour, hour + timedelta(hours=1)),
            now=self.weather.now,
            seconds_left=lambda: 2880,
            connect=Population(centre=self.centre, weather=self.weather, indexing=self.indexing),
            contacts=self.table,
            flow_log=self.log,
            alert_topic=self.topic,
            metrics=self.metrics,
            parts=parts,
            counted_hours=self._counted_hours,
            sender=SENDER,
        )

    def _sample(self) -> Sample:
        for remembered in (self.table.writes, self.table.batches, self.table.transactions):
            remembered.clear()
        gc.collect()
        items = self.table.items.values()
        return Sample(
            process(), sum("NextCheckAt" in item and "ClosedReason" not in item for item in items), len(items)
        )


def _airflow_run(end: datetime) -> AirflowRun:
    interval = {"data_interval_start": end, "data_interval_end": end, "logical_date": end, "run_after": end}
    return SimpleNamespace(run_type="scheduled", conf={}, **interval)
