"""A terminal of 80 columns shows the whole path of a file only where that is short."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Give a folder whose path is as short on every machine, and in every worker of xdist."""
    with TemporaryDirectory(prefix="t", dir="/tmp") as folder:  # not macOS's own, which is long
        yield Path(folder)
