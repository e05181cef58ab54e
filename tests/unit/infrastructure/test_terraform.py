"""The Terraform module: sound HCL, and the parameters of the templates."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cfnlint.decode import decode

from conftest import ROOT

FOLDER = ROOT / "include" / "infrastructure" / "terraform"
MODULE = (FOLDER / "main.tf").read_text()
STACKS = dict(re.findall(r'resource "aws_cloudformation_stack" "(\w+)" \{\n(.*?)\n\}\n', MODULE, re.DOTALL))
TEMPLATES = {
    "table": "table.yaml",
    "monitoring": "monitoring.yaml",
    "policy": "execution_policy.yaml",
    "evidence": "evidence.yaml",
    "subscriber": "subscriber.yaml",
}
#: Parameters that neither Terraform nor `make deploy` sets: their defaults are right unless you know better.
LEFT = {"monitoring": {"OldestDueMinutes", "TopicKmsKeyArn"}, "subscriber": {"DataKmsKeyArn"}}


def given(stack: str) -> set[str]:
    """Return the names of the parameters that the module gives a stack."""
    return set(re.findall(r"^      (\w+) += ", STACKS[stack], re.MULTILINE))


def test_the_module_has_every_stack() -> None:
    named = {name: re.findall(r'templates\}/([\w.]+)"', body) for name, body in STACKS.items()}
    assert named == {name: [template] for name, template in TEMPLATES.items()}


@pytest.mark.parametrize("stack", TEMPLATES)
def test_a_stack_gets_the_parameters_of_its_template(stack: str) -> None:
    read, mistakes = decode(str(FOLDER.parent / TEMPLATES[stack]))
    assert not mistakes
    assert isinstance(read, dict)
    assert given(stack) == set(read["Parameters"]) - LEFT.get(stack, set())
    assert set(re.findall(rf'stack\.{stack}\.outputs\["(\w+)"\]', module_text())) <= set(read["Outputs"])


def module_text() -> str:
    return "\n".join(path.read_text() for path in sorted(FOLDER.glob("*.tf")))


def test_every_variable_is_used_and_every_used_one_is_declared() -> None:
    declared = re.findall(r'^variable "(\w+)"', module_text(), re.MULTILINE)
    assert set(declared) == set(re.findall(r"\bvar\.(\w+)", module_text()))
    assert len(declared) == module_text().count("\n  description = ") - len(
        re.findall("^output", module_text(), re.MULTILINE)
    )


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.tf")), ids=lambda path: path.name)
def test_a_file_is_hcl(path: Path) -> None:
    hcl2 = pytest.importorskip("hcl2", reason="this environment is older than requirements-dev.lock")
    with path.open() as file:
        assert hcl2.load(file)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform on this machine")
def test_the_files_are_formatted() -> None:
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff", FOLDER], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
