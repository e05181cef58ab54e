"""CloudFormation stacks: what would change, and making it so."""

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
    """A stack is in a state that only a person can mend, or its deployment failed."""


@dataclass(frozen=True)
class Stack:
    """A template under a name, with its parameters."""

    name: str
    template: Path
    parameters: Mapping[str, str]

    @property
    def request(self) -> dict[str, Any]:
        """What creating and updating have in common."""
        return {
            "StackName": self.name,
            "TemplateBody": self.template.read_text(),
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()
            ],
            "Capabilities": ["CAPABILITY_IAM"],
        }


class Stacks:
    """The stacks of an account and Region.

    :param cloudformation: boto3's client.
    """

    def __init__(self, cloudformation: Any) -> None:  # noqa: ANN401  # boto3's client
        self._cloudformation = cloudformation

    def outputs(self, name: str) -> Outputs | None:
        """Return a stack's outputs, None when there is no such stack.

        :raises StackError: when it is neither there nor gone: half created, half deleted, or in work.
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
        """Return what deploying would do, one line for each resource; nothing is changed."""
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
        """Create or update a stack, wait for its end and return its outputs.

        :raises StackError: when it fails; a new stack is gone then, an old one as it was.
        """
        try:
            if self.outputs(stack.name) is None:
                self._cloudformation.create_stack(**stack.request, OnFailure="DELETE")
                self._cloudformation.get_waiter("stack_create_complete").wait(StackName=stack.name)
            elif self.changes(stack):
                self._cloudformation.update_stack(**stack.request)
                self._cloudformation.get_waiter("stack_update_complete").wait(StackName=stack.name)
        except WaiterError as error:
            raise StackError(f"stack {stack.name} failed, its events say why: {error}") from error
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
            yield "change what no resource shows"  # outputs, say
        for change in changes:
            replaces = " by a new one" if change.get("Replacement") == "True" else ""
            verb = {"Add": "create", "Remove": "delete"}.get(change["Action"], "change")
            yield f"{verb} {change['ResourceType']} {change['LogicalResourceId']}{replaces}"
