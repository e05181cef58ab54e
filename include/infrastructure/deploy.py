"""`make deploy`: show what will change, ask, then bring the monitor into an MWAA environment.

Deploying twice is safe: the second time, only the smoke check runs. boto3 finds credentials and Region.
"""

import argparse
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from audio_leakage.errors import SettingsError
from infrastructure.deployment import Deployment, Step
from infrastructure.environment import EnvironmentNotReady
from infrastructure.parameters import DeployOptions
from infrastructure.smoke import SmokeCheckFailed
from infrastructure.stacks import StackError

_EXPECTED = (BotoCoreError, ClientError, EnvironmentNotReady, SettingsError, SmokeCheckFailed, StackError)
_COLUMNS = 80


def main(arguments: list[str] | None = None) -> int:
    """Deploy with the options of the command line.

    :return: the exit code: 0 after a successful first run, 1 after an error, 2 if the user declined.
    """
    options = vars(_parser().parse_args(arguments))
    agreed = (lambda: True) if options.pop("yes") else _ask
    try:
        _tell("We look at what there is. Nothing changes before you agree.\n")
        return deploy(Deployment(DeployOptions(**options), _client, _tell), agreed, _tell)
    except _EXPECTED as error:
        _tell(f"deploy: {error}")
        return 1
    except KeyboardInterrupt:
        _tell("\ndeploy: stopped. Deploy again to go on: what is done stays done.")
        return 130


def deploy(deployment: Deployment, agreed: Callable[[], bool], tell: Callable[[str], object]) -> int:
    """Show every step, ask once, then take the steps in order.

    :param agreed: asks whether to go on.
    :param tell: prints a message, which may have several lines.
    :return: 0 when every step is done, 2 if the user declined.
    """
    steps = list(deployment.steps())
    for step in steps:
        tell(_planned(step))
    if not agreed():
        tell("nothing was changed")
        return 2
    for number, step in enumerate(steps, 1):
        tell(f"[{number}/{len(steps)}] {step.what} ...")
        step.apply()
    tell("done")
    return 0


def _planned(step: Step) -> str:
    if not step.changes:
        return f"{step.what}: nothing to change"
    return "\n    ".join((f"{step.what}:", *step.changes))


def _client(service: str) -> Any:  # noqa: ANN401  # one of boto3's many clients
    return boto3.client(service)  # type: ignore[call-overload]


def _ask() -> bool:
    try:
        return input("Go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:  # nobody is there to answer
        _tell("")
        return False


def _tell(message: str) -> None:
    sys.stdout.writelines(f"{_fitted(line)}\n" for line in message.split("\n"))
    sys.stdout.flush()


def _fitted(line: str) -> str:
    """Return a line in as many as 80 columns need. Names and ARNs stay whole: people copy them."""
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.fill(
        line, _COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="deploy", description="Bring the monitor into an MWAA environment.")
    parser.add_argument("--environment", required=True, help="name of the MWAA environment")
    parser.add_argument("--connect-instance-id", required=True, help="UUID of the Amazon Connect instance")
    parser.add_argument("--recording-bucket", required=True, help="bucket of the call recordings")
    parser.add_argument(
        "--recording-prefix", default="", help="prefix of the recordings; narrows the permission"
    )
    parser.add_argument(
        "--flow-log-group", default="", help="log group of the flow logs; also subscribes the Lambda to it"
    )
    parser.add_argument("--email", default="", help="address that receives alerts and alarms")
    parser.add_argument("--kms-key-arn", default="", help="your own key for the table")
    parser.add_argument("--instance", default="", help="name of a further instance, as in FURTHER_INSTANCES")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser


if __name__ == "__main__":
    sys.exit(main())
