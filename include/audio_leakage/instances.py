"""A DAG of each kind, and Airflow Variables, for each Amazon Connect instance that is watched.

The first instance has the plain names; each further one is named, and its name is added to all of them:

===================  ===================================  ================================
instance             DAGs                                 Variables
===================  ===================================  ================================
the first            ``monitor_audio_leakage``            ``audio_leakage``
                     ``reconcile_audio_leakage``          ``audio_leakage_policy``
                                                          ``audio_leakage_mutes``
                     ``audio_leakage_evidence``
                     ``acknowledge_audio_leakage``
``emea``             ``monitor_audio_leakage__emea``      ``audio_leakage__emea``
                     ``reconcile_audio_leakage__emea``    ``audio_leakage_policy__emea``
                                                          ``audio_leakage_mutes__emea``
                     ``audio_leakage_evidence__emea``
                     ``acknowledge_audio_leakage__emea``
===================  ===================================  ================================
"""

import re
from collections.abc import Sequence

from audio_leakage.errors import SettingsError
from audio_leakage.settings import VARIABLE

DAG_ID = "monitor_audio_leakage"
#: The hourly DAG.
RECONCILE_DAG_ID = "reconcile_audio_leakage"
#: The daily DAG.
EVIDENCE_DAG_ID = "audio_leakage_evidence"
#: The DAG that somebody triggers who has looked into exceptions.
ACKNOWLEDGE_DAG_ID = "acknowledge_audio_leakage"
_SEPARATOR = "__"
#: Fits the id of a DAG, the name of a secret and, in capitals, that of an environment variable.
_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


def dag_ids(further_instances: Sequence[str], dag_id: str = DAG_ID) -> list[str]:
    """Return the id of each instance's DAG, the first one's first.

    :param further_instances: the names of all but the first. A text is one name. If somebody forgets the
        comma of a tuple with one name, no instance loses its DAGs.
    :param dag_id: the plain name.
    :raises SettingsError: when a name is not allowed or there twice.
    """
    names = [further_instances] if isinstance(further_instances, str) else list(further_instances)
    for name in names:
        if not _NAME.fullmatch(name):
            raise SettingsError(
                f"instance name {name!r}: allowed are small letters and digits, single underscores between"
            )
        if names.count(name) > 1:
            raise SettingsError(f"instance name {name!r} is there twice")
    return [dag_id, *(f"{dag_id}{_SEPARATOR}{name}" for name in names)]


def is_dag_of_an_instance(dag_id: str, plain: str = DAG_ID) -> bool:
    """Tell whether a DAG id is the plain one, or that of a further instance.

    :param plain: the plain name.
    """
    _, separator, name = dag_id.partition(_SEPARATOR)
    return dag_id == f"{plain}{separator}{name}" and (not separator or bool(_NAME.fullmatch(name)))


def variable_of(dag_id: str) -> str:
    """Return the name of the Variable that holds the settings of a DAG."""
    return _of_same_instance(VARIABLE, dag_id)


def naming_settings(sentence: str, dag_id: str) -> str:
    """Return a sentence with the Variable of a DAG, whose settings somebody may have to correct."""
    return f"{sentence} (settings: Variable '{variable_of(dag_id)}')"


def progress_variable_of(dag_id: str) -> str:
    """Return the name of the Variable that keeps how far the runs of a DAG have come."""
    return _beside("progress", dag_id)


def policy_variable_of(dag_id: str) -> str:
    """Return the name of the Variable that says which calls must be recorded."""
    return _beside("policy", dag_id)


def mutes_variable_of(dag_id: str) -> str:
    """Return the name of the Variable that says which leaks are known and get no mail for a time."""
    return _beside("mutes", dag_id)


def counted_hours_variable_of(dag_id: str) -> str:
    """Return the name of the Variable that keeps which hours are still to be counted again."""
    return _beside("population", dag_id)


def reconcile_dag_of(dag_id: str) -> str:
    """Return the id of the hourly DAG of the instance that a DAG watches."""
    return _of_same_instance(RECONCILE_DAG_ID, dag_id)


def evidence_dag_of(dag_id: str) -> str:
    """Return the id of the daily DAG of the instance that a DAG watches."""
    return _of_same_instance(EVIDENCE_DAG_ID, dag_id)


def acknowledge_dag_of(dag_id: str) -> str:
    """Return the id of the DAG that acknowledges exceptions of the instance that a DAG watches."""
    return _of_same_instance(ACKNOWLEDGE_DAG_ID, dag_id)


def monitor_dag_of(dag_id: str) -> str:
    """Return the id of the DAG that judges the contacts of the instance that a DAG watches."""
    return _of_same_instance(DAG_ID, dag_id)


def _beside(what: str, dag_id: str) -> str:
    return _of_same_instance(f"{VARIABLE}_{what}", dag_id)


def _of_same_instance(plain: str, dag_id: str) -> str:
    """Return a plain name with the name of the instance that a DAG is about."""
    _, separator, name = dag_id.partition(_SEPARATOR)
    return f"{plain}{separator}{name}"
