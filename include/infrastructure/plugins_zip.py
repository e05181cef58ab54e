"""The plugins.zip of an environment, which all teams share: add our files, leave theirs as they are."""

from collections.abc import Iterator
from copy import copy
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from infrastructure.package import IGNORE, Files, store

_OURS = "audio_leakage"
_UTF_8 = 0x800  # the flag of an entry whose name is in UTF-8


class UnreadablePlugins(Exception):
    """The plugins.zip in use cannot be merged. The message says why."""


def merged(theirs: bytes | None, ours: Files) -> bytes:
    """Add our files to a plugins.zip.

    Every path that begins with ``audio_leakage`` is ours, so files of an earlier version disappear. We copy
    the entries of other teams byte by byte: mode, links, dates and compression stay. In ``.airflowignore``
    we write our lines behind theirs. A zip that has our files already stays as it is, to the byte.

    :param theirs: the plugins.zip in use, None if there is none.
    :param ours: the files of :func:`infrastructure.package.plugin_files`.
    :raises UnreadablePlugins: if it is no zip, or a name in it or its ``.airflowignore`` is not in UTF-8.
    """
    if theirs is None:
        theirs = _empty()
    try:
        with ZipFile(BytesIO(theirs)) as opened:
            if _has(opened, ours):
                return theirs
            return _merged(theirs, opened, ours)
    except BadZipFile as error:
        raise UnreadablePlugins(f"the plugins.zip in use is no zip: {error}") from error


def unzipped(archive: bytes) -> Files:
    """Return the files of a zip, by path."""
    with ZipFile(BytesIO(archive)) as opened:
        return {entry.filename: opened.read(entry) for entry in opened.infolist() if not entry.is_dir()}


def _merged(content: bytes, opened: ZipFile, ours: Files) -> bytes:
    kept, buffer = [], BytesIO()
    for entry, end in _with_ends(opened):
        if entry.filename.startswith(_OURS) or entry.filename == IGNORE:
            continue
        if not entry.filename.isascii() and not entry.flag_bits & _UTF_8:
            raise UnreadablePlugins(f"plugins.zip: the name {entry.filename!r} is not in UTF-8, zip it again")
        copied = copy(entry)
        copied.header_offset = buffer.tell()
        kept.append(copied)
        buffer.write(content[entry.header_offset : end])  # with its header, and whatever stands behind it
    with ZipFile(buffer, "w") as archive:
        archive.filelist.extend(kept)
        for path, text in sorted({**ours, IGNORE: _with_our_lines(_ignored(opened), ours)}.items()):
            store(archive, path, text)
    return buffer.getvalue()


def _with_ends(opened: ZipFile) -> Iterator[tuple[ZipInfo, int]]:
    """Give each entry, in the order of the file, with the place where the next one begins."""
    entries = sorted(opened.infolist(), key=lambda entry: entry.header_offset)
    places = [*(entry.header_offset for entry in entries), opened.start_dir]
    yield from zip(entries, places[1:], strict=True)


def _has(opened: ZipFile, ours: Files) -> bool:
    """Tell whether exactly our files are among those of a zip, and their folders ignored."""
    present = {path: opened.read(path) for path in opened.namelist() if path.startswith(_OURS)}
    wanted = {path: text for path, text in ours.items() if path != IGNORE}
    return present == wanted and not _missing_lines(_ignored(opened), ours)


def _ignored(opened: ZipFile) -> bytes:
    ignored = opened.read(IGNORE) if IGNORE in opened.namelist() else b""
    try:
        ignored.decode()
    except UnicodeDecodeError as error:
        raise UnreadablePlugins(f"plugins.zip: Airflow cannot read {IGNORE}: {error}") from error
    return ignored


def _missing_lines(ignored: bytes, ours: Files) -> list[bytes]:
    present = ignored.splitlines()
    return [line for line in ours.get(IGNORE, b"").splitlines() if line not in present]


def _with_our_lines(ignored: bytes, ours: Files) -> bytes:
    missing = _missing_lines(ignored, ours)
    between = b"\n" if missing and ignored and not ignored.endswith(b"\n") else b""
    return ignored + between + b"".join(line + b"\n" for line in missing)


def _empty() -> bytes:
    buffer = BytesIO()
    ZipFile(buffer, "w").close()
    return buffer.getvalue()
