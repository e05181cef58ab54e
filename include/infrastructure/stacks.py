"""CloudFormation stacks: preview a change, then apply it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

_IN_USE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
_CHANGE_SET = "what-would-change"
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

    @property
    def request(self) -> dict[str, Any]:
        """Request members that creating and updating share."""
        return {
            "StackName": self.name,
            "TemplateBody": self.template.read_text(),
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()
            ],
            "Capabilities": ["CAPABILITY_IAM"],
        }


class Stacks:
    """Preview and deploy the stacks of one account and Region.

    :param cloudformation: boto3's client for CloudFormation.
    """

    def __init__(self, cloudformation: Any) -> None:  # noqa: ANN401  # boto3's client
        self._cloudformation = cloudformation

    def outputs(self, name: str) -> Outputs | None:
        """Return the outputs of a stack, or None if there is no such stack.

        :raises StackError: if the stack is in a transition, or an earlier one failed.
        """
        try:
            (stack,) = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        if stack["StackStatus"] not in _IN_USE:
            raise StackError(f"stack {name} is {stack['StackStatus']}: wait for it to end, or delete it")
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def changes(self, stack: Stack) -> list[str]:
        """Return what deploying would change, one line per resource. Nothing is changed.

        :raises StackError: if the stack cannot be updated.
        """
        if self.outputs(stack.name) is None:
            summary = self._cloudformation.get_template_summary(TemplateBody=stack.template.read_text())
            return [f"create {kind}" for kind in sorted(summary["ResourceTypes"])]
        try:
            self._cloudformation.create_change_set(
                **stack.request, ChangeSetName=_CHANGE_SET, ChangeSetType="UPDATE"
            )
        except ClientError as error:
            if _NOTHING_TO_DO[0] in str(error):
                return []
            raise
        try:
            return list(self._planned(stack.name))
        finally:
            self._cloudformation.delete_change_set(StackName=stack.name, ChangeSetName=_CHANGE_SET)

    def deploy(self, stack: Stack) -> Outputs:
        """Create or update a stack and wait for the end.

        :return: the outputs of the stack.
        :raises StackError: if it fails. CloudFormation then deletes a new stack and rolls an old one back.
        """
        try:
            if self.outputs(stack.name) is None:
                self._cloudformation.create_stack(**stack.request, OnFailure="DELETE")
                self._cloudformation.get_waiter("stack_create_complete").wait(StackName=stack.name)
            elif self.changes(stack):
                self._cloudformation.update_stack(**stack.request)
                self._cloudformation.get_waiter("stack_update_complete").wait(StackName=stack.name)
        except WaiterError as error:
            raise StackError(f"stack {stack.name} failed; its events say why: {error}") from error
        return self.outputs(stack.name) or {}

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
