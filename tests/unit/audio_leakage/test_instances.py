import pytest

from audio_leakage.errors import SettingsError
from audio_leakage.instances import dag_ids, variable_of


def test_the_first_instance_has_names_without_a_suffix() -> None:
    assert dag_ids(()) == ["monitor_audio_leakage"]
    assert variable_of("monitor_audio_leakage") == "audio_leakage"


def test_a_further_instance_adds_its_name_to_dag_and_variable() -> None:
    assert dag_ids(("emea", "us_east_1")) == [
        "monitor_audio_leakage",
        "monitor_audio_leakage__emea",
        "monitor_audio_leakage__us_east_1",
    ]
    assert variable_of("monitor_audio_leakage__us_east_1") == "audio_leakage__us_east_1"


@pytest.mark.parametrize("name", ["", "EMEA", "e mea", "e__mea", "_emea", "emea_", "e-mea", "é", "a/b"])
def test_an_instance_name_with_other_characters_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="allowed are small letters and digits"):
        dag_ids((name,))


def test_an_instance_name_given_twice_is_refused() -> None:
    with pytest.raises(SettingsError, match="instance name 'emea' is there twice"):
        dag_ids(("emea", "apac", "emea"))


def test_a_forgotten_comma_after_one_instance_means_that_instance() -> None:
    assert dag_ids("emea") == dag_ids(("emea",)) == ["monitor_audio_leakage", "monitor_audio_leakage__emea"]
