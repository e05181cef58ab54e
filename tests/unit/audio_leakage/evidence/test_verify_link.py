"""What a link is about: forged by somebody who has the key, so that each link is rightly signed."""

import gzip
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from audio_leakage.errors import BrokenEvidence
from audio_leakage.evidence.chain import link_name
from audio_leakage.evidence.files import canonical, sha256
from audio_leakage.evidence.verify import verify
from audio_leakage.use_cases.acknowledging import write_acknowledgement
from audio_leakage.use_cases.evidence_chain import Chain
from support.evidence import DAY, INSTANCE, KEY_ARN, NOW, MemoryStore, Signer
from support.tampering import CONTACTS, MANIFEST, acknowledgement_of, link, sign_anew, whole

CORRECTION = "day=2026-11-23/revision=002/manifest.json"


def acknowledged() -> MemoryStore:
    """Return the three links, and a fourth one that acknowledges the first revision."""
    store = whole()
    write_acknowledgement(Chain(store, Signer(), KEY_ARN), acknowledgement_of(link(store, 1)), NOW)
    return store


def put(store: MemoryStore, number: int, stored: bytes) -> None:
    """Replace what a link is about, and sign from there on."""
    store.objects[link(store, number).manifest_path] = stored
    sign_anew(store, number, manifest_sha256=sha256(stored))


def put_file(store: MemoryStore, stored: bytes, content: bytes) -> None:
    """Replace the contacts of the first revision, up to the link."""
    store.objects[CONTACTS] = stored
    statement = json.loads(store.objects[MANIFEST])
    (subject,) = (each for each in statement["subject"] if each["name"] == "contacts.jsonl.gz")
    subject["digest"]["sha256"] = sha256(stored)
    subject["annotations"]["content_sha256"] = sha256(content)
    put(store, 1, canonical(statement))


def predicate(store: MemoryStore, number: int, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the predicate of a manifest, and sign from there on."""
    statement = json.loads(store.objects[link(store, number).manifest_path])
    change(statement["predicate"])
    put(store, number, canonical(statement))


def broken(store: MemoryStore) -> tuple[str, str]:
    """Return what the verifier names, and what it says is affected."""
    with pytest.raises(BrokenEvidence) as found:
        verify(store)
    return found.value.what, found.value.affects


def test_an_acknowledgement_of_a_revision_is_whole() -> None:
    verified = verify(acknowledged())
    assert list(verified.lines())[4] == f"day {DAY}: acknowledgement of revision 1, whole"
    assert verified.files[f"acknowledgements/day={DAY}/1.json"] == 1


@pytest.mark.parametrize("stored", [b"", b"{}\n", b"[]\n", b"\xff", b'{"subject":[{"digest":{}}]}'])
def test_a_manifest_that_is_none_is_named(stored: bytes) -> None:
    store = whole()
    put(store, 2, stored)
    assert broken(store) == (
        f"{CORRECTION} cannot be read: it is no manifest",
        "day 2026-11-23, revision 2",
    )


def test_a_manifest_without_the_digest_of_a_file_is_named() -> None:
    store = whole()
    statement = json.loads(store.objects[CORRECTION])
    statement["subject"][0]["digest"] = {"sha512": "0"}
    put(store, 2, canonical(statement))
    assert broken(store)[0] == f"{CORRECTION} cannot be read: it is no manifest"


@pytest.mark.parametrize("stored", [b"", b"{}\n", b"[]\n", b"\xff"])
def test_an_acknowledgement_that_is_none_is_named(stored: bytes) -> None:
    store = acknowledged()
    put(store, 4, stored)
    assert broken(store) == (
        f"acknowledgements/day={DAY}/1.json cannot be read: it is no acknowledgement",
        f"day {DAY}, what was acknowledged of revision 1",
    )


@pytest.mark.parametrize(
    "told",
    [{"instance": "another"}, {"day": "2026-11-24"}, {"revision": 2}, {"kind": "final"}, {"kind": None}],
)
def test_a_manifest_about_something_else_is_named(told: Mapping[str, Any]) -> None:
    store = whole()
    predicate(store, 1, lambda found: found.update(told))
    assert broken(store) == (
        f"{MANIFEST} is about something else than link 1",
        "day 2026-11-23, revision 1",
    )


@pytest.mark.parametrize("told", [{"instance": "another"}, {"day": "2026-11-24"}, {"revision": 2}])
def test_an_acknowledgement_about_something_else_is_named(told: dict[str, Any]) -> None:
    store = acknowledged()
    path = link(store, 4).manifest_path
    put(store, 4, canonical(json.loads(store.objects[path]) | told))
    assert broken(store)[0] == f"{path} is about something else than link 4"


def test_another_object_than_the_link_names_is_no_acknowledgement() -> None:
    store = acknowledged()
    path = link(store, 4).manifest_path
    store.objects[path] = store.objects[path].replace(b"FALSE_POSITIVE", b"UPLOAD_FAILED")
    assert broken(store)[0] == f"{path} is not what link 4 says"


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (2, lambda found: found.update(supersedes=None)),
        (2, lambda found: found.pop("supersedes")),
        (2, lambda found: found.update(supersedes="revision 1")),
        (2, lambda found: found["supersedes"].update(revision=2)),
        (2, lambda found: found["supersedes"].update(manifest_sha256="0" * 64)),
        (1, lambda found: found.update(supersedes={"manifest_sha256": "0" * 64, "revision": 0})),
        (3, lambda found: found.update(supersedes={"manifest_sha256": "0" * 64, "revision": 1})),
    ],
)
def test_a_revision_must_correct_the_one_before_it(
    number: int, change: Callable[[dict[str, Any]], object]
) -> None:
    store = whole()
    predicate(store, number, change)
    revision = link(store, number)
    assert broken(store) == (
        f"{revision.manifest_path} does not correct the revision before it",
        f"every revision of day {revision.day}",
    )


def test_a_revision_corrects_past_an_acknowledgement() -> None:
    store = whole()
    links = [store.objects.pop(link_name(number)) for number in (2, 3)]
    write_acknowledgement(Chain(store, Signer(), KEY_ARN), acknowledgement_of(link(store, 1)), NOW)
    store.objects |= {link_name(number): stored for number, stored in enumerate(links, start=3)}
    sign_anew(store, 2)
    assert [each.revision for each in verify(store).links] == [1, 1, 2, 1]


def test_a_later_revision_may_not_be_acknowledged_before_it_is_written() -> None:
    store = whole()
    last = store.objects.pop(link_name(3))
    forged = acknowledgement_of(link(whole(), 3))
    write_acknowledgement(Chain(store, Signer(), KEY_ARN), forged, NOW)
    store.objects[link_name(4)] = last
    sign_anew(store, 3)
    assert broken(store)[0] == f"{forged.path} acknowledges what is in no link before it"


@pytest.mark.parametrize(
    "stored",
    [
        b"no gzip",
        gzip.compress(b"{}")[:-9],
        gzip.compress(b"{}")[:-8] + b"\0" * 8,
        gzip.compress(b"{}")[:10] + b"\xff" * 20,
    ],
    ids=["another format", "cut off", "another checksum", "garbled"],
)
def test_a_file_that_cannot_be_uncompressed_is_named(stored: bytes) -> None:
    store = whole()
    put_file(store, stored, b"")
    what, affects = broken(store)
    assert what.startswith(f"{CONTACTS} is not a whole gzip file: ")
    assert affects == "day 2026-11-23, revision 1"


def test_a_content_that_the_manifest_does_not_name_is_found() -> None:
    store = whole()
    put_file(store, gzip.compress(b"{}\n"), b"[]\n")
    assert broken(store) == (
        f"the content of {CONTACTS} is not what its manifest says",
        "day 2026-11-23, revision 1",
    )


def test_a_folder_may_hold_what_its_manifest_names_and_nothing_else() -> None:
    store = whole()
    store.objects["day=2026-11-23/revision=0011/notes.txt"] = b"of another folder"
    assert len(verify(store).links) == 3
    for name in ("z.txt", "inputs/manifest.json"):
        store.objects[f"day=2026-11-23/revision=001/{name}"] = b"{}"
    assert broken(store)[0] == "day=2026-11-23/revision=001/inputs/manifest.json is in no manifest"


def test_the_instance_of_a_link_is_that_of_its_manifest() -> None:
    store = whole()
    assert link(store, 1).instance == INSTANCE
    for number in (1, 2, 3):
        sign_anew(store, number, instance="another")
    assert broken(store)[0] == f"{MANIFEST} is about something else than link 1"
