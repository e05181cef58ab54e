"""The arrows between the packages, and between the rooms of the domain."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

DOMAIN = ROOT / "include" / "audio_leakage"
TASKS = ROOT / "plugins" / "audio_leakage_tasks"
HOOKS = ROOT / "plugins" / "audio_leakage_hooks"
AWS = ROOT / "include" / "audio_leakage_aws"
UI = ROOT / "plugins" / "audio_leakage_ui"
AUDITOR = ROOT / "include" / "flow_auditor"
SUBSCRIBER = ROOT / "include" / "flow_log_subscriber"
INFRASTRUCTURE = ROOT / "include" / "infrastructure"
LOCAL_AWS = ROOT / "include" / "local_aws"
EVIDENCE_TOOLS = ROOT / "include" / "evidence_tools"
OURS = {
    "audio_leakage",
    "audio_leakage_aws",
    "audio_leakage_hooks",
    "audio_leakage_tasks",
    "audio_leakage_ui",
    "evidence_tools",
    "flow_auditor",
    "flow_log_subscriber",
    "infrastructure",
    "local_aws",
    "monitor_audio_leakage",
    "reconcile_audio_leakage",
}


def imports(folder: Path) -> set[str]:
    """Return every module that any file below a folder imports, at the top or further in."""
    files = sorted(folder.rglob("*.py"))
    assert files, f"no modules in {folder}"
    return {name for file in files for name in imports_of(file)}


def imports_of(file: Path) -> set[str]:
    """Return every module that a file imports, at the top or further in."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the arrows"
            names.add(node.module or "")
    return names


def packages(folder: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(folder)}


def test_the_domain_imports_only_the_standard_library() -> None:
    assert packages(DOMAIN) - {"audio_leakage"} <= sys.stdlib_module_names


#: The rooms of the domain, the lowest first. A room imports itself and those before it.
ROOMS = ("contacts", "flow_audit", "runs", "configuration", "flow_log", "population", "evidence", "use_cases")


def test_the_domain_has_exactly_these_rooms() -> None:
    assert {path.name for path in DOMAIN.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(
        ROOMS
    )


def test_the_domain_names_its_rooms_the_lowest_first() -> None:
    table = re.findall(r"^``(\w+)`` ", (DOMAIN / "__init__.py").read_text(), re.MULTILINE)
    assert tuple(table) == ROOMS


#: Unit tests of the whole domain, or of what is no Python, which have no module of their name.
OF_NO_MODULE = {
    "test_any_day.py",
    "test_dashboard.py",
    "test_fuzz.py",
    "test_hostile_input.py",
    "test_independence.py",
    "test_queries.py",
    "test_silence.py",
    "test_terraform.py",
    "test_verdict_cases.py",
}


def test_the_unit_tests_mirror_the_tree() -> None:
    unit = ROOT / "tests" / "unit"
    roots = [ROOT / name for name in ("include", "plugins", "tests")]
    stray = {
        str(test.relative_to(unit))
        for test in unit.glob("*/**/test_*.py")
        if test.name not in OF_NO_MODULE
        and not any(
            (root / test.relative_to(unit)).with_name(test.name.removeprefix("test_")).exists()
            for root in roots
        )
    }
    assert stray == set()


@pytest.mark.parametrize(("place", "room"), list(enumerate(("ground", *ROOMS))))
def test_a_room_of_the_domain_imports_only_rooms_below_it(place: int, room: str) -> None:
    files = DOMAIN.glob("*.py") if room == "ground" else (DOMAIN / room).rglob("*.py")
    names = {name for file in files for name in imports_of(file) if name.startswith("audio_leakage.")}
    assert {name.split(".")[1] for name in names} & set(ROOMS) <= set(ROOMS[:place])


def test_the_lambda_imports_neither_runs_nor_use_cases() -> None:
    code = "import flow_log_subscriber.handler, sys; print(sorted(sys.modules))"
    imported = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "include")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "audio_leakage.flow_log.ingest" in imported.stdout
    assert "audio_leakage.runs" not in imported.stdout
    assert "audio_leakage.use_cases" not in imported.stdout


def test_the_domain_reads_no_clock() -> None:
    code = "\n".join(file.read_text() for file in DOMAIN.rglob("*.py"))
    assert not [call for call in (".now(", ".utcnow(", ".today(", "time.time(", "monotonic(") if call in code]


def test_the_domain_imports_neither_airflow_nor_boto3() -> None:
    files = [file.relative_to(DOMAIN.parent).with_suffix("") for file in DOMAIN.rglob("[!_]*.py")]
    modules = ", ".join(".".join(file.parts) for file in files)
    code = f"import sys, {modules}; print([name for name in ('airflow', 'boto3', 'botocore') if name in sys.modules])"
    imported = subprocess.run(  # the code above, with this interpreter
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(DOMAIN.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert imported.stdout.strip() == "[]"


def test_the_hooks_import_only_the_errors_of_the_domain() -> None:
    ours = {name for name in imports(HOOKS) if name.partition(".")[0] in OURS - {"audio_leakage_hooks"}}
    assert {name for name in ours if not name.startswith("audio_leakage_aws")} == {"audio_leakage.errors"}


def test_the_aws_package_imports_only_the_domains_errors_and_boto3() -> None:
    assert packages(AWS) - sys.stdlib_module_names == {
        "audio_leakage",
        "audio_leakage_aws",
        "boto3",
        "botocore",
        "types_boto3_dynamodb",
    }
    assert {name for name in imports(AWS) if name.startswith("audio_leakage.")} == {"audio_leakage.errors"}


def test_the_tasks_import_only_the_domain_and_the_hooks() -> None:
    assert packages(TASKS) & OURS == {"audio_leakage", "audio_leakage_hooks", "audio_leakage_tasks"}


def test_one_module_knows_where_each_airflow_has_its_errors() -> None:
    places = {"airflow.exceptions", "airflow.sdk.exceptions"}
    files = [file for name in ("dags", "plugins") for file in (ROOT / name).rglob("*.py")]
    assert [file.name for file in files if imports_of(file) & places] == ["airflow_errors.py"]


def test_the_subscriber_imports_the_domain_and_boto3_but_no_airflow() -> None:
    assert packages(SUBSCRIBER) - sys.stdlib_module_names == {
        "audio_leakage",
        "audio_leakage_aws",
        "boto3",
        "botocore",
        "flow_log_subscriber",
    }


def test_the_flow_auditor_imports_only_the_domain() -> None:
    assert packages(AUDITOR) - sys.stdlib_module_names == {"audio_leakage", "flow_auditor"}


def test_the_local_aws_shares_no_code_with_the_domain() -> None:
    assert "audio_leakage" not in packages(LOCAL_AWS)


def test_the_deployment_imports_only_the_domain_and_boto3() -> None:
    needed = packages(INFRASTRUCTURE) - sys.stdlib_module_names
    assert needed == {"audio_leakage", "boto3", "botocore", "infrastructure"}


def test_the_evidence_tools_import_only_the_domain_and_boto3() -> None:
    needed = packages(EVIDENCE_TOOLS) - sys.stdlib_module_names
    assert needed == {"audio_leakage", "audio_leakage_aws", "boto3", "botocore", "evidence_tools"}


def test_the_web_app_imports_only_our_packages_and_what_airflow_has() -> None:
    assert packages(UI) - sys.stdlib_module_names == {
        "airflow",
        "audio_leakage",
        "audio_leakage_aws",
        "audio_leakage_hooks",
        "audio_leakage_ui",
        "fastapi",
        "sqlalchemy",
    }


def test_the_pages_load_nothing_from_other_sites() -> None:
    named = {
        (file.name, address)
        for file in (UI / "static").iterdir()
        if file.suffix in {".html", ".css", ".js"} and not file.name.startswith("uPlot")
        for address in re.findall(r"(?:https?:)?//[a-z][^\s\"'`]+", file.read_text())
    }
    assert named == {("page.js", "http://www.w3.org/2000/svg")}


@pytest.mark.parametrize(
    "folder",
    [DOMAIN, AWS, AUDITOR, HOOKS, TASKS, SUBSCRIBER, INFRASTRUCTURE, UI, EVIDENCE_TOOLS],
)
def test_deployed_code_imports_no_development_packages(folder: Path) -> None:
    assert not packages(folder) & {"local_aws", "moto", "pytest", "hypothesis", "time_machine", "rich"}


def test_airflow_ignores_every_package_in_the_plugins_folder() -> None:
    ignored = (ROOT / "plugins" / ".airflowignore").read_text().splitlines()
    named = {line.rstrip("/") for line in ignored if line and not line.startswith("#")}
    assert {
        path.name for path in (ROOT / "plugins").iterdir() if path.is_dir() and path.name[0] not in "._"
    } <= named
