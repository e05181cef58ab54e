"""What a link is about, verified: a revision with each of its files, or an acknowledgement."""

from collections.abc import Iterator, Mapping

from audio_leakage.errors import BrokenEvidence, MissingError
from audio_leakage.evidence.acknowledgement import Acknowledgement
from audio_leakage.evidence.chain import Link
from audio_leakage.evidence.files import sha256, uncompressed
from audio_leakage.evidence.manifest import MANIFEST, read_manifest
from audio_leakage.evidence.ports import EvidenceStore


def check_revision(link: Link, store: EvidenceStore, names: set[str], before: list[Link]) -> int:
    """Check the revision of a link, file by file; return how many files it has.

    :param names: everything that lies in the folder of the instance.
    :param before: the links before it.
    :raises BrokenEvidence: names the first broken thing.
    """
    affects = f"day {link.day}, revision {link.revision}"
    stored = _linked(link, store, affects)
    try:
        files, predicate = read_manifest(stored)
    except ValueError as error:
        raise BrokenEvidence(f"{link.manifest_path} cannot be read: {error}", affects) from None
    names_of_link = ("instance", "day", "revision", "kind")
    _check_about(link, {name: predicate.get(name) for name in names_of_link}, affects)
    _check_supersedes(link, predicate.get("supersedes"), before)
    folder = link.folder
    for name, digests in files.items():
        _check_file(folder + name, digests, store, affects)
    unknown = sorted(
        name for name in names if name.startswith(folder) and name[len(folder) :] not in {MANIFEST, *files}
    )
    if unknown:
        raise BrokenEvidence(f"{unknown[0]} is in no manifest", affects)
    return len(files)


def check_acknowledgement(link: Link, store: EvidenceStore, before: list[Link]) -> int:
    """Check the acknowledgement of a link; return how many files it has.

    :param before: the links before it.
    :raises BrokenEvidence: names the first broken thing.
    """
    affects = f"day {link.day}, what was acknowledged of revision {link.revision}"
    stored = _linked(link, store, affects)
    try:
        found = Acknowledgement.from_bytes(stored)
    except ValueError as error:
        raise BrokenEvidence(f"{link.manifest_path} cannot be read: {error}", affects) from None
    _check_about(link, {name: getattr(found, name) for name in ("instance", "day", "revision")}, affects)
    if found.manifest_sha256 not in {each.manifest_sha256 for each in _revisions(before, link.day)}:
        raise BrokenEvidence(f"{link.manifest_path} acknowledges what is in no link before it", affects)
    return 1


def _linked(link: Link, store: EvidenceStore, affects: str) -> bytes:
    """Return what a link is about, if it is what the link says."""
    stored = read_whole(store, link.manifest_path, affects)
    if sha256(stored) != link.manifest_sha256:
        raise BrokenEvidence(f"{link.manifest_path} is not what link {link.sequence} says", affects)
    return stored


def _check_about(link: Link, told: Mapping[str, object], affects: str) -> None:
    if any(value != getattr(link, name) for name, value in told.items()):
        raise BrokenEvidence(
            f"{link.manifest_path} is about something else than link {link.sequence}", affects
        )


def _revisions(links: list[Link], day: str) -> Iterator[Link]:
    return (link for link in reversed(links) if link.day == day and not link.is_acknowledgement)


def _check_supersedes(link: Link, supersedes: object, before: list[Link]) -> None:
    earlier = next(_revisions(before, link.day), None)
    expected = earlier and {"manifest_sha256": earlier.manifest_sha256, "revision": earlier.revision}
    named = (
        {name: supersedes.get(name) for name in ("manifest_sha256", "revision")}
        if isinstance(supersedes, Mapping)
        else None
    )
    if named != expected:
        raise BrokenEvidence(
            f"{link.manifest_path} does not correct the revision before it",
            f"every revision of day {link.day}",
        )


def _check_file(name: str, digests: Mapping[str, str], store: EvidenceStore, affects: str) -> None:
    stored = read_whole(store, name, affects)
    if sha256(stored) != digests["sha256"]:
        raise BrokenEvidence(f"{name} is not what its manifest says", affects)
    try:
        content = uncompressed(name, stored)
    except ValueError as error:
        raise BrokenEvidence(str(error), affects) from None
    if sha256(content) != digests["content_sha256"]:
        raise BrokenEvidence(f"the content of {name} is not what its manifest says", affects)


def read_whole(store: EvidenceStore, name: str, affects: str) -> bytes:
    """Return a file that must be there.

    :raises BrokenEvidence: when it is not.
    """
    try:
        return store.read(name)
    except MissingError:
        raise BrokenEvidence(f"{name} is missing", affects) from None
