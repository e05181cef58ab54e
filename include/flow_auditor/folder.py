"""Flows, modules and phone numbers in a folder, as the AWS CLI's answers or as bare content."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audio_leakage.flow_audit.flow import FLOW_TYPES, MODULE, Flow, read_flow

#: The members of the two operations' answers, and the type where they name none.
_ANSWERS = {"ContactFlow": None, "ContactFlowModule": MODULE}
_ASSOCIATIONS = "FlowAssociationSummaryList"


class NoFlows(Exception):
    """A folder has no flows. The message names it."""


def read_folder(folder: Path) -> tuple[list[Flow], dict[str, str]]:
    """Read every JSON file of a folder and of the folders in it.

    A file is an answer of ``describe-contact-flow``, ``describe-contact-flow-module`` or
    ``list-flow-associations``, or else the bare content of a flow. A bare flow is named after its file and
    taken for an inbound flow. A file that cannot be read becomes a flow that cannot be read.

    :return: the flows, and flow by phone number, each as an ARN or an ID.
    :raises NoFlows: when there is no such folder, or no flow in it.
    """
    files = sorted(folder.rglob("*.json")) if folder.is_dir() else []
    flows: list[Flow] = []
    numbers: dict[str, str] = {}
    for path in files:
        text = path.read_text(encoding="utf-8", errors="replace")
        document = _document(text)
        if _ASSOCIATIONS in document:
            numbers |= dict(_numbers(document))
        else:
            flows.append(_flow(path, document, text))
    if not flows:
        raise NoFlows(f"there is no flow in {folder}: it needs *.json files, one for each flow or module")
    return flows, numbers


def _document(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}  # read_flow says what is wrong with it
    return document if isinstance(document, dict) else {}


def _flow(path: Path, document: Mapping[str, Any], text: str) -> Flow:
    for member, kind in _ANSWERS.items():
        answer = document.get(member)
        if isinstance(answer, dict):
            name, flow_type = answer.get("Name"), kind or answer.get("Type")
            return read_flow(
                _text(answer.get("Arn") or answer.get("Id")) or path.stem,
                _text(name) or path.stem,
                flow_type if flow_type in FLOW_TYPES else "CONTACT_FLOW",
                _text(answer.get("Content")),
            )
    return read_flow(path.stem, path.stem, "CONTACT_FLOW", text)


def _numbers(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    associations = document[_ASSOCIATIONS]
    for each in associations if isinstance(associations, list) else ():
        if isinstance(each, dict) and each.get("ResourceType") == "VOICE_PHONE_NUMBER":
            yield _text(each.get("ResourceId")), _text(each.get("FlowId"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
