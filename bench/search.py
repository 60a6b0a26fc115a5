"""`python -m bench.search`: how much sooner a training ends with more workers, and whether its bytes are the same.

A scheduler and workers of this checkout run on this machine. `--waiting` puts fits that only wait in the place of real
ones: then the number of cores does not matter, and the figure is what the cluster itself costs.
"""

import argparse
import hashlib
import os
import shutil
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from scripts.run.ports import free_port
from scripts.run.processes import Process

POLL_SECONDS = 0.05
BEGUN, ENDED = ("workers with this trainer: ", "one: cross-validating combination 1 "), "one: fitting "
"""Lines of progress. On a cluster the fits of all combinations begin once its workers are known."""
ROOT = Path(__file__).resolve().parents[1]
WAITING = """import time

from sklearn.linear_model import LogisticRegression


class Waiting(LogisticRegression):
    def __init__(self, C=1.0, random_state=None, seconds=1.0):
        super().__init__(C=C, random_state=random_state)
        self.seconds = seconds

    def fit(self, features, labels, sample_weight=None):
        time.sleep(self.seconds)
        return super().fit(features, labels, sample_weight)


def make(C, seconds):
    return Waiting(C=C, seconds=seconds)
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--workers", type=int, default=2, help="against one")
    parser.add_argument("--waiting", action="store_true", help="fits that wait a second each")
    parser.add_argument("--fits", type=int, default=60, help="of the whole search, five for each setting")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        project = Path(folder)
        _write(project, waiting=options.waiting, settings=max(1, options.fits // 5))
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        _run(project, environment, "prepare")
        counts = dict.fromkeys((0, 1, options.workers))
        seconds, digests = zip(*(_measured(project, environment, count) for count in counts), strict=True)
    kind = "fits that wait 1 s" if options.waiting else "fits of forests"
    lines = [f"{max(1, options.fits // 5) * 5} {kind}, {os.cpu_count()} cores"]
    for count, spent, digest in zip(counts, seconds, digests, strict=True):
        place = f"{count} worker{'s' if count > 1 else ''}" if count else "in the trainer"
        lines.append(f"{place:<15} {spent:6.1f} s   artifacts/train {digest}")
    lines.append(f"{options.workers} workers are {seconds[1] / seconds[2]:.2f} times as fast as one")
    sys.stdout.write("\n".join(lines) + "\n")
    if len(set(digests)) > 1:
        sys.exit("the bytes differ")


def _write(project: Path, *, waiting: bool, settings: int) -> None:
    (project / "data").mkdir()
    shutil.copy(ROOT / "data" / "contract.yaml", project / "data")
    params: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["cross_validation"]["folds"] = 5
    if waiting:
        (project / "models").mkdir()
        (project / "models" / "waiting.py").write_text(WAITING, encoding="utf-8")
        grid = {"C": [round(0.1 * place, 1) for place in range(1, settings + 1)]}
        one = {"estimator": "waiting:make", "settings": {"seconds": 1.0}, "grid": grid}
    else:
        grid = {"max_depth": list(range(1, settings + 1))}
        one = {"estimator": "RandomForestClassifier", "settings": {"n_estimators": 400}, "grid": grid}
    # A waiting model can't serve; another one has to.
    params["candidates"] = {"one": one, "linear": {"estimator": "LogisticRegression", "settings": {"C": 0.01}}}
    params["gate"] |= {"latency_ms": 1000.0, "size_mb": 1000.0}
    (project / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")


def _measured(project: Path, environment: dict[str, str], workers: int) -> tuple[float, str]:
    """Seconds of the search, and the digest of what it wrote; with no worker it runs as without a cluster."""
    with ExitStack() as running:
        if workers:
            address = f"tcp://127.0.0.1:{free_port()}"
            cluster = ["distributed.cli.dask_scheduler", "--host", address, "--no-dashboard"]
            _started(running, project, environment, "scheduler", cluster)
            limits = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0"]
            for number in range(workers):
                local = ["--local-directory", str(project / f"worker-{number}")]
                words = ["distributed.cli.dask_worker", address, *limits, *local]
                _started(running, project, environment, f"worker-{number}", words)
            _run(project, environment, "wait", address, str(workers))
            environment = environment | {"SEARCH_CLUSTER": address}
        spent = _run(project, environment, "train")
    found = hashlib.sha256()
    for file in sorted((project / "artifacts" / "train").rglob("*.*")):
        found.update(file.read_bytes())
    return spent, found.hexdigest()[:12]


def _started(running: ExitStack, project: Path, environment: dict[str, str], name: str, words: list[str]) -> None:
    log = project / f"{name}.txt"
    running.enter_context(Process([sys.executable, "-m", *words], environment, log=log, cwd=project))


WAIT = "import sys, distributed as d; c = d.Client(sys.argv[1], timeout=60); c.wait_for_workers(int(sys.argv[2]), 120)"


def _run(project: Path, environment: dict[str, str], verb: str, *words: str) -> float:
    """One verb of the trainer, or `wait` for the workers; ends the program where it fails.

    Returns the seconds between the begin of the search and the last fit of its first candidate.
    """
    command = ["-c", WAIT, *words] if verb == "wait" else ["-m", "trainer", verb]
    log, first, last = project / f"{verb}.txt", 0.0, 0.0
    log.unlink(missing_ok=True)
    with Process([sys.executable, "-u", *command], environment, log=log, cwd=project) as one:
        while one.process.poll() is None:
            time.sleep(POLL_SECONDS)
            text = log.read_text(encoding="utf-8")
            first = first or any(step in text for step in BEGUN) * time.monotonic()
            last = last or (ENDED in text) * time.monotonic()
        if one.process.returncode != 0:
            sys.exit(f"{verb} ended with {one.process.returncode}\n{one.tail()}")
    return last - first


if __name__ == "__main__":
    main()
