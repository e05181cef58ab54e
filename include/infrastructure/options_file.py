"""The file that remembers the options of a deployment, so that the next one drops nothing by omission."""

import json
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from audio_leakage.errors import SettingsError
from infrastructure.parameters import DeployOptions

_KINDS = {each.name: bool if each.type in (bool, "bool") else str for each in fields(DeployOptions)}


def read_options(path: Path) -> dict[str, Any]:
    """Return the options in a TOML file; none if there is no such file.

    :raises SettingsError: if the file is not TOML, or has a key or a value that no option takes.
    """
    try:
        options = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from error
    for key, value in options.items():
        if key not in _KINDS:
            raise SettingsError(f"{path}: {key!r} is unknown, allowed are {', '.join(_KINDS)}")
        if not isinstance(value, _KINDS[key]):
            raise SettingsError(f"{path}: {key!r} is {value!r}, allowed is a {_KINDS[key].__name__}")
    return options


def write_options(path: Path, options: DeployOptions) -> None:
    """Write all options that are set, for the next deployment."""
    values = {name: getattr(options, name) for name in _KINDS}
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in values.items() if value]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines), encoding="utf-8")
