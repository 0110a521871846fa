"""How good and how quick stage 1 of the router is.

    python scripts/bench/router.py

Prints, with the machine it ran on: CPU time of a request and memory of the process, then accuracy, danger, what the
order gate exposes and asks, calibration, and what abstaining buys. Speed comes first because memory is read before
scikit-learn, which the router does not need, is loaded.
"""

import json
import os
import platform
import resource
import sys
import time
from pathlib import Path

from daybook.routing.classifier import IntentClassifier
from daybook.routing.order_gate import judge_order

UNSEEN = Path(__file__).resolve().parents[1] / "router_data" / "unseen.jsonl"
WARM_UP = 20


def memory_mb() -> float:
    """Return the most memory this process has held, in MB (ru_maxrss is in KB on Linux)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def show_speed() -> None:
    """Classify and judge each unseen request once and print what it took."""
    texts = [json.loads(line)["text"] for line in UNSEEN.read_text(encoding="utf-8").splitlines()]
    bare_mb, began = memory_mb(), time.process_time()
    classifier = IntentClassifier.shipped()
    classifier.classify(texts[0])
    load_s = time.process_time() - began
    for text in texts[:WARM_UP]:
        judge_order(text, classifier.classify(text))
    spent_ms = []
    for text in texts:
        began = time.process_time()
        judge_order(text, classifier.classify(text))
        spent_ms.append((time.process_time() - began) * 1_000)
    spent_ms.sort()
    p50_ms, p95_ms = spent_ms[len(spent_ms) // 2], spent_ms[int(len(spent_ms) * 0.95)]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}", end=", ")
    print(f"load {os.getloadavg()[0]:.1f}; CPU time of the process, one BLAS thread, {len(texts)} short requests")
    print(f"classify and judge: p50 {p50_ms:.1f} ms, p95 {p95_ms:.1f} ms, worst {spent_ms[-1]:.1f} ms of CPU")
    print(
        f"first request {load_s:.2f} s of CPU (loads the model); memory {memory_mb():.0f} MB, before {bare_mb:.0f} MB"
    )


def main() -> int:
    """Print the figures."""
    show_speed()
    from router_quality import by_cross_validation, on_development_set, on_unseen_set, show
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        for judge in (by_cross_validation, on_development_set, on_unseen_set):
            show(judge())
    return 0


if __name__ == "__main__":
    sys.exit(main())
