"""`make package`: build what Amazon MWAA and the Lambda take.

::

    build/mwaa/dags/                 the DAG files
    build/mwaa/plugins.zip           plugins/, the domain and audio_leakage_aws, side by side at its root
    build/mwaa/requirements.txt
    build/lambda/subscriber.zip      the handler, the domain and audio_leakage_aws

MWAA unpacks plugins.zip into a folder that every Airflow process imports from. It takes nothing of include/.
The same sources give the same bytes on every machine. So we sort the names, use one date and one file mode,
and do not compress, because compression differs between versions of zlib.
"""

import shutil
import sys
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

ROOT = Path(__file__).parents[2]
#: Folders of the repository, by their name in the zip.
_PLUGINS = {
    "": ROOT / "plugins",
    "audio_leakage": ROOT / "include" / "audio_leakage",
    "audio_leakage_aws": ROOT / "include" / "audio_leakage_aws",
}
_SUBSCRIBER = {
    "audio_leakage": ROOT / "include" / "audio_leakage",
    "audio_leakage_aws": ROOT / "include" / "audio_leakage_aws",
    "flow_log_subscriber": ROOT / "include" / "flow_log_subscriber",
}
#: Names what Airflow must not execute as a plugin.
IGNORE = ".airflowignore"
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip can hold no earlier date
_READABLE_FILE = 0o100644 << 16

Files = Mapping[str, bytes]


def dag_files() -> Files:
    """Return the DAG files, by path below the environment's DAG folder."""
    return _files({"": ROOT / "dags"})


def plugin_files() -> Files:
    """Return the files of plugins.zip, by path."""
    return _files(_PLUGINS)


def subscriber_files() -> Files:
    """Return the files of the Lambda's zip, by path."""
    return _files(_SUBSCRIBER)


def requirements() -> bytes:
    """Return requirements.txt. An environment needs none of ours: its image has it all."""
    return (ROOT / "requirements.txt").read_bytes()


def zipped(files: Files) -> bytes:
    """Return a zip whose bytes depend only on the paths and contents of the files."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for path in sorted(files):
            store(archive, path, files[path])
    return buffer.getvalue()


def store(archive: ZipFile, path: str, content: bytes) -> None:
    """Add a file to a zip, with one date and one mode."""
    entry = ZipInfo(path, _EARLIEST)
    entry.compress_type = ZIP_STORED
    entry.create_system = 3  # Unix, whatever the machine is
    entry.external_attr = _READABLE_FILE
    archive.writestr(entry, content)


def build(folder: Path) -> Iterable[Path]:
    """Write the whole package from scratch and return its files.

    :param folder: ``build/``; its folders ``mwaa`` and ``lambda`` are deleted first.
    """
    contents = {f"mwaa/dags/{path}": content for path, content in dag_files().items()} | {
        "mwaa/plugins.zip": zipped(plugin_files()),
        "mwaa/requirements.txt": requirements(),
        "lambda/subscriber.zip": zipped(subscriber_files()),
    }
    for part in ("mwaa", "lambda"):
        shutil.rmtree(folder / part, ignore_errors=True)
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return [folder / path for path in contents]


def _files(places: Mapping[str, Path]) -> Files:
    return {
        (Path(name) / file.relative_to(folder)).as_posix(): file.read_bytes()
        for name, folder in places.items()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not _is_left_behind(file.relative_to(folder))
    }


def _is_left_behind(path: Path) -> bool:
    """Tell whether a file is a cache, or a leftover of an editor or a system."""
    hidden = path.name != IGNORE and any(part.startswith(".") for part in path.parts)
    return hidden or "__pycache__" in path.parts or path.suffix in (".pyc", ".swp") or path.name.endswith("~")


def main() -> None:
    """Build the package and list its files."""
    for file in build(ROOT / "build"):
        sys.stdout.write(f"{file.relative_to(ROOT)}  {file.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
