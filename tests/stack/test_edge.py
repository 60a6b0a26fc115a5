"""The edge's image with the files that `make model-up` writes: the answer to a name that no model has."""

import http.client
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.stack.platform import definition
from tests.support.polling import eventually
from tests.support.servers import free_port, http_answers

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def edge(folder: Path, models: dict[str, str]) -> Iterator[str]:
    """The base URL of an edge without an api, with the contents of its folder models/ by file."""
    folder.chmod(0o755)
    folder.joinpath("models").mkdir()
    for name, content in models.items():
        (folder / "models" / name).write_text(content, encoding="utf-8")
    service = definition()["services"]["edge"]
    port = free_port()
    mounts = [f"--volume={ROOT}/deploy/edge/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"]
    mounts += [f"--volume={folder}/models:/usr/local/etc/haproxy/models:ro"]
    name = f"edge-test-{port}"
    command = ["docker", "run", "--rm", "--detach", f"--name={name}", f"--publish=127.0.0.1:{port}:8000", *mounts]
    subprocess.run([*command, service["image"], *service["command"]], check=True, capture_output=True)
    try:
        eventually(lambda: http_answers(f"http://127.0.0.1:{port}/m/x", 404), seconds=30)
        yield f"http://127.0.0.1:{port}"
    finally:
        subprocess.run(["docker", "rm", "--force", name], check=True, capture_output=True)


def asked(url: str) -> tuple[int, Any]:
    answer = httpx2.post(url)
    return answer.status_code, answer.json()


@pytest.fixture
def backend() -> str:
    """Of the model bikes, whose api does not run."""
    text = (ROOT / "deploy/edge/model.cfg").read_text(encoding="utf-8")
    return text.replace("MODEL", "bikes").replace("API", "api-bikes")


def test_a_name_that_no_model_has_is_answered_with_the_names_there_are(tmp_path: Path, backend: str) -> None:
    names = 'global\n  setenv EDGE_MODELS "bikes, iris_clf"\n'
    with edge(tmp_path, {"_names.cfg": names, "bikes.cfg": backend}) as url:
        for path in ("/m/nobody/predict", "/m/nobody", "/m/nobody/feedback"):
            status, problem = asked(url + path)
            assert (status, problem["status"], problem["title"]) == (404, 404, "Not Found")
            assert problem["detail"] == "no model is named nobody; the models are bikes, iris_clf"
        status, problem = asked(f"{url}/v2/models/nobody/infer")
        assert (status, problem) == (404, {"error": "no model is named nobody; the models are bikes, iris_clf"})
        # A client that encodes nothing.
        raw = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
        raw.request("GET", '/m/no"body/')
        assert json.loads(raw.getresponse().read())["detail"].startswith('no model is named no"body;')
        raw.close()
        # Whose api does not run: the edge knows the name.
        assert httpx2.post(f"{url}/m/bikes/predict").status_code == 503
        assert httpx2.post(f"{url}/predict").status_code == 503


def test_without_further_models_the_answer_says_where_the_one_model_is(tmp_path: Path) -> None:
    with edge(tmp_path, {}) as url:
        status, problem = asked(f"{url}/m/iris_clf/predict")
        assert (status, problem["status"]) == (404, 404)
        assert "do not begin with /m/" in problem["detail"]
        assert httpx2.post(f"{url}/v2/models/iris_clf/infer").status_code == 503
