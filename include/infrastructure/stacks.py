"""CloudFormation stacks: preview a change, then apply it."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

_IN_USE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
_CHANGE_SET = "what-would-change"
_POLL_SECONDS, _POLLS = 15, 4 * 60
#: Parameters that an option of the deployment gives. All others have defaults that nobody changes in passing.
_OPTIONAL = (
    "EmailAddress",
    "FlowLogGroupName",
    "IamPath",
    "KmsKeyArn",
    "PermissionsBoundaryArn",
    "RecordingPrefix",
    "TableKmsKeyArn",
)
_NOTHING_TO_DO = ("No updates are to be performed", "didn't contain changes")

Outputs = Mapping[str, str]


class StackError(Exception):
    """A person must repair the stack, or its deployment failed."""


@dataclass(frozen=True)
class Stack:
    """A stack as we want it: name, template and parameters."""

    name: str
    template: Path
    parameters: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    """CloudFormation passes the tags of a stack on to each resource that takes tags."""

    @property
    def request(self) -> dict[str, Any]:
        """Request members that creating and updating share."""
        return {
            "StackName": self.name,
            "TemplateBody": self.template.read_text(),
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()
            ],
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
            "Capabilities": ["CAPABILITY_IAM"],
        }


class Stacks:
    """Preview and deploy the stacks of one account and Region.

    :param cloudformation: boto3's client for CloudFormation.
    :param pause: sleeps; its argument is in seconds.
    """

    def __init__(
        self,
        cloudformation: Any,  # noqa: ANN401  # boto3's client
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cloudformation = cloudformation
        self._pause = pause

    def outputs(self, name: str) -> Outputs | None:
        """Return the outputs of a stack, or None if there is no such stack.

        We wait while a stack is in a transition: an earlier deployment may have been stopped half-way.

        :raises StackError: if a person must repair or delete the stack first.
        """
        stack = self._at_rest(name)
        if stack is None:
            return None
        if stack["StackStatus"] not in _IN_USE:
            raise StackError(f"stack {name} is {stack['StackStatus']}: repair or delete it")
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def _at_rest(self, name: str) -> Mapping[str, Any] | None:
        for _ in range(_POLLS):
            try:
                (stack,) = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
            except ClientError as error:
                if "does not exist" in str(error):
                    return None
                raise
            status = stack["StackStatus"]
            if not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS":
                found: Mapping[str, Any] = stack
                return found
            self._pause(_POLL_SECONDS)
        raise StackError(f"stack {name} is still {status} after an hour")

    def changes(self, stack: Stack) -> list[str]:
        """Return what deploying would change, one line per resource. Nothing is changed.

        :raises StackError: if the stack cannot be updated.
        """
        if self.outputs(stack.name) is None:
            summary = self._cloudformation.get_template_summary(TemplateBody=stack.template.read_text())
            return [f"create {kind}" for kind in sorted(summary["ResourceTypes"])]
        if not self._proposed(stack):
            return []
        try:
            return [*self._dropped(stack), *self._planned(stack.name)]
        finally:
            self._drop_change_set(stack.name)

    def _proposed(self, stack: Stack) -> bool:
        """Create the change set, in place of one that a stopped deployment left. Tell if there is one."""
        try:
            self._cloudformation.create_change_set(
                **stack.request, ChangeSetName=_CHANGE_SET, ChangeSetType="UPDATE"
            )
        except ClientError as error:
            if _NOTHING_TO_DO[0] in str(error):
                return False
            if error.response["Error"]["Code"] != "AlreadyExistsException":
                raise
            self._drop_change_set(stack.name)
            return self._proposed(stack)
        return True

    def deploy(self, stack: Stack) -> Outputs:
        """Create or update a stack and wait for the end.

        :return: the outputs of the stack.
        :raises StackError: if it fails. CloudFormation then deletes a new stack and rolls an old one back.
        """
        which = stack.name
        try:
            if self.outputs(stack.name) is None:
                # A failed stack is deleted, and its events can then be read by its id only.
                which = self._cloudformation.create_stack(**stack.request, OnFailure="DELETE")["StackId"]
                self._cloudformation.get_waiter("stack_create_complete").wait(StackName=which)
            elif self.changes(stack):
                self._cloudformation.update_stack(**stack.request)
                self._cloudformation.get_waiter("stack_update_complete").wait(StackName=stack.name)
        except WaiterError as error:
            raise StackError(f"stack {stack.name} failed: {self._why(which)}") from error
        return self.outputs(stack.name) or {}

    def _dropped(self, stack: Stack) -> Iterator[str]:
        """Name what an earlier deployment was given and this one is not."""
        (found,) = self._cloudformation.describe_stacks(StackName=stack.name)["Stacks"]
        for parameter in found.get("Parameters", []):
            key, value = parameter["ParameterKey"], parameter["ParameterValue"]
            if key not in stack.parameters and key in _OPTIONAL and value not in ("", "/"):
                yield f"drop {key}, which was {value}"

    def _drop_change_set(self, name: str) -> None:
        self._cloudformation.delete_change_set(StackName=name, ChangeSetName=_CHANGE_SET)

    def _why(self, stack_id: str) -> str:
        """Return the reason of the first resource that failed in the last operation of a stack."""
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        reason = f"see the events of {stack_id}"
        for event in (event for page in pages for event in page["StackEvents"]):  # the newest first
            is_stack = event["PhysicalResourceId"] == event["StackId"]
            if is_stack and event["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"):
                break
            if not is_stack and event["ResourceStatus"].endswith("_FAILED"):
                reason = (
                    f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
                )
        return reason

    def _planned(self, name: str) -> Iterator[str]:
        which = {"StackName": name, "ChangeSetName": _CHANGE_SET}
        try:
            self._cloudformation.get_waiter("change_set_create_complete").wait(**which)
        except WaiterError as error:
            reason = str(error.last_response.get("StatusReason", ""))
            if any(text in reason for text in _NOTHING_TO_DO):
                return
            raise StackError(f"stack {name} cannot be updated: {reason}") from error
        described = self._cloudformation.get_paginator("describe_change_set").paginate(**which)
        changes = [change["ResourceChange"] for page in described for change in page["Changes"]]
        if not changes:
            yield "change no resource, only outputs or metadata"
        for change in changes:
            replaces = " (replaced by a new one)" if change.get("Replacement") == "True" else ""
            verb = {"Add": "create", "Remove": "delete"}.get(change["Action"], "change")
            yield f"{verb} {change['ResourceType']} {change['LogicalResourceId']}{replaces}"
