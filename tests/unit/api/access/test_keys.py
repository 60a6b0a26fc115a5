"""API keys over HTTP: who may ask, the refusals of all others, and the key's name in the audit."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.access.key_tool import main as tool
from api.access.keys import Key, Keys, Permission, make_key, write_keys
from api.settings import Settings
from tests.support.bundles import IRIS
from tests.support.journals import records
from tests.support.polling import eventually

ROW = dict(zip(IRIS, (5.1, 3.5, 1.4, 0.2), strict=True))
V2 = {"inputs": [{"name": "features", "shape": [1, 4], "datatype": "FP64", "data": [*ROW.values()]}]}
CSV = ",".join(ROW) + "\n" + ",".join(map(str, ROW.values())) + "\n"
FEEDBACK = {"prediction_id": "01936d5a-7b9c-7000-8000-000000000000", "label": "setosa"}
GUARDED: dict[str, dict[str, Any]] = {
    "/predict": {"json": ROW},
    "/predict/batch": {"content": CSV, "headers": {"content-type": "text/csv"}},
    "/v2/models/iris_clf/infer": {"json": V2},
    "/v2/models/iris_clf/versions/1/infer": {"json": V2},
    "/invocations": {"json": {"dataframe_records": [ROW]}},
    "/feedback": {"json": FEEDBACK},
}
OPEN = (
    "/health", "/health/live", "/health/ready", "/metrics", "/docs", "/openapi.json", "/model", "/ping", "/version",
    "/v2", "/v2/health/ready", "/v2/models/iris_clf",
)  # fmt: skip

Client = Callable[[Settings], TestClient]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def client(serving: Path, settings: Settings, start: Client, file: Path) -> TestClient:
    """An application that asks for keys, and knows none yet."""
    assert serving.is_dir()
    return start(settings.model_copy(update={"api_keys_file": file}))


def give(file: Path, name: str, *scopes: Permission, rate: float | None = None, keys: Keys | None = None) -> str:
    secret, key = make_key(name, frozenset(scopes or ("predict", "feedback")), rate)
    write_keys(file, Keys(keys=(*(keys or Keys()).keys, key)))
    return secret


def refused(client: TestClient) -> float:
    return float(client.get("/metrics").text.partition('api_key_reloads_total{outcome="refused"} ')[2].split()[0])


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_without_a_key_every_prediction_and_feedback_is_401_and_leaves_no_record(
    client: TestClient, settings: Settings
) -> None:
    for path, request in GUARDED.items():
        answer = client.post(path, **request)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == 'Bearer realm="mlops-iris"'
    assert client.post("/predict", json=ROW).headers["content-type"] == "application/problem+json"
    assert records(settings.journal_dir) == []


def test_what_people_and_probes_look_at_stays_open(client: TestClient) -> None:
    assert {path: client.get(path).status_code for path in OPEN} == dict.fromkeys(OPEN, 200)


@pytest.mark.parametrize("header", ["authorization", "Authorization", "x-api-key"])
def test_a_key_opens_every_protocol_and_its_name_is_in_every_record(
    client: TestClient, settings: Settings, file: Path, header: str
) -> None:
    key = give(file, "mobile-app")
    value = key if header == "x-api-key" else f"bearer {key}"
    eventually(lambda: client.post("/predict", json=ROW, headers={header: value}).status_code == 200)
    for path, request in GUARDED.items():
        headers = {**request.get("headers", {}), header: value}
        assert client.post(path, **{**request, "headers": headers}).status_code in (200, 202), path
    kept = records(settings.journal_dir)
    assert len(kept) == 1 + len(GUARDED)
    assert {record["key"] for record in kept} == {"mobile-app"}
    assert key not in "".join(path.read_text("latin-1") for path in settings.journal_dir.glob("*.journal"))


def test_where_no_keys_are_asked_for_a_record_names_none(serving: Path, settings: Settings, start: Client) -> None:
    assert serving.is_dir()
    assert start(settings).post("/predict", json=ROW, headers=bearer("iris_whatever")).status_code == 200
    assert [record.keys() & {"key", "trace_id"} for record in records(settings.journal_dir)] == [set()]


def test_an_unknown_key_is_refused_in_the_shape_of_each_protocol(client: TestClient, file: Path) -> None:
    known = give(file, "me")
    eventually(lambda: client.post("/predict", json=ROW, headers=bearer(known)).status_code == 200)
    for wrong in (known[:-1], known + "x", known.upper(), "", " ", "\xff", "x" * 10_000):
        answer = client.post("/predict", json=ROW, headers=[(b"authorization", f"Bearer {wrong}".encode("latin-1"))])
        assert answer.status_code == 401
        assert wrong.strip() == "" or "invalid_token" in answer.headers["www-authenticate"]
        assert wrong.strip() == "" or wrong not in answer.text
    assert client.post("/v2/models/iris_clf/infer", json=V2).json().keys() == {"error"}
    assert client.post("/invocations", json={}).json()["error_code"] == "UNAUTHENTICATED"


def test_a_key_is_for_its_scopes_alone(client: TestClient, file: Path) -> None:
    key = give(file, "labeller", "feedback")
    eventually(lambda: client.post("/feedback", json=FEEDBACK, headers=bearer(key)).status_code == 202)
    answer = client.post("/predict", json=ROW, headers=bearer(key))
    assert (answer.status_code, answer.json()["status"]) == (403, 403)
    assert 'error="insufficient_scope", scope="predict"' in answer.headers["www-authenticate"]


def test_a_key_that_asks_too_often_is_429_and_learns_when_to_come_back(client: TestClient, file: Path) -> None:
    key = give(file, "eager", rate=0.001)
    eventually(lambda: client.post("/predict", json=ROW, headers=bearer(key)).status_code != 401)
    answer = client.post("/predict", json=ROW, headers=bearer(key))
    assert (answer.status_code, answer.json()["detail"]) == (429, "this API key may send 0.001 requests per second")
    assert 900 < int(answer.headers["retry-after"]) <= 1000


def test_keys_change_without_a_restart_and_a_broken_file_changes_nothing(client: TestClient, file: Path) -> None:
    def status(key: str) -> int:
        return client.post("/predict", json=ROW, headers=bearer(key)).status_code

    old = give(file, "me")
    eventually(lambda: status(old) == 200)
    for broken in (b"", b"{", b'{"format": 2, "keys": []}', b'{"keys": [{"name": "a b"}]}', b"\xff", b"[" * 5000):
        before = refused(client)
        file.write_bytes(broken)
        eventually(lambda before=before: refused(client) > before)  # type: ignore[misc]
        assert status(old) == 200, broken
    file.unlink()
    assert status(old) == 200
    new = give(file, "me")
    eventually(lambda: status(new) == 200)
    assert status(old) == 401
    write_keys(file, Keys())
    eventually(lambda: status(new) == 401)


def test_the_description_says_which_addresses_want_a_key(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert document["components"]["securitySchemes"].keys() == {"bearer", "api_key"}
    wanting = {path for path, methods in document["paths"].items() for it in methods.values() if "security" in it}
    posted = {path.replace("iris_clf", "{name}").replace("/1/", "/{version}/") for path in GUARDED}
    assert wanting == posted | {"/playground/model.json", "/status.json"}
    for path in wanting:
        (operation,) = document["paths"][path].values()
        assert {"401", "403", "429"} <= operation["responses"].keys()


def test_what_the_playground_knows_of_the_training_rows_is_for_who_may_predict(client: TestClient, file: Path) -> None:
    assert client.get("/").status_code == 200
    assert client.get("/playground/model.json").status_code == 401
    key = bearer(give(file, "me", "predict"))
    eventually(lambda: client.get("/playground/model.json", headers=key).status_code == 200)


def test_the_tool_shows_a_key_once_and_keeps_its_hash(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool(["--file", str(file), "add", "me", "--scope", "predict", "--rate", "5"]) == 0
    key = capsys.readouterr().out.strip()
    assert len(key) == len("iris_") + 43
    assert key not in file.read_text()
    (kept,) = Keys.model_validate_json(file.read_bytes()).keys
    assert (kept.name, set(kept.scopes), kept.rate) == ("me", {"predict"}, 5.0)
    assert tool(["--file", str(file), "list"]) == 0
    assert kept.id in capsys.readouterr().out


def test_the_tool_takes_back_one_key_of_a_name_or_all(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("me", "me", "me", "you"):
        tool(["--file", str(file), "add", name])
    first, *others = Keys.model_validate_json(file.read_bytes()).keys
    assert tool(["--file", str(file), "revoke", "me", "--id", first.id]) == 0
    assert Keys.model_validate_json(file.read_bytes()).keys == tuple(others)
    assert tool(["--file", str(file), "revoke", "me"]) == 0
    assert [key.name for key in Keys.model_validate_json(file.read_bytes()).keys] == ["you"]
    assert tool(["--file", str(file), "revoke", "me"]) == 1
    assert "no key of the name 'me'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "a b", 'a"b', "../x", "x" * 65, "a\nb", "ключ"])
def test_the_tool_refuses_a_name_that_could_break_a_record(file: Path, name: str) -> None:
    with contextlib.suppress(SystemExit):
        assert tool(["--file", str(file), "add", name]) == 1
    assert not file.exists()


def test_the_tool_leaves_a_file_alone_that_it_can_not_read(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text('{"keys": "secret-of-somebody"}')
    assert tool(["--file", str(file), "add", "me"]) == 1
    assert file.read_text() == '{"keys": "secret-of-somebody"}'
    printed = capsys.readouterr()
    assert "not a file of keys" in printed.err
    assert "secret-of-somebody" not in printed.err + printed.out


def test_two_keys_that_are_one_are_refused() -> None:
    _, key = make_key("me", frozenset({"predict"}), None)
    with pytest.raises(ValueError, match="twice"):
        Keys(keys=(key, Key(**{**key.model_dump(), "name": "you"})))
