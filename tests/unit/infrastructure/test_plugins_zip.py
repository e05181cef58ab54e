"""The plugins.zip that all teams of an environment share."""

import stat
import struct
import zlib
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infrastructure import package
from infrastructure.plugins_zip import UnreadablePlugins, merged, unzipped

OURS = {"audio_leakage/contacts/states.py": b"5", ".airflowignore": b"audio_leakage/\n"}


def entry(name: str, mode: int, compression: int, comment: bytes = b"") -> ZipInfo:
    info = ZipInfo(name, (2024, 2, 29, 12, 30, 58))
    info.create_system, info.external_attr, info.compress_type = 3, mode << 16, compression
    info.comment = comment
    return info


def zip_of_another_team() -> bytes:
    """Return a zip with an executable, a link, a folder, compressed entries, and one that was streamed."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr(
            entry("hive/bin/hive", 0o100755, ZIP_DEFLATED, b"the command"), b"#!/bin/sh\n" * 5_000
        )
        archive.writestr(entry("audio_leakage_old/gone.py", 0o100644, ZIP_DEFLATED), b"x")
        archive.writestr(entry("hive/hive", 0o120777, ZIP_STORED), b"bin/hive")
        archive.writestr(entry("hive/lib/", 0o040755, ZIP_STORED), b"")
        archive.writestr(entry("hive/größe.jar", 0o100600, ZIP_BZIP2), b"jar" * 1_000)
        archive.writestr(entry(".airflowignore", 0o100600, ZIP_DEFLATED), b"hive/")
        with archive.open(entry("streamed.py", 0o100644, ZIP_DEFLATED), "w", force_zip64=True) as file:
            file.write(b"a = 1\n" * 100)
    return buffer.getvalue()


def raw(archive: bytes) -> dict[str, tuple[object, ...]]:
    """Return all that a zip says of each entry, and its bytes as they are stored."""
    with ZipFile(BytesIO(archive)) as opened:
        return {
            info.filename: (
                stat.filemode(info.external_attr >> 16),
                info.compress_type,
                info.date_time,
                info.comment,
                info.CRC,
                stored(archive, info),
            )
            for info in opened.infolist()
        }


def stored(archive: bytes, info: ZipInfo) -> bytes:
    name, extra = struct.unpack_from("<HH", archive, info.header_offset + 26)
    start = info.header_offset + 30 + name + extra
    return archive[start : start + info.compress_size]


def test_entries_of_another_team_stay_byte_by_byte() -> None:
    theirs = zip_of_another_team()
    before, after = raw(theirs), raw(merged(theirs, OURS))
    kept = before.keys() - {".airflowignore", "audio_leakage_old/gone.py"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after.keys() == kept | OURS.keys()
    assert before["hive/bin/hive"][0] == "-rwxr-xr-x"
    assert before["hive/hive"][0] == "lrwxrwxrwx"


def test_a_merged_zip_is_sound_and_hardly_larger() -> None:
    theirs = zip_of_another_team()
    both = merged(theirs, OURS)
    with ZipFile(BytesIO(both)) as opened:
        assert opened.testzip() is None
    assert len(both) < len(theirs) + 500


def test_a_merge_drops_our_old_files_and_adds_our_lines() -> None:
    files = unzipped(merged(zip_of_another_team(), OURS))
    assert "audio_leakage_old/gone.py" not in files
    assert files[".airflowignore"] == b"hive/\naudio_leakage/\n"
    assert files["audio_leakage/contacts/states.py"] == b"5"


def test_a_second_merge_changes_no_byte() -> None:
    once = merged(zip_of_another_team(), OURS)
    assert merged(once, OURS) == once
    newer = merged(once, OURS | {"audio_leakage/contacts/states.py": b"6"})
    assert newer != once
    assert merged(newer, OURS) == once


def test_without_a_plugins_zip_there_are_our_files_alone() -> None:
    assert merged(None, OURS) == package.zipped(OURS)


@example({".airflowignore": b"hive/"}, 0)
@example({".airflowignore": b"hive/\r\n\r\n# ours\r\n\r\naudio_leakage/"}, 0)
@given(
    st.dictionaries(st.text(min_size=1, max_size=20), st.binary(max_size=200), max_size=8), st.integers(0, 9)
)
def test_whatever_is_in_it_stays(files: dict[str, bytes], level: int) -> None:
    kept = {
        path: content
        for path, content in files.items()
        if not path.startswith("audio_leakage") and not path.endswith("/") and "\x00" not in path
        if path != ".airflowignore" or is_text(content)
    }
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED, compresslevel=level) as archive:
        for path, content in kept.items():
            archive.writestr(path, content)
    files, ours = dict(unzipped(merged(buffer.getvalue(), OURS))), b"audio_leakage/"
    before, after = kept.pop(".airflowignore", b""), files.pop(".airflowignore")
    lines = before.splitlines()
    assert after.startswith(before)
    assert after == before if ours in lines else after.splitlines() == [*lines, ours]
    assert files == kept | {"audio_leakage/contacts/states.py": b"5"}


def is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_what_airflow_cannot_read_is_refused_and_named() -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr(".airflowignore", "hive/\n".encode("utf-16"))
    with pytest.raises(UnreadablePlugins, match=r"plugins.zip: Airflow cannot read .airflowignore"):
        merged(buffer.getvalue(), OURS)


def test_what_is_no_zip_is_named() -> None:
    with pytest.raises(UnreadablePlugins, match="is no zip"):
        merged(b"<html>", OURS)


def test_a_name_in_an_old_encoding_is_refused() -> None:
    name, content = "gr\x94\xe1e.py".encode("latin-1"), b"x"
    head = struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, zlib.crc32(content), 1, 1, len(name), 0)
    local = b"PK\3\4" + head + name + content
    central = b"PK\1\2\x14\0" + head + bytes(14) + name
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    with pytest.raises(UnreadablePlugins, match="is not in UTF-8"):
        merged(local + central + end, OURS)
