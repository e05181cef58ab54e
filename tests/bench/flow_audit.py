"""Measure the flow audit: CPU seconds and memory for 500 flows of 200 blocks.

PYTHONPATH=include:plugins:tests python -m bench.flow_audit [--flows 500] [--blocks 200]
"""

import argparse
import json
import resource
import time
from collections import Counter
from random import Random

from audio_leakage.flow_audit.audit import audit
from audio_leakage.flow_audit.flow import read_flow
from support.flow_sets import large_flows


def main() -> None:
    """Print one line of figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--flows", type=int, default=500)
    parser.add_argument("--blocks", type=int, default=200)
    options = parser.parse_args()
    made = large_flows(Random(1), options.flows, options.blocks)
    published = [(key, flow.name, flow.type, json.dumps(flow.content)) for key, flow in made.items()]
    start = time.process_time()
    findings = audit(read_flow(*each) for each in published)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    results = Counter(str(finding.result) for finding in findings)
    print(f"{seconds:.1f} CPU seconds, {peak} MB with the flows' texts: {dict(results)}")  # noqa: T201


if __name__ == "__main__":
    main()
