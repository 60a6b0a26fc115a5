"""The verbs that move aliases, on a real MLflow, as a person types them; and what a killed publish leaves."""

import io
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from rich.console import Console

from courier.following.registry import MlflowRegistry as CourierRegistry
from tests.support.servers import free_port
from trainer.__main__ import main
from trainer.registry.versions import MlflowVersions
from trainer.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def model(mlflow_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A registered model with three versions, and a folder whose contract names it."""
    from mlflow import MlflowClient

    name = f"moves_{uuid4().hex[:8]}"
    contract = yaml.safe_load((ROOT / "data/contract.yaml").read_text()) | {"model": name}
    (tmp_path / "data").mkdir()
    (tmp_path / "data/contract.yaml").write_text(yaml.safe_dump(contract))
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    monkeypatch.setenv("COURIER_URL", f"http://127.0.0.1:{free_port()}")
    client = MlflowClient(mlflow_server, mlflow_server)
    client.create_registered_model(name)
    run = client.create_run(client.create_experiment(name)).info
    for number in range(3):
        client.create_model_version(name, f"{run.artifact_uri}/{number}", run.run_id, tags={"bundle": str(number) * 64})
    return name


def typed(*arguments: str, status: int = 0) -> str:
    """What the verb says."""
    output = io.StringIO()
    assert main(list(arguments), Console(file=output, width=200), Console(file=output, width=200)) == status, (
        output.getvalue()
    )
    return output.getvalue()


def aliases(uri: str, model: str) -> dict[str, str]:
    return MlflowVersions(Settings(mlflow_tracking_uri=uri)).state(model).aliases


def test_a_canary_is_promoted_and_taken_back_and_every_move_is_kept(model: str, mlflow_server: str) -> None:
    typed("promote", "--version", "1")
    assert "would move canary: version 2 at 5 %" in typed("canary", "--version", "2", "--percent", "5", "--dry-run")
    assert aliases(mlflow_server, model) == {"production": "1"}
    typed("canary", "--version", "2", "--percent", "5", "--why", "a try")
    followed = CourierRegistry(mlflow_server).resolve(model, "canary")
    assert followed is not None
    assert (followed.version, followed.tags["percent"]) == ("2", "5")
    assert json.loads(followed.tags["move.canary"])["why"] == "canary: a try"
    shown = typed("models")
    assert "95 %" in shown
    assert "without live figures" in shown
    typed("promote")
    typed("shadow", "--version", "3")
    assert aliases(mlflow_server, model) == {"production": "2", "shadow": "3"}
    typed("rollback")
    typed("shadow", "--version", "none")
    assert aliases(mlflow_server, model) == {"production": "1"}
    assert "no version of" in typed("rollback", status=1)
    lines = [line.split("  ", 1)[1] for line in typed("history").splitlines()]
    assert [line.split()[0] for line in lines] == [
        "shadow", "production", "shadow", "canary", "production", "canary", "production",
    ]  # fmt: skip
    assert lines[1].endswith("version 1, was 2  rollback")


def test_mistakes_are_reported_and_move_nothing(model: str, mlflow_server: str) -> None:
    assert f"{model} has no version 9; it has 1, 2, 3" in typed("promote", "--version", "9", status=1)
    assert "is production yet" in typed("canary", "--version", "1", "--percent", "5", status=1)
    assert "so name a version: VERSION=4" in typed("promote", status=1)
    assert aliases(mlflow_server, model) == {}


@pytest.mark.parametrize("percent", ["10", "ten"])
def test_a_version_that_is_production_and_canary_has_all_the_traffic(
    model: str, mlflow_server: str, percent: str
) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(mlflow_server, mlflow_server)
    typed("promote", "--version", "1")
    client.set_registered_model_alias(model, "canary", "1")
    client.set_model_version_tag(model, "1", "percent", percent)
    (row,) = (line for line in typed("models").splitlines() if "canary, production" in line)
    assert "100 %" in row


@pytest.mark.parametrize("percent", ["ten", "nan", "1" + "0" * 400])
def test_no_tag_that_somebody_wrote_by_hand_ends_a_verb_in_a_traceback(
    model: str, mlflow_server: str, percent: str
) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(mlflow_server, mlflow_server)
    typed("promote", "--version", "1")
    client.set_registered_model_alias(model, "canary", "2")
    for name in ("gate.reasons", "quality", "move.production", "move.canary", "had_alias.production", "bundle"):
        client.set_model_version_tag(model, "3", name, "[/red] \x1b[2J {")
    client.set_model_version_tag(model, "3", "gate.verdict", "failed")
    for text in ("[" * 4000, "7", '{"alias": 7}'):
        client.set_registered_model_tag(model, f"moved.2026-{len(text)}", text)
    assert "10 %" in typed("models")
    client.set_model_version_tag(model, "2", "percent", percent)
    shown = typed("models")
    assert "tag?" in shown
    assert "\x1b" not in shown
    assert "[/red]" in shown
    assert "production" in typed("history")
    assert "has no tag `bundle`" in typed("promote", "--version", "3", status=1)
    assert "version 2 at 5 %" in typed("canary", "--version", "2", "--percent", "5")
    assert "95 %" in typed("models")


@contextmanager
def courier(**health: object) -> Iterator[str]:
    """The two pages that the trainer reads."""
    pages = {"/health": health, "/quality.json": []}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(pages[self.path]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_models_say_what_serves_where_the_alias_names_a_version_that_was_refused(
    model: str, mlflow_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("promote", "--version", "1")
    typed("promote", "--version", "3")
    why = "version 3 has no tag `bundle`, so it is not a model of the trainer [/red]"
    serving = {
        "aliases": {"production": {"names": "3", "serves": "1"}, "canary": {"names": None, "serves": None}},
        "refused": [{"alias": "production", "version": "3", "reason": "tag", "error": why}],
    }
    follows = {"registry": mlflow_server, "model": model, "serving_dir": "/"}
    with courier(follows=follows, serving=serving) as url:
        monkeypatch.setenv("COURIER_URL", url)
        shown = typed("models")
        output = io.StringIO()
        assert main(["models"], Console(file=output, width=80), Console(file=output, width=80)) == 0
    rows = {line.split()[0]: line for line in shown.splitlines() if line.strip()[:1].isdigit()}
    assert "100 %" in rows["1"]
    assert "production" in rows["3"]
    assert "%" not in rows["3"]
    sentence = f"note: alias production names version 3, which was refused: {why}; version 1 serves"
    assert sentence in shown
    assert sentence in " ".join(output.getvalue().split())
    assert max(map(len, output.getvalue().splitlines())) <= 80


def test_a_registry_that_is_away_is_reported_in_seconds(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    for verb in (["rollback"], ["models"], ["history"], ["promote", "--version", "1"]):
        assert "no MLflow server answers at" in typed(*verb, status=1)
    assert "/health does not answer" in typed("quality", status=1)


def test_more_versions_than_fit_on_a_page_are_all_seen(
    model: str, mlflow_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.registry.versions.PAGE", 2)
    assert set(MlflowVersions(Settings(mlflow_tracking_uri=mlflow_server)).state(model).versions) == {"1", "2", "3"}
