"""What a real api writes is read together by the courier: its fast path relies on the order of the keys."""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from api.access.keys import SCOPES, Keys, make_key, write_keys
from api.app import create_app
from api.settings import Settings
from courier.following.policy import PolicyEntry, PolicyFile
from courier.records.fast_decoding import first_half, read_together
from courier.records.records import decode
from tests.contract.conftest import ROOT
from tests.contract.test_journal import frames
from tests.support.bundles import IRIS, tiny_parts
from tests.support.mixed_bundles import FEATURES, mixed_parts
from tests.support.mixed_bundles import ROWS as MIXED_ROWS
from tests.support.polling import eventually

CLASSES = [dict(zip(IRIS, values, strict=True)) for values in ([5.1, 3.5, 1.4, 0.2], [6.5, 3.0, 5.8, 2.2])]
VALUES = [dict(zip([one["name"] for one in FEATURES], values, strict=True)) for values, _ in MIXED_ROWS]
TABLES = {"classes": (tiny_parts, CLASSES, "label", "setosa"), "mixed values": (mixed_parts, VALUES, "value", 12.5)}


@pytest.fixture(params=TABLES)
def table(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=["open", "with keys"])
def client(table: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestClient]:
    """A running api with a shadow beside production."""
    serving, keys = tmp_path / "serving", tmp_path / "keys"
    headers: dict[str, str] = {}
    bundle = TABLES[table][0]().write(serving / "bundles")
    slots: dict[Any, PolicyEntry | None] = {
        "production": PolicyEntry(version="7", bundle=bundle),
        "canary": None,
        "shadow": PolicyEntry(version="8", bundle=bundle),
    }
    PolicyFile(serving).write("a model", slots, current=None)
    if request.param == "with keys":
        secret, key = make_key("team", frozenset(SCOPES), None)
        write_keys(keys, Keys(keys=(key,)))
        headers = {"Authorization": f"Bearer {secret}"}
    settings = Settings(
        serving_dir=serving,
        journal_dir=tmp_path / "journal",
        shadow_most_cpu=1_000,
        api_keys_file=keys if headers else None,
    )
    with TestClient(create_app(settings), "http://localhost", headers=headers) as client:
        yield client
    structlog.reset_defaults()


def _orders() -> dict[str, list[str]]:
    schema = json.loads((ROOT / "docs/formats/journal.schema.json").read_text())
    return {one["properties"]["kind"]["const"]: list(one["properties"]) for one in schema["oneOf"]}


def test_what_the_api_writes_is_in_the_order_of_the_schema_and_read_together(
    table: str, client: TestClient, tmp_path: Path
) -> None:
    _, rows, truth, value = TABLES[table]
    for _ in range(3):
        answer = client.post("/predict", json=rows[0]).raise_for_status().json()
        client.post("/predict/batch", json={"rows": rows * 2}).raise_for_status()
    feedback = {"prediction_id": answer["prediction_id"], truth: value, "source": "a botanist"}
    assert client.post("/feedback", json=feedback).status_code == 202
    eventually(lambda: _kinds(tmp_path).count("shadow") == 6)

    assert sorted(set(_kinds(tmp_path))) == ["feedback", "prediction", "shadow"]
    orders, payloads = _orders(), frames(tmp_path / "journal")
    for payload in payloads:
        record = json.loads(payload)
        assert list(record) == [key for key in orders[record["kind"]] if key in record]
        assert ("key" in record) == ("authorization" in client.headers)

    answers = [payload for payload in payloads if b'"kind":"feedback"' not in payload]
    halves = {half: list(same) for half, same in groupby(sorted(answers), first_half)}
    assert len(halves) == 2
    for half, same in halves.items():
        together = read_together(half, same)
        assert together is not None
        assert len(together.counts) == 6
        assert together.rows == [row for payload in same for row in decode(payload).predictions]


def _kinds(folder: Path) -> list[str]:
    return [json.loads(payload)["kind"] for payload in frames(folder / "journal")]
