"""What `make deploy` prints: readable in 80 columns, whatever the names are."""

from collections.abc import Callable, Iterator
from typing import cast

import pytest

from infrastructure import deploy as command
from infrastructure.deployment import Deployment, Step
from infrastructure.environment import EnvironmentNotReady

TOPIC = "arn:aws:sns:af-south-1:123456789012:audio-leakage-alerts-of-an-instance-with-a-long-name-indeed"
OPTIONS = ["--environment", "airflow", "--connect-instance-id", "id", "--recording-bucket", "bucket"]


class FakeDeployment:
    def __init__(self, *_: object, during: Callable[[], None] = lambda: None) -> None:
        self._during = during

    def steps(self) -> Iterator[Step]:
        yield Step("stack audio-leakage-table", [], lambda: None)
        yield Step(
            "Airflow Variable audio_leakage",
            [f"set alert_topic_arn to {TOPIC}", "set contact_table to audio-leakage-contacts"],
            self._during,
        )


def deployed(
    monkeypatch: pytest.MonkeyPatch, answer: str | type[BaseException], during: Callable[[], None]
) -> int:
    def asked(_question: str) -> str:
        if isinstance(answer, str):
            return answer
        raise answer

    monkeypatch.setattr("builtins.input", asked)
    monkeypatch.setattr(command, "Deployment", lambda *_: FakeDeployment(during=during))
    return command.main(OPTIONS)


def test_the_plan_has_a_line_for_each_change() -> None:
    told: list[str] = []
    command.deploy(cast("Deployment", FakeDeployment()), lambda: False, told.append)
    assert told[0] == "stack audio-leakage-table: nothing to change"
    assert told[1].splitlines() == [
        "Airflow Variable audio_leakage:",
        f"    set alert_topic_arn to {TOPIC}",
        "    set contact_table to audio-leakage-contacts",
    ]


def test_progress_counts_the_steps() -> None:
    told: list[str] = []
    command.deploy(cast("Deployment", FakeDeployment()), lambda: True, told.append)
    assert told[2:] == [
        "[1/2] stack audio-leakage-table ...",
        "[2/2] Airflow Variable audio_leakage ...",
        "done",
    ]


def test_lines_fit_80_columns_but_for_names_that_people_copy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise EnvironmentNotReady("environment airflow is UPDATING: wait until it is AVAILABLE " * 3)

    assert deployed(monkeypatch, "y", refuse) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.strip() for line in lines if len(line) > 80] == [TOPIC]
    assert "    set contact_table to audio-leakage-contacts" in lines


@pytest.mark.parametrize("answer", ["n", "", EOFError])
def test_a_deployment_without_a_yes_changes_nothing(
    answer: str | type[BaseException], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deployed(monkeypatch, answer, lambda: pytest.fail("was changed")) == 2
    assert capsys.readouterr().out.endswith("nothing was changed\n")


def test_ctrl_c_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    assert deployed(monkeypatch, "y", interrupt) == 130
    assert "Deploy again to go on" in capsys.readouterr().out
