"""`make deploy`: show what will change, ask, then bring the monitor into an MWAA environment.

Deploying twice is safe: the second time, only the smoke check runs. boto3 finds credentials and Region. The
options of a deployment are kept in a file, by default ``deployments/<environment>.toml``.
"""

import argparse
import sys
import textwrap
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from audio_leakage.errors import SettingsError
from infrastructure.bucket import ChangedMeanwhile
from infrastructure.deployment import Deployment, Part, Step
from infrastructure.environment import EnvironmentNotReady, RestRefused
from infrastructure.options_file import read_options, write_options
from infrastructure.package import ROOT
from infrastructure.parameters import DeployOptions
from infrastructure.plugins_zip import UnreadablePlugins
from infrastructure.smoke import SmokeCheckFailed
from infrastructure.stacks import StackError

_EXPECTED = (
    BotoCoreError,
    ChangedMeanwhile,
    ClientError,
    EnvironmentNotReady,
    RestRefused,
    SettingsError,
    SmokeCheckFailed,
    StackError,
    UnreadablePlugins,
)
_REQUIRED = ("environment", "connect_instance_id", "recording_bucket")
_COLUMNS = 80


def main(arguments: list[str] | None = None) -> int:
    """Deploy with the options of the command line and of the options file.

    :return: the exit code: 0 after a successful first run, 1 after an error, 2 if the user declined. With
        ``--plan``: 0 if there is nothing to change, 2 if there is.
    """
    given = vars(_parser().parse_args(arguments))
    says_yes, is_plan, parts = given.pop("yes"), given.pop("plan"), given.pop("only") or list(Part)
    config = given.pop("config")
    try:
        file = config or _file_of(given)
        options = _options(file, given)
        _tell("We look at what there is. Nothing changes before you agree.\n")
        deployment = Deployment(options, _client, _tell)
        if is_plan:
            return plan(deployment, parts, _tell)

        def agreed() -> bool:
            if not says_yes and not _ask():
                return False
            write_options(file, options)
            return True

        return deploy(deployment, parts, agreed, _tell)
    except _EXPECTED as error:
        _tell(f"deploy: {error}")
        return 1
    except KeyboardInterrupt:
        _tell("\ndeploy: stopped. Deploy again to go on: what is done stays done.")
        return 130


def deploy(
    deployment: Deployment,
    parts: Collection[Part],
    agreed: Callable[[], bool],
    tell: Callable[[str], object],
) -> int:
    """Show every step, ask once, then take the steps in order.

    :param parts: the parts to deploy.
    :param agreed: asks whether to go on.
    :param tell: prints a message, which may have several lines.
    :return: 0 when every step is done, 2 if the user declined.
    """
    steps = list(deployment.steps(parts))
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


def plan(deployment: Deployment, parts: Collection[Part], tell: Callable[[str], object]) -> int:
    """Show what a deployment would change. The first run is left out: it changes no part.

    :param parts: the parts to plan.
    :param tell: prints a message, which may have several lines.
    :return: 0 if there is nothing to change, 2 if there is.
    """
    steps = list(deployment.steps([part for part in parts if part is not Part.CHECK]))
    for step in steps:
        tell(_planned(step))
    changes = sum(len(step.changes) for step in steps)
    tell(f"{changes} changes" if changes else "nothing to change")
    return 2 if changes else 0


def _file_of(given: dict[str, Any]) -> Path:
    name = "__".join(filter(None, (given["environment"], given["instance"])))
    if not name:
        raise SettingsError("say which environment: --environment NAME, or --config FILE")
    return ROOT / "deployments" / f"{name}.toml"


def _options(file: Path, given: dict[str, Any]) -> DeployOptions:
    """Return the options of the file, changed by those of the command line. An empty one drops it."""
    values = read_options(file) | {name: value for name, value in given.items() if value is not None}
    missing = [f"--{name.replace('_', '-')}" for name in _REQUIRED if not values.get(name)]
    if missing:
        raise SettingsError(f"{', '.join(missing)}: give it once, and {file} remembers it")
    return DeployOptions(**values)


def _planned(step: Step) -> str:
    if not step.changes:
        return f"{step.what}: nothing to change"
    return "\n    ".join((f"{step.what}:", *step.changes))


def _client(service: str, **options: str) -> Any:  # noqa: ANN401  # one of boto3's many clients
    return boto3.client(service, **options)  # type: ignore[call-overload]


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
    parser.add_argument(
        "--config", type=Path, help="file of options; without it, deployments/<environment>.toml"
    )
    parser.add_argument("--environment", help="name of the MWAA environment")
    parser.add_argument("--connect-instance-id", help="UUID of the Amazon Connect instance")
    parser.add_argument("--recording-bucket", help="bucket of the call recordings")
    parser.add_argument("--recording-prefix", help="prefix of the recordings; narrows the permission")
    parser.add_argument("--recording-key-arn", help="KMS key of the recordings; evidence looks at its state")
    parser.add_argument(
        "--flow-log-group", help="log group of the flow logs; also subscribes the Lambda to it"
    )
    parser.add_argument("--email", help="address that receives alerts and alarms")
    parser.add_argument("--kms-key-arn", help="your own key for the table")
    parser.add_argument("--evidence-bucket", help="name of a new bucket for evidence of each day")
    parser.add_argument("--evidence-lock-mode", help="GOVERNANCE, or COMPLIANCE: nobody shortens the lock")
    parser.add_argument("--evidence-lock-years", help="how long evidence is locked")
    parser.add_argument("--instance", help="name of a further instance, as in FURTHER_INSTANCES")
    parser.add_argument("--iam-path", help="path of policies and roles, such as /monitoring/")
    parser.add_argument("--permissions-boundary", help="ARN of the permissions boundary of the Lambda's role")
    parser.add_argument("--tags", help="tags of all resources: key=value,key=value")
    parser.add_argument(
        "--graceful",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="let MWAA wait for running tasks, up to 12 hours",
    )
    parser.add_argument(
        "--only", action="append", type=Part, choices=list(Part), help="deploy this part; may be repeated"
    )
    parser.add_argument("--plan", action="store_true", help="show the changes; exit code 0 none, 2 some")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser


if __name__ == "__main__":
    sys.exit(main())
