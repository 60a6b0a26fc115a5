"""Start the parts of the platform as ordinary processes, and run the steps between them."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from scripts.run import record
from scripts.run.errors import ProcessEndedError
from scripts.run.home import Home
from scripts.run.interrupts import Interrupts
from scripts.run.processes import POLL_SECONDS, Process
from scripts.run.screen import Screen
from scripts.run.start_times import birth

MLFLOW_SECONDS = 120  # a cold start reads 400 MB of Python; 9-12 s on two quiet cores
READY_SECONDS = 60


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered with 200."""
    try:
        return httpx2.get(url, timeout=5).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False


@contextmanager
def running(home: Home, interrupts: Interrupts, names: list[str], *, verb: str) -> Iterator[dict[str, Process]]:
    """The named processes (mlflow, courier, api), started in this order and ended in reverse.

    They are in the checkout's record meanwhile, with the `verb` that a person typed.
    """
    commands = {
        "mlflow": home.mlflow_command(),
        "courier": [sys.executable, "-m", "courier"],
        "api": [sys.executable, "-m", "api"],
    }
    (home.root / "var" / "mlflow").mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        processes = {}
        for name in names:
            with interrupts.shield():
                process = Process(
                    commands[name], home.settings(), log=home.log(name), lock=home.lock(name), cwd=home.root
                )
                # Entered first, so left last: a part is in the record for as long as it runs.
                stack.callback(record.remove, home.root, name, process.process.pid)
                processes[name] = stack.enter_context(process)
                record.add(home.root, name, _part(home, name, process.process.pid, verb))
        yield processes


def _part(home: Home, name: str, pid: int, verb: str) -> record.Part:
    addresses = {"mlflow": home.mlflow_uri, "courier": home.courier_url, "api": home.api_url}
    return record.Part(
        pid=pid,
        birth=birth(pid) or "",
        since=datetime.now(UTC).isoformat(timespec="seconds"),
        verb=verb,
        starter=os.getpid(),
        starter_birth=birth(os.getpid()),
        address=addresses[name],
        registry=home.mlflow_uri,
        model=home.model_name,
        serving_dir=str(home.serving_dir),
    )


def wait_for_mlflow(home: Home, processes: dict[str, Process]) -> None:
    """Until the tracking API answers; /health would also be green for a server that refuses every client."""
    url = f"{home.mlflow_uri}/api/2.0/mlflow/experiments/search?max_results=1"
    if "mlflow" in processes:
        processes["mlflow"].wait_until(lambda: answers(url), f"MLflow answers at {home.mlflow_uri}", MLFLOW_SECONDS)
    elif not answers(url):
        raise ProcessEndedError(f"MLflow does not answer at {home.mlflow_uri}: start it, or leave MLFLOW_URI out")


def wait_for_bundle(home: Home, processes: dict[str, Process]) -> None:
    """Until every worker of the api serves the bundle that was published: each follows by itself."""
    made = [*home.root.glob("artifacts/bundles/*"), *home.root.glob("var/adopted/*/artifacts/bundles/*")]
    wanted = {folder.name for folder in made if folder.is_dir()}

    def served() -> bool:
        try:
            model = httpx2.get(f"{home.api_url}/model", timeout=5)
            metrics = httpx2.get(f"{home.api_url}/metrics", timeout=5)
        except httpx2.HTTPError:
            return False
        if model.status_code != httpx2.codes.OK or model.json()["bundle"] not in wanted:
            return False
        return is_served_by_all(metrics.text, str(model.json()["version"]))

    processes["api"].wait_until(served, "the api serves the published bundle", READY_SECONDS)


def is_served_by_all(metrics: str, version: str) -> bool:
    """Whether the api's metrics say that every worker has this version in production."""
    samples = [sample for family in text_string_to_metric_families(metrics) for sample in family.samples]
    workers = sum(sample.value for sample in samples if sample.name == "workers")
    labels = {"version": version, "variant": "production"}
    having = sum(sample.value for sample in samples if sample.name == "model_info" and sample.labels == labels)
    return 0 < workers == having


def run_step(home: Home, interrupts: Interrupts, what: str, command: list[str]) -> None:
    """Run `python -m command` to its end, its output on the person's terminal; ProcessEndedError when it fails."""
    with ExitStack() as stack:
        with interrupts.shield():
            step = stack.enter_context(
                Process([sys.executable, "-m", *command], home.settings(), log=None, cwd=home.root)
            )
        code = step.process.wait()
    if code:
        raise ProcessEndedError(f"{what} failed with exit code {code}; what it printed is above")


def services_of(home: Home) -> list[str]:
    """The services that this platform starts itself, in order."""
    return ["courier", "api"] if home.external_mlflow else ["mlflow", "courier", "api"]


def publish(
    home: Home,
    screen: Screen,
    interrupts: Interrupts,
    processes: dict[str, Process],
    *,
    to_serve: bool = False,
    keep_adopted: bool = False,
) -> None:
    """Make and publish the model; MLflow, still starting, is only needed for the second half.

    With `keep_adopted` an adopted model stays in production, and nothing is published.
    With `to_serve` the model has to pass the gate; without it a refusal is reported and is not a failure.
    """
    run_step(home, interrupts, "data, training, bundle", ["trainer", "repro"])
    with screen.step(f"waiting for MLflow at {home.mlflow_uri}"):
        wait_for_mlflow(home, processes)
    required = ["--require-promotion"] if to_serve else []
    kept = ["--keep-adopted"] if keep_adopted else []
    run_step(home, interrupts, "publish", ["trainer", "publish", *required, *kept])


def train_and_serve(
    home: Home, screen: Screen, interrupts: Interrupts, processes: dict[str, Process], *, keep_adopted: bool = False
) -> None:
    """From data to an api that answers with what the registry calls production."""
    publish(home, screen, interrupts, processes, to_serve=True, keep_adopted=keep_adopted)
    with screen.step("waiting for the api to serve the published version"):
        wait_for_bundle(home, processes)


def train(home: Home, screen: Screen, interrupts: Interrupts) -> None:
    """Data, training and publishing alone."""
    with running(home, interrupts, [] if home.external_mlflow else ["mlflow"], verb="train") as processes:
        publish(home, screen, interrupts, processes)


def keep_up(home: Home, screen: Screen, interrupts: Interrupts, names: list[str], *, verb: str) -> None:
    """Start the named processes, print their addresses, and stay until Ctrl-C or until one of them ends."""
    wanted = [name for name in names if name != "mlflow" or not home.external_mlflow]
    with running(home, interrupts, wanted, verb=verb) as processes:
        if verb == "local":
            train_and_serve(home, screen, interrupts, processes, keep_adopted=True)
        elif "mlflow" in processes:
            with screen.step("waiting for MLflow"):
                wait_for_mlflow(home, processes)
        else:
            with screen.step("waiting for the api"):
                processes["api"].wait_until(lambda: answers(f"{home.api_url}/health/live"), "it lives", READY_SECONDS)
        for line in record.addresses(record.read(home.root)):
            screen.say(line)
        screen.say("Ctrl-C stops everything, `make stop` in another terminal does too.")
        while all(process.process.poll() is None for process in processes.values()):
            time.sleep(POLL_SECONDS)
        ended = next(name for name, process in processes.items() if process.process.poll() is not None)
        raise ProcessEndedError(f"{ended} ended by itself\n{processes[ended].tail()}")
