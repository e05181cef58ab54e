"""Every AWS service that the monitor uses, on ports of this machine."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

from local_aws.cloudformation import leave_out_no_value
from local_aws.conditional_writes import write_one_at_a_time
from local_aws.connect.simulator import ConnectSimulator
from local_aws.moto_hosts import find_each_host_once
from local_aws.recordings import pack_recordings
from local_aws.symmetric_keys import make_no_private_key

REGION = "af-south-1"
_FAST = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)
#: The simulated Connect checks each request itself, as Connect does.
_UNCHECKED = _FAST.merge(Config(parameter_validation=False))


class LocalAws:
    """Run moto and a simulated Amazon Connect.

    moto stands in for DynamoDB, S3, SNS, Logs and CloudFormation. Use this as a context manager: AWS is empty
    on entry. moto keeps its state per process, so run at most one at a time.

    :param connect: the simulated Amazon Connect.
    :param host: the address that moto listens on.
    :param port: the port that moto listens on; 0 picks a free one.
    :param dynamodb_url: address of another DynamoDB to use instead of moto's, such as DynamoDB Local.
    """

    def __init__(
        self,
        connect: ConnectSimulator,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        dynamodb_url: str | None = None,
    ) -> None:
        self.connect = connect
        self.dynamodb_url = dynamodb_url
        self._moto = ThreadedMotoServer(ip_address=host, port=port, verbose=False)
        self._clients: dict[str, Any] = {}

    def __enter__(self) -> Self:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        leave_out_no_value()
        pack_recordings()
        write_one_at_a_time()
        find_each_host_once()
        make_no_private_key()
        self.connect.__enter__()
        self._moto.start()
        self.reset()
        return self

    def __exit__(self, *_: object) -> None:
        self._moto.stop()
        self.connect.__exit__()

    @property
    def endpoint_url(self) -> str:
        """Address of moto."""
        host, port = self._moto.get_host_and_port()
        return f"http://{host}:{port}"

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that point boto3 here, in this process or another one."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_CONNECT": self.connect.endpoint_url,
            "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb_url or self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @contextmanager
    def applied(self) -> Iterator[Self]:
        """Set :attr:`environment` inside a ``with`` block and restore the old values after it."""
        before = dict(os.environ)
        os.environ.update(self.environment)
        try:
            yield self
        finally:
            os.environ.clear()
            os.environ.update(before)

    def reset(self) -> None:
        """Delete everything in moto: tables, buckets, topics, log groups, stacks."""
        urlopen(Request(f"{self.endpoint_url}/moto-api/reset", method="POST")).close()  # noqa: S310

    def client(self, service: str) -> Any:  # noqa: ANN401  # one of boto3's many clients
        """Return the boto3 client of a service that talks to this stand-in and never retries."""
        if service not in self._clients:
            self._clients[service] = self._new_client(service)
        return self._clients[service]

    def _new_client(self, service: str) -> Any:  # noqa: ANN401  # one of boto3's many clients
        elsewhere = {"connect": self.connect.endpoint_url, "dynamodb": self.dynamodb_url}
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=elsewhere.get(service) or self.endpoint_url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106
            region_name=REGION,
            config=_UNCHECKED if service == "connect" else _FAST,
        )

    def deploy(self, template: Path, stack: str, parameters: Mapping[str, str]) -> dict[str, str]:
        """Create a stack.

        :param template: file of the template.
        :param stack: name of the stack.
        :param parameters: parameters of the template.
        :return: the outputs of the stack.
        :raises RuntimeError: with CloudFormation's reason, if the stack could not be created.
        """
        cloudformation = self.client("cloudformation")
        cloudformation.create_stack(
            StackName=stack,
            TemplateBody=template.read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        (created,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        if created["StackStatus"] != "CREATE_COMPLETE":
            raise RuntimeError(
                f"stack {stack}: {created['StackStatus']} {created.get('StackStatusReason', '')}"
            )
        return {output["OutputKey"]: output["OutputValue"] for output in created.get("Outputs", [])}

    def create_bucket(self, name: str) -> None:
        """Create an empty bucket."""
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})

    def create_log_group(self, name: str) -> None:
        """Create an empty log group."""
        self.client("logs").create_log_group(logGroupName=name)
