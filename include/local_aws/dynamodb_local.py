"""DynamoDB Local: AWS's own engine, for what moto is too slow or too lenient for.

The npm package ``amplify-dynamodb-simulator`` ships it; it needs Java. With ``DYNAMODB_LOCAL_URL`` set, one
that runs already is used.
"""

import os
import shutil
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

_PACKAGE = "amplify-dynamodb-simulator@2.9.30"
_SECONDS_TO_START = 60


@contextmanager
def dynamodb_local(folder: Path) -> Iterator[str]:
    """Run DynamoDB Local in memory and give its address.

    :param folder: where the engine is kept between runs, such as ``build``.
    :raises RuntimeError: when npm or Java is missing, or the engine does not start.
    """
    running = os.environ.get("DYNAMODB_LOCAL_URL")
    if running:
        yield running
        return
    engine = _fetched(folder / "dynamodb-local")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        _tool("java"),
        f"-Djava.library.path={engine / 'DynamoDBLocal_lib'}",
        *("-jar", str(engine / "DynamoDBLocal.jar"), "-inMemory", "-sharedDb", "-port", str(port)),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        yield _once_it_answers(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait()


def _fetched(folder: Path) -> Path:
    engine = folder / "package" / "emulator"
    if not engine.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fetch = [_tool("npm"), "pack", "--silent", _PACKAGE]
        subprocess.run(fetch, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        with tarfile.open(next(folder.glob("*.tgz"))) as package:
            package.extractall(folder, filter="data")
    return engine


def _once_it_answers(url: str, process: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + _SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(url).close()  # noqa: S310
        except HTTPError:
            return url  # a bare GET is no request of DynamoDB's, but something is there to say so
        except URLError:
            time.sleep(0.1)
    raise RuntimeError("DynamoDB Local did not start; is Java 17 or later installed?")


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise RuntimeError(f"DynamoDB Local needs {name}: install it, or set DYNAMODB_LOCAL_URL")
    return path
