"""The tamper matrix: what somebody may do to evidence, and what the verifier says to it."""

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from audio_leakage.evidence.acknowledgement import Acknowledgement
from audio_leakage.evidence.chain import Link, link_name
from audio_leakage.evidence.files import canonical, sha256
from audio_leakage.evidence.signature import pem_of
from audio_leakage.use_cases.acknowledging import write_acknowledgement
from audio_leakage.use_cases.evidence_chain import Chain
from support.evidence import (
    KEY_ARN,
    NOW,
    MemoryStore,
    Signer,
    append,
    evidence,
    inputs,
    item,
    leg,
    public_der,
    recording,
)

REVISION = "day=2026-11-23/revision=001/"
CONTACTS, MANIFEST = f"{REVISION}contacts.jsonl.gz", f"{REVISION}manifest.json"


def whole() -> MemoryStore:
    """Return three links: a day, its correction and the day after."""
    store = MemoryStore()
    chain = Chain(store, Signer(), KEY_ARN)
    append(chain, evidence(inputs([leg(1), leg(2)], [item(1), item(2)], [recording(1)])))
    append(chain, evidence())
    append(chain, evidence(day="2026-11-24"))
    return store


def link(store: MemoryStore, number: int) -> Link:
    return Link.from_bytes(store.objects[link_name(number)])


def flip_a_byte(store: MemoryStore) -> None:
    content = bytearray(store.objects[CONTACTS])
    content[len(content) // 2] ^= 1
    store.objects[CONTACTS] = bytes(content)


def drop_a_row_and_hash_again(store: MemoryStore) -> None:
    old = store.objects[CONTACTS]
    rows = gzip.decompress(old).splitlines(keepends=True)[1:]
    new = gzip.compress(b"".join(rows), mtime=0)
    store.objects[CONTACTS] = new
    text = store.objects[MANIFEST].replace(sha256(old).encode(), sha256(new).encode())
    store.objects[MANIFEST] = text.replace(
        sha256(gzip.decompress(old)).encode(), sha256(gzip.decompress(new)).encode()
    )


def drop_a_row_up_to_the_link(store: MemoryStore) -> None:
    drop_a_row_and_hash_again(store)
    forged = replace(link(store, 1), manifest_sha256=sha256(store.objects[MANIFEST]))
    store.objects[link_name(1)] = forged.to_bytes()


def swap_two_revisions(store: MemoryStore) -> None:
    other = "day=2026-11-23/revision=002/"
    for key in list(store.objects):
        if key.startswith(REVISION):
            twin = key.replace(REVISION, other)
            store.objects[key], store.objects[twin] = store.objects[twin], store.objects[key]


def swap_two_links(store: MemoryStore) -> None:
    one, two = link_name(1), link_name(2)
    store.objects[one], store.objects[two] = store.objects[two], store.objects[one]


def delete_a_link(store: MemoryStore) -> None:
    del store.objects[link_name(2)]


def delete_a_link_and_close_the_gap(store: MemoryStore) -> None:
    store.objects[link_name(2)] = store.objects.pop(link_name(3))


def delete_the_key_file(store: MemoryStore) -> None:
    del store.objects[f"keys/{link(store, 1).public_key_sha256}.pem"]


def delete_a_file(store: MemoryStore) -> None:
    del store.objects[CONTACTS]


def add_a_file(store: MemoryStore) -> None:
    store.objects[f"{REVISION}notes.txt"] = b"all was well"


def sign_with_a_foreign_key(store: MemoryStore) -> None:
    pem = pem_of(public_der("theirs"))
    store.objects[f"keys/{sha256(pem)}.pem"] = pem
    forged = replace(link(store, 3), public_key_sha256=sha256(pem))
    store.objects[link_name(3)] = signed(forged, "theirs").to_bytes()


def swap_the_key_file(store: MemoryStore) -> None:
    store.objects[f"keys/{link(store, 1).public_key_sha256}.pem"] = pem_of(public_der("theirs"))


def put_an_old_signature_on_a_new_manifest(store: MemoryStore) -> None:
    key = link(store, 3).manifest_path
    store.objects[key] = store.objects[key].replace(b'"status":"COMPLETE"', b'"status":"COMPLETED"')
    forged = replace(link(store, 3), manifest_sha256=sha256(store.objects[key]))
    store.objects[link_name(3)] = forged.to_bytes()


def edit_the_policy(store: MemoryStore) -> None:
    store.objects[f"{REVISION}policy.json"] = canonical({"policy": {"default": "as_flow"}})


def take_the_signature_away(store: MemoryStore) -> None:
    bare = replace(link(store, 3), algorithm="none", key_arn="", public_key_sha256="", signature="")
    store.objects[link_name(3)] = bare.to_bytes()


def garble_a_link(store: MemoryStore) -> None:
    store.objects[link_name(2)] = b"{}\n"


def say_something_else_beside_the_signed_text(store: MemoryStore) -> None:
    content = json.loads(store.objects[link_name(2)]) | {"day": "2026-11-30"}
    store.objects[link_name(2)] = canonical(content)


def acknowledgement_of(revision: Link) -> Acknowledgement:
    """Return an acknowledgement of a revision, by its link."""
    return Acknowledgement(
        id="1",
        instance=revision.instance,
        day=revision.day,
        revision=revision.revision,
        manifest_sha256=revision.manifest_sha256,
        cause="FALSE_POSITIVE",
        ticket="CHG-1",
        valid_until=None,
        acknowledged_at="2026-11-25T08:00:00.000Z",
        acknowledged_by=None,
        run_id="manual__1",
        contacts=(),
    )


def acknowledge_in_another_name(store: MemoryStore) -> None:
    """Append a rightly signed link whose acknowledgement is about a revision that nobody wrote."""
    written = acknowledgement_of(replace(link(store, 3), manifest_sha256="0" * 64))
    write_acknowledgement(Chain(store, Signer(), KEY_ARN), written, NOW)


def signed(unsigned: Link, name: str) -> Link:
    return replace(
        unsigned, signature=base64.b64encode(Signer(name).sign(KEY_ARN, unsigned.signed_text)).decode()
    )


def sign_anew(store: MemoryStore, number: int, **members: Any) -> None:
    """Change members of a link, and sign it and every link after it: what only who has the key can do."""
    before = link(store, number - 1) if number > 1 else None
    changed = members
    while link_name(number) in store.objects:
        before = signed(replace(link(store, number).following(before), **changed), "ours")
        store.objects[link_name(number)] = before.to_bytes()
        number, changed = number + 1, {}


TAMPERED: list[tuple[Callable[[MemoryStore], None], str, str]] = [
    (flip_a_byte, "contacts.jsonl.gz is not what its manifest says", "day 2026-11-23, revision 1"),
    (drop_a_row_and_hash_again, "manifest.json is not what link 1 says", "day 2026-11-23, revision 1"),
    (drop_a_row_up_to_the_link, "the signature of link 1 is not valid", "all links after it"),
    (swap_two_revisions, "manifest.json is not what link 1 says", "day 2026-11-23, revision 1"),
    (swap_two_links, "link 1 says that it is link 2", "links 1 to 3"),
    (delete_a_link, "link 2 is missing", "links 2 to 3"),
    (delete_a_link_and_close_the_gap, "link 2 says that it is link 3", "links 2 to 2"),
    (delete_the_key_file, ".pem is missing", "all links after it"),
    (delete_a_file, "contacts.jsonl.gz is missing", "day 2026-11-23, revision 1"),
    (add_a_file, "notes.txt is in no manifest", "day 2026-11-23, revision 1"),
    (sign_with_a_foreign_key, "link 3 is signed by another key", "day 2026-11-24"),
    (swap_the_key_file, "link 1 is signed by another key", "all links after it"),
    (put_an_old_signature_on_a_new_manifest, "the signature of link 3 is not valid", "day 2026-11-24"),
    (edit_the_policy, "policy.json is not what its manifest says", "day 2026-11-23, revision 1"),
    (take_the_signature_away, "link 3 is not signed", "day 2026-11-24"),
    (acknowledge_in_another_name, "acknowledges what is in no link before it", "day 2026-11-24"),
    (garble_a_link, "link 2 cannot be read", "links 2 to 3"),
    (say_something_else_beside_the_signed_text, "link 2 cannot be read", "links 2 to 3"),
]
