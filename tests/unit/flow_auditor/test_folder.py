"""Exported flows in a folder, and the command that audits them."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from flow_auditor.__main__ import main
from flow_auditor.folder import NoFlows, read_folder
from support.flow_sets import block, linked, recording

LEAKS = linked(block("TransferContactToQueue"))
RECORDS = linked(
    block("UpdateFlowLoggingBehavior", FlowLoggingBehavior="Enabled"),
    recording(["Agent", "Customer"]),
    block("TransferContactToQueue"),
)


def described(name: str, content: object, member: str = "ContactFlow") -> str:
    flow = {"Arn": f"arn:x:instance/i/contact-flow/{name}", "Name": name, "Type": "CONTACT_FLOW"}
    return json.dumps({member: flow | {"Content": json.dumps(content)}})


def test_answers_of_the_cli_and_bare_flows_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(described("Sales", LEAKS))
    (tmp_path / "b.json").write_text(described("Greeting", RECORDS, "ContactFlowModule"))
    (tmp_path / "Bare.json").write_text(json.dumps(RECORDS))
    association = {
        "ResourceType": "VOICE_PHONE_NUMBER",
        "ResourceId": "n",
        "FlowId": "arn:x:contact-flow/sales",
    }
    (tmp_path / "numbers.json").write_text(json.dumps({"FlowAssociationSummaryList": [association]}))
    flows, numbers = read_folder(tmp_path)
    assert {(flow.name, flow.type) for flow in flows} == {
        ("Sales", "CONTACT_FLOW"),
        ("Greeting", "MODULE"),
        ("Bare", "CONTACT_FLOW"),
    }
    assert numbers == {"n": "arn:x:contact-flow/sales"}


def test_a_folder_without_flows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoFlows, match="no flow in"):
        read_folder(tmp_path / "gone")


def test_the_command_fails_if_calls_may_go_unrecorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text(described("<Sales>", LEAKS))
    (tmp_path / "broken.json").write_text("{")
    assert main([str(tmp_path), "--pictures", str(tmp_path / "pictures")]) == 1
    told = capsys.readouterr().out
    assert "NEVER  <Sales> (no phone number known)" in told
    assert "In <Sales>: Transfer to queue." in told
    assert told.endswith("1 NEVER, 1 UNKNOWN\n")
    pictures = sorted((tmp_path / "pictures").glob("*.svg"))
    texts = [text for path in pictures for text in ET.fromstring(path.read_text()).itertext()]
    assert "<Sales> (no phone number known)" in texts
    assert "Transfer to queue" in texts


def test_the_command_succeeds_if_every_call_is_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text(described("Sales", RECORDS))
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == "ALWAYS  Sales (no phone number known)\n1 ALWAYS\n"


def test_the_command_says_that_there_is_nothing_to_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert "one for each flow or module" in capsys.readouterr().err
