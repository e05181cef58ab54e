"""One DAG, and one Airflow Variable, for each Amazon Connect instance that is watched.

The first instance has the plain names; each further one is named, and its name is added to both:

===================  ===============================  ==========================
instance             DAG                              Variable
===================  ===============================  ==========================
the first            ``monitor_audio_leakage``        ``audio_leakage``
``emea``             ``monitor_audio_leakage__emea``  ``audio_leakage__emea``
===================  ===============================  ==========================
"""

import re
from collections.abc import Sequence

from audio_leakage.errors import SettingsError
from audio_leakage.settings import VARIABLE

DAG_ID = "monitor_audio_leakage"
_SEPARATOR = "__"
#: Fits the id of a DAG, the name of a secret and, in capitals, that of an environment variable.
_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


def dag_ids(further_instances: Sequence[str]) -> list[str]:
    """Return the id of each instance's DAG, the first one's first.

    :param further_instances: the names of all but the first.
    :raises SettingsError: when a name is not allowed or there twice.
    """
    if isinstance(further_instances, str):
        raise SettingsError(f"the further instances are {further_instances!r}, allowed is a tuple of names")
    for name in further_instances:
        if not _NAME.fullmatch(name):
            raise SettingsError(
                f"instance name {name!r}: allowed are small letters and digits, single underscores between"
            )
        if further_instances.count(name) > 1:
            raise SettingsError(f"instance name {name!r} is there twice")
    return [DAG_ID, *(f"{DAG_ID}{_SEPARATOR}{name}" for name in further_instances)]


def variable_of(dag_id: str) -> str:
    """Return the name of the Variable that holds the settings of a DAG."""
    _, separator, name = dag_id.partition(_SEPARATOR)
    return f"{VARIABLE}{separator}{name}"


def progress_variable_of(dag_id: str) -> str:
    """Return the name of the Variable that keeps how far the runs of a DAG have come."""
    _, separator, name = dag_id.partition(_SEPARATOR)
    return f"{VARIABLE}_progress{separator}{name}"
