"""`make audit-flows FROM=<folder>`: say of each entry whether its calls will be recorded.

    python -m flow_auditor FOLDER [--pictures FOLDER]

It reads files alone and asks AWS nothing. The exit code is 1 if calls of an entry may go unrecorded.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from audio_leakage.flow_audit.audit import AuditedEntry, audit
from audio_leakage.flow_audit.picture import picture_of
from audio_leakage.flow_audit.results import AuditResult
from audio_leakage.flow_audit.words import entry_in_words, in_words
from flow_auditor.folder import NoFlows, read_folder

#: The results that need nobody's attention.
_GOOD = (AuditResult.ALWAYS, AuditResult.NO_AGENT)


def main(arguments: list[str] | None = None) -> int:
    """Print the entries of a folder with their results; return the exit code.

    :param arguments: of the command; None takes those of the process.
    :return: 0 if nothing leaks, 1 if something may, 2 if there is nothing to read.
    """
    parser = argparse.ArgumentParser(prog="make audit-flows", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="exported flows, one JSON file each")
    parser.add_argument("--pictures", type=Path, help="write a picture of each way into this folder")
    options = parser.parse_args(arguments)
    try:
        flows, numbers = read_folder(options.folder)
    except NoFlows as error:
        print(error, file=sys.stderr)  # noqa: T201  # a person reads it
        return 2
    entries = audit(flows, numbers)
    print("\n".join(_report(entries)))  # noqa: T201  # a person reads it
    if options.pictures:
        _draw(entries, options.pictures)
    return int(any(audited.result not in _GOOD for audited in entries))


def _report(entries: Iterable[AuditedEntry]) -> Iterable[str]:
    in_order = sorted(entries, key=lambda audited: list(AuditResult).index(audited.result))
    for audited in in_order:
        if audited.result not in _GOOD:
            yield f"{audited.result}  {entry_in_words(audited)}"
            yield from (f"    {sentence}" for sentence in in_words(audited))
    for audited in in_order:
        if audited.result in _GOOD:
            yield f"{audited.result}  {entry_in_words(audited)}"
    counts = Counter(audited.result for audited in in_order)
    yield ", ".join(f"{counts[result]} {result}" for result in AuditResult if counts[result])


def _draw(entries: Iterable[AuditedEntry], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, audited in enumerate(entries, start=1):
        (folder / f"{number:03}-{audited.result}.svg").write_text(picture_of(audited), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
