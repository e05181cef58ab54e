"""Stand-ins for Amazon Connect, with its quotas, and for S3, in a process of their own.

    python -m bench.stand_ins OPEN NOW [storm]

prints the two addresses and answers until its standard input is closed. Then it prints the number of requests.
"""

import json
import logging
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from flask import Flask, Response, request
from werkzeug.serving import make_server

from bench import scenario
from local_aws.connect.contacts import StaticDirectory
from local_aws.connect.simulator import ConnectSimulator

#: Seconds, as a worker in the same Region sees them.
CONNECT_LATENCY, S3_LATENCY, S3_PAGE_LATENCY = 0.06, 0.02, 0.15
_PAGE = 1000
_NO_VERSIONS = (
    '<?xml version="1.0"?><ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>'
)


def quick_s3(sizes: Mapping[str, int], modified: datetime) -> tuple[Flask, list[int], list[int]]:
    """Return an app that lists objects, and two lists: the keys of each answer, and the listings of versions.

    :param sizes: size of each object, by key.
    :param modified: LastModified of all objects.
    """
    keys = sorted(sizes)
    app, answered, versions_asked = Flask("quick-s3"), [], []

    @app.get("/<bucket>")
    def list_objects(bucket: str) -> Response:
        if "versions" in request.args:
            versions_asked.append(0)
            time.sleep(S3_LATENCY)
            return Response(_NO_VERSIONS, mimetype="application/xml")
        prefix, start = request.args.get("prefix", ""), request.args.get("continuation-token", "")
        first = bisect_left(keys, max(prefix, start))
        page = [key for key in keys[first : first + _PAGE] if key.startswith(prefix)]
        after = keys[first + _PAGE] if len(page) == _PAGE and first + _PAGE < len(keys) else ""
        more = after.startswith(prefix) and bool(after)
        answered.append(len(page))
        time.sleep(S3_PAGE_LATENCY if len(page) > 10 else S3_LATENCY)
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{sizes[key]}</Size>"
            f"<LastModified>{scenario.text(modified)}</LastModified></Contents>"
            for key in page
        )
        token = f"<NextContinuationToken>{escape(after)}</NextContinuationToken>" if more else ""
        body = (
            f'<?xml version="1.0"?><ListBucketResult><Name>{bucket}</Name><KeyCount>{len(page)}</KeyCount>'
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}</ListBucketResult>"
        )
        return Response(body, mimetype="application/xml")

    return app, answered, versions_asked


def main(open_contacts: int, now: datetime, *, storm: bool = False) -> None:
    """Answer until standard input is closed.

    :param storm: no call has a recording, and all have ended.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    ids = list(scenario.contact_ids(open_contacts))
    described = scenario.storm_described if storm else scenario.described
    directory = StaticDirectory({id_: described(now, n, id_) for n, id_ in enumerate(ids)})
    sizes = {
        scenario.key(scenario.connected_at(now, n), id_): scenario.recording_size(now, n)
        for n, id_ in enumerate(ids)
        if scenario.has_ended(n) and not storm
    }
    others = scenario.contact_ids(scenario.OTHER_RECORDINGS, seed=3)
    sizes |= {scenario.key(scenario.connected_at(now, n), id_): 9_600_044 for n, id_ in enumerate(others)}
    app, answered, versions_asked = quick_s3(sizes, now - timedelta(minutes=1))
    s3 = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=s3.serve_forever, daemon=True).start()
    with ConnectSimulator(
        scenario.INSTANCE_ID,
        directory,
        recording_bucket=scenario.BUCKET,
        recording_prefix=scenario.PREFIX,
        latency_seconds=CONNECT_LATENCY,
    ) as connect:
        addresses = {"connect": connect.endpoint_url, "s3": f"http://127.0.0.1:{s3.server_port}"}
        sys.stdout.write(json.dumps(addresses) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
        asked = {**connect.calls, "refused": connect.refused.total(), "S3 requests": len(answered)}
        asked["S3 versions"] = len(versions_asked)
        sys.stdout.write(json.dumps(asked) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), datetime.fromisoformat(sys.argv[2]).astimezone(UTC), storm="storm" in sys.argv)
