"""`make deploy`: show what will change, ask, then bring the monitor into an MWAA environment.

Deploying twice is safe: the second time, only the smoke check runs. boto3 finds credentials and Region.
"""

import argparse
import sys
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from audio_leakage.errors import SettingsError
from infrastructure.deployment import Deployment
from infrastructure.environment import EnvironmentNotReady
from infrastructure.parameters import DeployOptions
from infrastructure.smoke import SmokeCheckFailed
from infrastructure.stacks import StackError

_EXPECTED = (BotoCoreError, ClientError, EnvironmentNotReady, SettingsError, SmokeCheckFailed, StackError)


def main(arguments: list[str] | None = None) -> int:
    """Deploy with the options of the command line.

    :return: the exit code: 0 after a successful first run, 1 after an error, 2 if the user declined.
    """
    options = vars(_parser().parse_args(arguments))
    agreed = (lambda: True) if options.pop("yes") else _ask
    try:
        return deploy(Deployment(DeployOptions(**options), _client, _tell), agreed, _tell)
    except _EXPECTED as error:
        _tell(f"deploy: {error}")
        return 1


def deploy(deployment: Deployment, agreed: Callable[[], bool], tell: Callable[[str], object]) -> int:
    """Show every step, ask once, then take the steps in order.

    :param agreed: asks whether to go on.
    :param tell: prints one line.
    :return: 0 when every step is done, 2 if the user declined.
    """
    steps = list(deployment.steps())
    for step in steps:
        tell(f"{step.what}: {'; '.join(step.changes) or 'nothing to change'}")
    if not agreed():
        tell("nothing was changed")
        return 2
    for step in steps:
        tell(f"{step.what} ...")
        step.apply()
    tell("done")
    return 0


def _client(service: str) -> Any:  # noqa: ANN401  # one of boto3's many clients
    return boto3.client(service)  # type: ignore[call-overload]


def _ask() -> bool:
    return input("Go on? [y/N] ").strip().lower() in ("y", "yes")


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


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
