"""Pages of a bucket's versions, as S3 cuts them."""

import pytest
from botocore.stub import Stubber

from audio_leakage_hooks.recording_bucket import RecordingBucketHook

BUCKET, PREFIX = "recordings", "2023/08/29/"
MARKER = {"Key": f"{PREFIX}c-1.wav", "VersionId": "v", "IsLatest": True}


@pytest.mark.parametrize(
    "places",
    [
        pytest.param([("a", "v1"), ("a", "v2")], id="many versions of one object"),
        # S3 gives the version "null" to whatever was there before versions were kept.
        pytest.param([("a", "null"), ("b", "null")], id="objects from before versions were kept"),
    ],
)
def test_a_delete_marker_is_found_on_the_last_page(places: list[tuple[str, str]]) -> None:
    hook = RecordingBucketHook(aws_conn_id=None, region_name="af-south-1")
    with Stubber(hook.conn) as stub:
        asked = {"Bucket": BUCKET, "Prefix": PREFIX}
        for key, version in places:
            page = {"IsTruncated": True, "NextKeyMarker": key, "NextVersionIdMarker": version}
            stub.add_response("list_object_versions", page, asked)
            asked = {**asked, "KeyMarker": key, "VersionIdMarker": version}
        stub.add_response("list_object_versions", {"IsTruncated": False, "DeleteMarkers": [MARKER]}, asked)
        assert hook.has_delete_marker(BUCKET, PREFIX)
