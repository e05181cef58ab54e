"""Measure the flow audit: CPU seconds and peak memory for 500 flows of 200 blocks.

PYTHONPATH=include:plugins:tests python -m bench.flow_audit [--flows 500] [--blocks 200] [--every 25] [--recorded]
"""

import argparse
import json
import resource
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from audio_leakage.flow_audit.audit import audit
from audio_leakage.flow_audit.flow import Flow, read_flow
from support.flow_sets import large_flows


def main() -> None:
    """Print one line of figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--flows", type=int, default=500)
    parser.add_argument("--blocks", type=int, default=200)
    parser.add_argument("--every", type=int, default=25, help="every so many blocks one matters")
    parser.add_argument("--recorded", action="store_true", help="every flow sets recording first")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        # Another process makes the flows, so that this one's memory is the audit's alone.
        made_by = get_context("spawn").Process(
            target=make,
            args=(Path(folder), options.flows, options.blocks, options.every, options.recorded),
        )
        made_by.start()
        made_by.join()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        start = time.process_time()
        flows = list(read(Path(folder)))
        middle = time.process_time()
        entries = audit(flows)
        seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    results = Counter(str(audited.result) for audited in entries)
    print(  # noqa: T201
        f"{seconds:.1f} CPU seconds, {middle - start:.1f} of them for reading, "
        f"{peak} MB, {before} MB of them before: {dict(results)}"
    )


def make(folder: Path, flows: int, blocks: int, every: int, are_recorded: bool) -> None:
    """Write one file for each flow, as Connect would answer."""
    made = large_flows(Random(1), flows, blocks, every, are_recorded=are_recorded)
    for key, flow in made.items():
        answer = {"Id": key, "Name": flow.name, "Type": flow.type, "Content": json.dumps(flow.content)}
        (folder / f"{key}.json").write_text(json.dumps(answer), encoding="utf-8")


def read(folder: Path) -> Iterator[Flow]:
    """Yield the flows of a folder. Of each, the content is dropped before the next is read."""
    for path in sorted(folder.iterdir()):
        answer = json.loads(path.read_text(encoding="utf-8"))
        yield read_flow(answer["Id"], answer["Name"], answer["Type"], answer["Content"])


if __name__ == "__main__":
    main()
