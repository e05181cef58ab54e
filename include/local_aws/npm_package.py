"""A tool that comes as a package of npm, fetched once."""

import shutil
import subprocess
import tarfile
from pathlib import Path


def npm_package(name: str, folder: Path) -> Path:
    """Return the folder with the files of a package. Its scripts do not run, and nothing it needs is fetched.

    :param name: of the package, with its version, such as ``axe-core@4.14.1``.
    :param folder: keeps the package between runs, and holds nothing else.
    :raises RuntimeError: if there is no npm.
    """
    unpacked = folder / name.replace("/", "-")
    if not unpacked.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(f"there is no npm here, and {name} comes from it")
        folder.mkdir(parents=True, exist_ok=True)
        said = subprocess.run(  # noqa: S603
            [npm, "pack", "--silent", name], cwd=folder, check=True, stdout=subprocess.PIPE, text=True
        )
        part = folder / f"{unpacked.name}.part"
        with tarfile.open(folder / said.stdout.split()[-1]) as package:
            package.extractall(part, filter="data")
        part.rename(unpacked)  # whole, or not there
    return unpacked / "package"
