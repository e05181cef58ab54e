"""The manifest of a revision: what it says of each file, and what is no manifest."""

import json
from typing import Any

import pytest

from audio_leakage.evidence.files import canonical, document, json_lines, sha256
from audio_leakage.evidence.manifest import manifest, read_manifest

POLICY = document("policy.json", {"policy": None})
ROWS = json_lines("contacts.jsonl.gz", [{"contact_id": "1"}, {"contact_id": "2"}])


def written(**changes: Any) -> bytes:
    statement = json.loads(manifest([POLICY, ROWS], {"day": "2026-11-23"}).stored)
    return canonical(statement | changes)


def test_a_manifest_counts_the_rows_of_files_that_have_rows_only() -> None:
    of_rows, of_policy = json.loads(written())["subject"]
    assert (of_rows["name"], of_rows["annotations"]["rows"]) == ("contacts.jsonl.gz", 2)
    assert of_policy["annotations"] == {"content_sha256": sha256(POLICY.stored)}


def test_a_manifest_comes_back_with_its_digests_and_its_predicate() -> None:
    files, predicate = read_manifest(written())
    assert set(files) == {"contacts.jsonl.gz", "policy.json"}
    assert files["policy.json"] == {"sha256": POLICY.sha256, "content_sha256": POLICY.content_sha256}
    assert predicate == {"day": "2026-11-23"}


@pytest.mark.parametrize(
    "changes", [{"predicateType": "https://slsa.dev/provenance/v1"}, {"predicate": ["2026-11-23"]}]
)
def test_a_manifest_of_another_product_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no manifest of this product"):
        read_manifest(written(**changes))


@pytest.mark.parametrize("stored", [b"", b"[]", b"{}", b'{"subject": [{}]}', b'{"subject": []}'])
def test_what_is_no_manifest_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match="it is no manifest"):
        read_manifest(stored)
