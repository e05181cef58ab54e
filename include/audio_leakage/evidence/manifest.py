"""The manifest of a revision: what its files hash to, and how they came about.

It has the shape of an in-toto Statement v1, so that tools for attestations can read it. The signature is not
in it but in the link that names it.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from audio_leakage.evidence.files import EvidenceFile, Json, document

MANIFEST = "manifest.json"
_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:audio-leakage:evidence:v1"


def manifest(files: Iterable[EvidenceFile], predicate: Json) -> EvidenceFile:
    """Return the manifest over the files of a revision.

    ``digest.sha256`` is that of the stored bytes, which ``sha256sum`` gives. ``annotations.content_sha256``
    is that of the uncompressed bytes, which every machine gives that computes the day again.

    :param predicate: how the files came about; docs/evidence.md explains each member.
    """
    subject = [
        {
            "annotations": {"content_sha256": each.content_sha256}
            | ({} if each.rows is None else {"rows": each.rows}),
            "digest": {"sha256": each.sha256},
            "name": each.name,
        }
        for each in sorted(files, key=lambda file: file.name)
    ]
    return document(
        MANIFEST, {"_type": _TYPE, "predicate": predicate, "predicateType": PREDICATE, "subject": subject}
    )


def read_manifest(stored: bytes) -> tuple[Mapping[str, Mapping[str, str]], Mapping[str, Any]]:
    """Return the digests by file, and the predicate.

    :raises ValueError: when it is no manifest of ours.
    """
    try:
        statement = json.loads(stored)
        files = {
            subject["name"]: {
                "content_sha256": subject["annotations"]["content_sha256"],
                "sha256": subject["digest"]["sha256"],
            }
            for subject in statement["subject"]
        }
        predicate = statement["predicate"]
    except (KeyError, RecursionError, TypeError, ValueError):
        raise ValueError("it is no manifest") from None
    if statement.get("predicateType") != PREDICATE or not isinstance(predicate, Mapping):
        raise ValueError("it is no manifest of this product")
    return files, predicate
