"""AWS as a service: `python -m local_aws.commands.serve`, for docker-compose.yaml.

moto and the simulated Amazon Connect listen on fixed ports. A contact centre plays in real time until the
process ends. Set ``AWS_ENDPOINT_URL_DYNAMODB`` to keep the table in DynamoDB Local.
"""

import argparse
import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from local_aws.connect.simulator import ConnectSimulator
from local_aws.contact_centre.centre import ContactCentre
from local_aws.contact_centre.company import BUCKET, PREFIX, contact_centre, set_up
from local_aws.contact_centre.seed_contacts import INSTANCE_ID
from local_aws.server import LocalAws

DURATION, CALLS_PER_HOUR = timedelta(days=7), 30
#: The first call comes this long before the start, so that the first run finds some calls.
_HEAD_START = timedelta(minutes=10)
_STEP_SECONDS = 5

log = logging.getLogger(__name__)


def main() -> None:
    """Set up AWS and play until the process is stopped."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    centre = week_of_calls(datetime.now(UTC) - _HEAD_START)
    connect = ConnectSimulator(
        INSTANCE_ID,
        centre,
        recording_bucket=BUCKET,
        recording_prefix=PREFIX,
        host=options.host,
        port=options.connect_port,
    )
    elsewhere = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB")
    with LocalAws(connect, host=options.host, port=options.port, dynamodb_url=elsewhere) as aws:
        set_up(aws)
        log.info("AWS listens at %s, Amazon Connect at %s", aws.endpoint_url, connect.endpoint_url)
        play(centre, aws, lambda: time.sleep(_STEP_SECONDS))


def week_of_calls(start: datetime) -> ContactCentre:
    """Return a contact centre with a week of calls from a start on."""
    return contact_centre(start, DURATION, CALLS_PER_HOUR, seed=int(start.timestamp()))


def play(centre: ContactCentre, aws: LocalAws, pause: Callable[[], None]) -> None:
    """Play the contact centre in real time.

    :param centre: the contact centre to play.
    :param aws: the AWS that it writes to.
    :param pause: called between two steps; an exception from it ends the play.
    """
    while True:
        for event in centre.play(datetime.now(UTC), aws):
            log.info("%s %s", event.at.isoformat(timespec="seconds"), event.message)
        pause()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve a local AWS and play a contact centre in real time.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=5000, help="port of all services but Amazon Connect")
    parser.add_argument("--connect-port", type=int, default=5001, help="port of Amazon Connect")
    return parser.parse_args()


if __name__ == "__main__":
    main()
