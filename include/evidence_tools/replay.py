"""`make replay-evidence`: compute a revision again from its kept inputs, and compare every byte.

The exit code is 0 when every file comes out the same, 1 when one does not, and 2 when we could not look.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from audio_leakage.errors import AudioLeakageError
from audio_leakage.evidence.manifest import MANIFEST, read_manifest
from audio_leakage.evidence.population_rows import decider_of, kept_policy
from audio_leakage.evidence.ports import EvidenceStore
from audio_leakage.evidence.revision import FACTS, POLICY, replay
from audio_leakage.evidence.stored import day_at
from evidence_tools.source import source_of


def differences(revision: EvidenceStore) -> list[str]:
    """Return the files of a revision that do not come out the same.

    :param revision: the folder of one revision.
    :raises MissingError: when one of its files is not there.
    :raises BrokenEvidence: when one cannot be read.
    :raises ValueError: when the manifest cannot be read.
    """
    files, _ = read_manifest(revision.read(MANIFEST))
    day = day_at(revision, FACTS)
    _, policy = kept_policy(revision, POLICY)
    again = replay(revision.read, day, decider_of(policy))
    return [name for name, digest in again.items() if files[name]["content_sha256"] != digest]


def main(arguments: Sequence[str]) -> int:
    """Print what was found and return the exit code."""
    parser = ArgumentParser(prog="make replay-evidence", description=__doc__)
    parser.add_argument("source", metavar="FROM", help="a folder 'revision=<number>', here or as s3://…")
    given = parser.parse_args(arguments)
    try:
        differ = differences(source_of(given.source))
    except (AudioLeakageError, KeyError, OSError, TypeError, ValueError) as error:
        print(f"not replayed: {error}", file=sys.stderr)  # noqa: T201  # its purpose
        return 2
    print("\n".join(f"DIFFERENT: {name}" for name in differ) or "every file comes out the same")  # noqa: T201  # its purpose
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
