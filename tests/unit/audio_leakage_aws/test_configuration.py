import boto3
import pytest
from botocore.stub import Stubber

from audio_leakage.errors import MissingError
from audio_leakage_aws.configuration import Configuration


@pytest.mark.parametrize("groups", [[], [{"logGroupName": "/aws/connect/acme-test", "retentionInDays": 30}]])
def test_a_log_group_whose_name_only_begins_alike_is_missing(groups: list[dict[str, object]]) -> None:
    logs = boto3.client("logs")
    configuration = Configuration(lambda _service: logs)
    with Stubber(logs) as stubber:
        stubber.add_response("describe_log_groups", {"logGroups": groups})
        with pytest.raises(MissingError, match="'/aws/connect/acme' does not exist"):
            configuration.log_group("/aws/connect/acme")
