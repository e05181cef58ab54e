"""A link and its text."""

from dataclasses import replace

import pytest

from audio_leakage.evidence.chain import Link, sequence_of

LINK = Link(
    instance="11111111-2222-3333-4444-555555555555",
    day="2026-11-23",
    revision=1,
    kind="first",
    written_at="2026-11-24T06:40:00.000Z",
    manifest_path="day=2026-11-23/revision=001/manifest.json",
    manifest_sha256="0" * 64,
)


def test_a_link_comes_back_as_it_was_written() -> None:
    assert Link.from_bytes(LINK.to_bytes()) == LINK


def test_the_signed_text_stays_as_it_is() -> None:
    assert LINK.signed_text.decode().splitlines() == [
        "audio-leakage-evidence/v1",
        "sequence: 1",
        "instance: 11111111-2222-3333-4444-555555555555",
        "day: 2026-11-23",
        "revision: 1",
        "kind: first",
        "written_at: 2026-11-24T06:40:00.000Z",
        "manifest_path: day=2026-11-23/revision=001/manifest.json",
        f"manifest_sha256: {'0' * 64}",
        "previous_sha256: ",
        "previous_signature: ",
        "algorithm: none",
        "key_arn: ",
        "public_key_sha256: ",
    ]


def test_a_link_names_the_one_before() -> None:
    first = replace(LINK, signature="c2ln")
    second = LINK.following(first)
    assert (second.sequence, second.previous_sha256, second.previous_signature) == (2, first.sha256, "c2ln")
    assert LINK.following(None) == LINK


def test_the_signed_text_fits_into_one_request_to_kms() -> None:
    arn = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/" + "0" * 36
    long = replace(LINK, key_arn=arn, public_key_sha256="0" * 64, previous_signature="x" * 684)
    assert len(long.signed_text) < 2048


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"[]",
        b"{}\n",
        b'{"signature":"","signed":"hello\\n"}\n',
        LINK.to_bytes()[:-1],
        b" " + LINK.to_bytes(),
    ],
)
def test_whatever_is_no_link_is_refused(stored: bytes) -> None:
    with pytest.raises(ValueError, match=r"it is no link|its version|its text"):
        Link.from_bytes(stored)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("chain/0000000123.json", 123),
        ("chain/123.json", None),
        ("chain/head.json", None),
        ("keys/a.pem", None),
    ],
)
def test_a_key_tells_the_number_of_its_link(name: str, number: int | None) -> None:
    assert sequence_of(name) == number


def test_a_link_of_a_later_version_is_refused_by_its_version() -> None:
    later = LINK.to_bytes().replace(b"audio-leakage-evidence/v1", b"audio-leakage-evidence/v2")
    with pytest.raises(ValueError, match="its version is 'audio-leakage-evidence/v2', allowed is"):
        Link.from_bytes(later)


@pytest.mark.parametrize("signature", ["c2ln!", "c2l\nn", "c2l"])
def test_a_signature_that_is_no_base64_is_not_read_as_another_one(signature: str) -> None:
    """Python leaves out what is no base64, unless somebody asks it not to."""
    with pytest.raises(ValueError):  # noqa: PT011  # the decoder's own words
        _ = replace(LINK, signature=signature).signature_bytes
