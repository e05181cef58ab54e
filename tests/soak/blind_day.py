"""A day on which the flow log tells of few calls, or of none: ``python -m soak.blind_day``."""

import argparse
import logging
import sys
from collections import Counter
from datetime import timedelta

from local_aws.connect.delays import Delay
from local_aws.contact_centre.centre import BLIND_WEIGHTS, WEIGHTS
from soak.day import SETTINGS, Day

#: One contact in fifty shows up in a search three hours late.
LATE_INDEX = Delay(usual=timedelta(minutes=2), late=timedelta(hours=3), late_share=0.02)
#: Windows after the last call. A callback is dialled after midnight, its hour is counted again six hours after it is
#: over, and what that shows is judged.
_AFTERMATH = 180
#: Minutes up to which the plot shows each leak.
_QUICK = 100


def blind_day(number_of_calls: int, windows: int, policy: str, *, withholds_log: bool, seed: int = 1) -> Day:
    """Play a day with every kind of call, and give it when it is over.

    :param number_of_calls: a call of several legs counts once.
    :param windows: of five minutes, in which calls come.
    :param policy: ``must`` or ``as_flow``.
    :param withholds_log: whether no flow logs anything.
    """
    day = Day(
        seed=seed,
        windows=windows,
        number_of_calls=number_of_calls,
        is_fair=True,
        aftermath=_AFTERMATH,
        policy=policy,
        weights={**WEIGHTS, **BLIND_WEIGHTS},
        withholds_log=withholds_log,
        indexing=LATE_INDEX,
    )
    for _ in day.play():
        pass
    return day


def classes_of(day: Day) -> Counter[str]:
    """Return the contacts of all hours by class."""
    classes: Counter[str] = Counter()
    for figures in day.hours.values():
        names = ("watched", "entered_by_policy", "entered_by_call", "unexplained", "excluded")
        classes.update({name: figures[name] for name in names})
    return classes


def minutes_to_alert(day: Day) -> list[float]:
    """Return how long after its end each blind leak was told, in minutes, the shortest first."""
    blind = {id_: item for id_, item in day.told().items() if item.get("ExpectedBy")}
    ends = {call.contact_id: call.ended for call in day.centre.calls}
    return sorted(
        (day.told_at[id_] - end) / timedelta(minutes=1)
        for id_ in blind
        if id_ in day.told_at and (end := ends[id_]) is not None
    )


def verdicts(day: Day) -> dict[str, str]:
    """Return the verdict on each call that has one."""
    told = ((id_, item.get("RecordedState")) for id_, item in day.told().items())
    return {id_: verdict for id_, verdict in told if verdict}


def _compared(day: Day, with_log: Day) -> list[str]:
    """Tell how the verdicts of a day without a flow log compare with those of the same day with one."""
    without, known = verdicts(day), verdicts(with_log)
    same = sum(without.get(id_) == verdict for id_, verdict in known.items())
    items = with_log.told()
    more = Counter(
        str(items.get(id_, {}).get("ClosedReason", "not judged")) for id_ in without.keys() - known.keys()
    )
    return [
        f"verdicts with the flow log {len(known)}, {same} of them the same without it",
        f"verdicts without the flow log alone {more.total()}, what the log says of them: {dict(more)}",
    ]


def _plot(minutes: list[float], path: str) -> None:
    """Draw the leaks by the minute in which they were told. Those of hours that were taken again are only counted."""
    from matplotlib.figure import Figure  # only make bench and make soak install it

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axis = figure.subplots()
    quick = [each for each in minutes if each < _QUICK]
    axis.hist(quick, bins=range(50, _QUICK + 1), color="#3b6ea5")
    axis.axvline(
        SETTINGS.failure_after_minutes, color="#c0392b", linestyle="--", label="failure_after_minutes"
    )
    late = minutes[len(quick) :]
    if late:
        told = f"{len(late)} more after {late[0] / 60:.1f} to {late[-1] / 60:.1f} hours:\nthe search showed them late"
        axis.annotate(told, (0.98, 0.55), xycoords="axes fraction", ha="right")
    axis.set(
        xlabel="minutes from the end of a blind leak to its alert",
        ylabel="leaks",
        title=f"{len(minutes)} leaks that no flow told of",
        xlim=(50, _QUICK),
    )
    axis.grid(alpha=0.25)
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Play one day and tell how it ended."""
    parser = argparse.ArgumentParser(prog="soak.blind_day")
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--windows", type=int, default=288)
    parser.add_argument("--policy", choices=["must", "as_flow"], default="must")
    parser.add_argument(
        "--withhold-log",
        action="store_true",
        help="no flow logs anything; compare with the same day with a flow log",
    )
    parser.add_argument("--plot", help="write the distribution of the time to the alert into this file")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    day = blind_day(asked.calls, asked.windows, asked.policy, withholds_log=asked.withhold_log)
    minutes = minutes_to_alert(day)
    lines = [
        f"{asked.calls} calls, policy {asked.policy}, flow log {'withheld' if asked.withhold_log else 'there'}",
        f"population {sum(each['population'] for each in day.hours.values())} = {dict(classes_of(day))}",
        f"lost {len(day.lost)}, wrong {len(day.wrong)}, leaks {len(day.leaks)}, never told {len(day.never_alerted)}",
        f"proofs {dict(Counter(day.proofs.values()))}",
    ]
    if minutes:
        middle, late = minutes[len(minutes) // 2], minutes[len(minutes) * 95 // 100]
        lines.append(
            f"blind leaks {len(minutes)}, minutes to the alert: {minutes[0]:.0f} to {minutes[-1]:.0f}, "
            f"median {middle:.0f}, 95 % within {late:.0f}"
        )
    if asked.plot:
        _plot(minutes, asked.plot)
    if asked.withhold_log:
        lines += _compared(day, blind_day(asked.calls, asked.windows, asked.policy, withholds_log=False))
    sys.stdout.write("\n".join([*lines, *day.explained[:20], ""]))


if __name__ == "__main__":
    main()
