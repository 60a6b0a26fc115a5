"""Publishing against a champion that means harm, on a real MLflow: it ends in time, as a recorded refusal."""

import io
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
import yaml
from rich.console import Console

from tests.support.bundles import tiny_parts
from tests.support.hostile_models import endless
from tests.support.servers import free_port
from trainer.__main__ import main
from trainer.gate import contender
from trainer.gate.champion import LARGEST, of_version
from trainer.gate.contender import Contender, IncomparableChampion
from trainer.registry.control import Version
from trainer.registry.versions import MlflowVersions
from trainer.settings import Settings
from trainer.workspace import confined
from trainer.workspace.confined import MIB, Limits
from trainer.workspace.files import json_bytes, sha256

ROOT = Path(__file__).parents[2]


def registered(
    uri: str, model: str, onnx: bytes, folder: Path, *, seed: str = "42", like: dict[str, Any] | None = None
) -> Version:
    """A version in production whose bundle is consistent, whatever its model does."""
    from mlflow import MlflowClient

    client = MlflowClient(uri, uri)
    files = {"model.onnx": {"size": len(onnx), "sha256": sha256(onnx)}}
    manifest = json_bytes((like or tiny_parts().manifest) | {"files": files})
    folder.mkdir()
    (folder / "manifest.json").write_bytes(manifest)
    (folder / "model.onnx").write_bytes(onnx)
    client.create_registered_model(model)
    run = client.create_run(client.create_experiment(model)).info
    client.log_artifacts(run.run_id, str(folder), "bundle")
    client.log_param(run.run_id, "seed", seed)
    client.log_param(run.run_id, "holdout_share", "0.3")
    tags = {"bundle": sha256(manifest)}
    client.create_model_version(model, f"{run.artifact_uri}/bundle", run.run_id, tags=tags)
    client.set_registered_model_alias(model, "production", "1")
    return Version("1", run.run_id, tags)


def test_the_files_of_a_version_come_through_the_child_and_its_model_answers(
    mlflow_server: str, tmp_path: Path
) -> None:
    onnx = tiny_parts().files["model.onnx"]
    version = registered(mlflow_server, f"champion_{uuid4().hex[:8]}", onnx, tmp_path / "bundle")
    found = of_version(version, MlflowVersions(Settings(mlflow_tracking_uri=mlflow_server)))
    assert isinstance(found, Contender)
    assert (found.model, found.split.seed, found.split.share, found.confined) == (onnx, 42, 0.3, True)


def test_a_run_that_is_gone_or_holds_no_bundle_is_a_reason(mlflow_server: str, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    model = f"champion_{uuid4().hex[:8]}"
    registry = MlflowVersions(Settings(mlflow_tracking_uri=mlflow_server))
    version = registered(mlflow_server, model, b"x", tmp_path / "bundle")
    for run_id, why in (("", "it was not made from a run"), ("0" * 32, "its run was deleted")):
        found = of_version(Version("1", run_id, version.tags), registry)
        assert isinstance(found, IncomparableChampion)
        assert why in found.why
    client = MlflowClient(mlflow_server, mlflow_server)
    empty = client.create_run(client.create_experiment(f"{model}_empty")).info.run_id
    found = of_version(Version("1", empty, version.tags), registry)
    assert isinstance(found, IncomparableChampion)
    assert "has no file bundle/manifest.json" in found.why


class Relay(BaseHTTPRequestHandler):
    """Stands before MLflow and sends artifacts as `badly` says: for ever, or one byte at a time."""

    protocol_version = "HTTP/1.0"
    behind = ""
    badly = "endless"
    ended = threading.Event()

    def do_GET(self) -> None:
        if "/mlflow-artifacts/artifacts/" in self.path:
            self.send_response(200)
            self.end_headers()
            try:
                while not self.ended.wait(0 if self.badly == "endless" else 0.5):
                    self.wfile.write(b"x" * MIB if self.badly == "endless" else b"x")
            except OSError:
                pass
            return
        self._pass_on(None)

    def do_POST(self) -> None:
        self._pass_on(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *_: object) -> None:
        pass

    def _pass_on(self, body: bytes | None) -> None:
        headers = {"Content-Type": "application/json"}
        asked = Request(f"{self.behind}{self.path}", data=body, headers=headers, method=self.command)
        try:
            with urlopen(asked, timeout=20) as answer:
                status, content = answer.status, answer.read()
        except HTTPError as error:
            status, content = error.code, error.read()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def relay(mlflow_server: str) -> Iterator[str]:
    Relay.behind, Relay.ended = mlflow_server, threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        Relay.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("badly", "seconds", "why"),
    [
        ("endless", 180, "more bytes came than are listed or allowed: manifest.json"),
        ("dripping", 20, "it was not done after 20 s"),
    ],
)
def test_a_download_is_counted_against_what_is_listed_and_has_a_deadline(
    mlflow_server: str,
    relay: str,
    tmp_path: Path,
    badly: str,
    seconds: float,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Relay, "badly", badly)
    onnx = tiny_parts().files["model.onnx"]
    version = registered(mlflow_server, f"champion_{uuid4().hex[:8]}", onnx, tmp_path / "bundle")
    settings = Settings(mlflow_tracking_uri=relay, mlflow_http_request_max_retries=0)
    registry = MlflowVersions(settings, limits=Limits(seconds=seconds, memory=1024 * MIB, file=512 * MIB))
    found = of_version(version, registry)
    assert isinstance(found, IncomparableChampion)
    assert why in found.why


def test_a_file_that_is_listed_as_too_large_is_not_fetched(
    mlflow_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.gate.champion.LARGEST", {**LARGEST, "model.onnx": 10})
    version = registered(mlflow_server, f"champion_{uuid4().hex[:8]}", b"x" * 11, tmp_path / "bundle")
    found = of_version(version, MlflowVersions(Settings(mlflow_tracking_uri=mlflow_server)))
    assert isinstance(found, IncomparableChampion)
    assert found.why == "its model.onnx has 11 bytes, at most 10 are read"


# It trains, proves and publishes; that took 180 s on a machine with a load of 25 on two cores.
@pytest.mark.timeout(400)
# MLflow's own, while it records the training data.
@pytest.mark.filterwarnings("ignore:Operation with range is deprecated", "ignore:.*Any type hint is inferred")
def test_publishing_against_an_endless_champion_ends_as_a_refusal_that_a_person_can_overrule(
    mlflow_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    model, output = f"champion_{uuid4().hex[:8]}", io.StringIO()
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    params["candidates"] = {"logistic_regression": params["candidates"]["logistic_regression"]}
    params["parity"]["random_rows"] = 100
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    (tmp_path / "data").mkdir()
    contract = yaml.safe_load((ROOT / "data/contract.yaml").read_text()) | {"model": model}
    (tmp_path / "data/contract.yaml").write_text(yaml.safe_dump(contract))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    monkeypatch.setenv("COURIER_URL", f"http://127.0.0.1:{free_port()}")
    console = Console(file=output, width=200)
    for verb in ("prepare", "train", "bundle"):
        assert main([verb], console, console) == 0, output.getvalue()
    # Its inputs and answers are ours, so that only running it can tell.
    (made,) = (tmp_path / "artifacts/bundles").iterdir()
    ours = json.loads((made / "manifest.json").read_bytes())
    like = ours | {"provenance": {"params_sha256": "0" * 64}}
    registered(mlflow_server, model, endless(), tmp_path / "hostile", seed=str(params["seed"]), like=like)
    short = Limits(seconds=12, memory=256 * MIB, file=MIB)
    monkeypatch.setattr(contender, "answers_of", partial(confined.answers_of, limits=short))
    assert main(["publish"], console, console) == 0, output.getvalue()
    assert "did not pass the gate" in output.getvalue()
    client = MlflowClient(mlflow_server, mlflow_server)
    tags = client.get_model_version(model, "2").tags
    assert tags["gate.verdict"] == "failed"
    assert "the champion could not be judged: it was not done after 12 s" in tags["gate.reasons"]
    assert client.get_registered_model(model).aliases == {"production": "1", "challenger": "2"}
    assert main(["promote", "--version", "2"], console, console) == 0, output.getvalue()
    assert client.get_registered_model(model).aliases == {"production": "2"}


def test_the_card_of_a_version_is_linked_in_its_description_and_a_persons_words_stay(
    mlflow_server: str, tmp_path: Path
) -> None:
    from mlflow import MlflowClient

    model, client = f"described-{uuid4().hex[:8]}", MlflowClient(mlflow_server, mlflow_server)
    version = registered(mlflow_server, model, b"no model", tmp_path / "described")
    registry = MlflowVersions(Settings(mlflow_tracking_uri=mlflow_server))
    registry.describe(model, "1", version.run_id, "card/card.html", "Card of version 1")
    experiment = client.get_run(version.run_id).info.experiment_id
    address = f"#/experiments/{experiment}/runs/{version.run_id}/artifacts/card/card.html"
    assert client.get_model_version(model, "1").description == f"[Card of version 1]({address})"
    client.update_model_version(model, "1", "ask Ada")
    registry.describe(model, "1", version.run_id, "card/card.html", "Card of version 1")
    assert client.get_model_version(model, "1").description == "ask Ada"
