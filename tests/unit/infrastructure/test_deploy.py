"""What `make deploy` prints: readable in 80 columns, whatever the names are."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import fields
from pathlib import Path
from typing import cast

import pytest

from infrastructure import deploy as command
from infrastructure.deployment import Deployment, Part, Step
from infrastructure.environment import EnvironmentNotReady
from infrastructure.options_file import read_options
from infrastructure.parameters import DeployOptions

TOPIC = "arn:aws:sns:af-south-1:123456789012:audio-leakage-alerts-of-an-instance-with-a-long-name-indeed"
PARTS = (Part.STACKS, Part.VARIABLE)
OPTIONS = ["--environment", "airflow", "--connect-instance-id", "id", "--recording-bucket", "bucket"]


class FakeDeployment:
    def __init__(self, *_: object, during: Callable[[], None] = lambda: None) -> None:
        self._during = during

    def steps(self, parts: Collection[Part]) -> Iterator[Step]:
        if Part.CHECK in parts:
            yield Step(Part.CHECK, "DAG monitor_audio_leakage", ["switch on"], lambda: None)
        yield Step(Part.STACKS, "stack audio-leakage-table", [], lambda: None)
        if Part.VARIABLE not in parts:
            return
        yield Step(
            Part.VARIABLE,
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
    monkeypatch.setattr(command, "write_options", lambda *_: None)
    monkeypatch.setattr(command, "Deployment", lambda *_: FakeDeployment(during=during))
    return command.main(OPTIONS)


def test_the_plan_has_a_line_for_each_change() -> None:
    told: list[str] = []
    command.deploy(cast("Deployment", FakeDeployment()), PARTS, lambda: False, told.append)
    assert told[0] == "stack audio-leakage-table: nothing to change"
    assert told[1].splitlines() == [
        "Airflow Variable audio_leakage:",
        f"    set alert_topic_arn to {TOPIC}",
        "    set contact_table to audio-leakage-contacts",
    ]


def test_progress_counts_the_steps() -> None:
    told: list[str] = []
    command.deploy(cast("Deployment", FakeDeployment()), PARTS, lambda: True, told.append)
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


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of an options file, and let the deployment be a fake one."""

    def fake(options: DeployOptions, *_: object) -> FakeDeployment:
        seen.append(options)
        return FakeDeployment()

    monkeypatch.setattr(command, "Deployment", fake)
    seen.clear()
    return tmp_path / "deployments" / "airflow.toml"


seen: list[DeployOptions] = []


def test_a_plan_leaves_the_check_out_and_tells_by_its_exit_code_whether_anything_would_change(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [*OPTIONS, "--config", str(config), "--plan"]
    assert command.main(options) == 2
    assert capsys.readouterr().out.endswith("\n2 changes\n")
    assert command.main([*options, "--only", "stacks", "--only", "check"]) == 0
    assert capsys.readouterr().out.endswith("\nnothing to change\n")
    assert not config.exists()


def test_the_file_remembers_every_option(config: Path) -> None:
    first = [
        *("--email", "on-call@example.com", "--recording-prefix", "connect/acme", "--tags", "team=voice"),
        *("--recording-key-arn", "arn:aws:kms:eu-west-1:123456789012:key/1"),
        *("--evidence-bucket", "b", "--evidence-lock-mode", "COMPLIANCE", "--evidence-lock-years", "10"),
        *("--iam-path", "/monitoring/", "--permissions-boundary", "arn:aws:iam::123456789012:policy/edge"),
        *(
            "--flow-log-group",
            "/aws/connect/acme",
            "--kms-key-arn",
            "arn",
            "--instance",
            "emea",
            "--graceful",
        ),
    ]
    file = ["--config", str(config), "--yes"]
    assert command.main([*OPTIONS, *first, *file]) == 0
    assert command.main([*file, "--plan"]) == 2
    assert command.main(file) == 0
    one, other, again = seen
    assert one == other == again
    assert {field: getattr(one, field) for field in read_options(config)} == read_options(config)
    assert set(read_options(config)) == {field.name for field in fields(DeployOptions)}


def test_an_option_of_the_command_line_changes_or_drops_that_of_the_file(config: Path) -> None:
    command.main([*OPTIONS, "--email", "on-call@example.com", "--graceful", "--config", str(config), "--yes"])
    command.main(
        ["--email", "", "--no-graceful", "--recording-prefix", "a", "--config", str(config), "--yes"]
    )
    assert read_options(config) == {
        "environment": "airflow",
        "connect_instance_id": "id",
        "recording_bucket": "bucket",
        "recording_prefix": "a",
    }


def test_a_deployment_without_a_yes_leaves_the_file_alone(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "n")
    assert command.main([*OPTIONS, "--config", str(config)]) == 2
    assert not config.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("environment = airflow", "is not TOML"),
        ('enviroment = "airflow"', "'enviroment' is unknown, allowed are environment"),
        ("graceful = 1", "'graceful' is 1, allowed is a bool"),
        ('environment = "airflow"', "--connect-instance-id, --recording-bucket: give it once"),
    ],
)
def test_a_wrong_options_file_is_named(
    config: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    config.parent.mkdir()
    config.write_text(text)
    assert command.main(["--config", str(config), "--yes"]) == 1
    assert says in " ".join(capsys.readouterr().out.split())


def test_the_file_of_an_environment_has_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "Deployment", lambda *_: FakeDeployment())
    assert command.main([*OPTIONS, "--yes"]) == 0
    assert command.main([*OPTIONS, "--instance", "emea", "--yes"]) == 0
    assert {path.name for path in (tmp_path / "deployments").iterdir()} == {
        "airflow.toml",
        "airflow__emea.toml",
    }
    assert command.main(["--yes"]) == 1
