"""A day on which the flow log tells of few calls, or of none: ``python -m soak.blind_day``."""

import argparse
import logging
import sys
from collections import Counter
from datetime import timedelta

from local_aws.connect.delays import Delay
from local_aws.contact_centre.centre import BLIND_WEIGHTS, WEIGHTS
from soak.day import Day

#: One contact in fifty shows up in a search three hours late.
LATE_INDEX = Delay(usual=timedelta(minutes=2), late=timedelta(hours=3), late_share=0.02)
#: Windows after the last call, in which the last hour is counted again.
_AFTERMATH = 150


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


def _plot(minutes: list[float], path: str) -> None:
    from matplotlib.figure import Figure  # only make bench and make soak install it

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.hist([min(each, 180) for each in minutes], bins=60, range=(0, 180), color="#3b6ea5")
    axes.set(
        xlabel="minutes from the end of a blind leak to its alert (180: or more, shown late by the search)",
        ylabel="leaks",
        title=f"{len(minutes)} leaks that no flow told of",
    )
    figure.savefig(path, dpi=110)


def main() -> None:
    """Play one day and tell how it ended."""
    parser = argparse.ArgumentParser(prog="soak.blind_day")
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--windows", type=int, default=288)
    parser.add_argument("--policy", choices=["must", "as_flow"], default="must")
    parser.add_argument("--withhold-log", action="store_true")
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
    sys.stdout.write("\n".join([*lines, *day.explained[:20], ""]))


if __name__ == "__main__":
    main()
