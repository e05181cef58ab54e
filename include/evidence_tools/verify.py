"""`make verify-evidence`: verify all evidence of an instance, and name the first broken thing.

The exit code is 0 when all is whole, 1 when something is broken or missing, and 2 when we could not look.
"""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path

from audio_leakage.errors import AudioLeakageError, BrokenEvidence
from audio_leakage.evidence.verify import verify
from evidence_tools.source import source_of


def main(arguments: Sequence[str]) -> int:
    """Print what was found and return the exit code."""
    parser = ArgumentParser(prog="make verify-evidence", description=__doc__)
    parser.add_argument("source", metavar="FROM", help="the folder 'instance=<uuid>', or s3://bucket/folder")
    parser.add_argument("--key", type=Path, help="the public key that you trust, a PEM file")
    parser.add_argument("--head", type=_head, help="a link that a mail told, as '<number>:<SHA-256>'")
    given = parser.parse_args(arguments)
    try:
        source = source_of(given.source)
        verified = verify(source, public_key=given.key.read_bytes() if given.key else None, head=given.head)
        source.check_lock()
    except BrokenEvidence as broken:
        print(f"BROKEN: {broken.what}\naffected: {broken.affects}")  # noqa: T201  # its purpose
        return 1
    except (AudioLeakageError, OSError) as error:
        print(f"not verified: {error}", file=sys.stderr)  # noqa: T201  # its purpose
        return 2
    print("\n".join(verified.lines()))  # noqa: T201  # its purpose
    return 0 if verified.links else 1


def _head(text: str) -> tuple[int, str]:
    number, _, digest = text.partition(":")
    if not (number.isdecimal() and len(digest) == 64):
        raise ArgumentTypeError("allowed is '<number>:<SHA-256>'")
    return int(number), digest.lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
