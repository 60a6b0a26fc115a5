"""What a machine thinks of to send: schemathesis over the api's own description, and malformed JSON by the thousand."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.access.keys import Keys, make_key, write_keys
from tests.support.apis import Api, running_api
from tests.support.bundles import write_policy
from tests.support.fuzzing import SEED, fuzz, make_bundle
from tests.support.journals import records
from tests.support.malformed import malformed
from tests.support.results import Say
from tests.torture.conftest import Length
from tests.torture.raw import connect, request

ADDRESSES = ("/predict", "/predict/batch", "/feedback", "/invocations", "/v2/models/iris_clf/infer")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("fuzzing")
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1")
    with running_api(folder) as running:
        pids = [worker.pid for worker in running.workers()]
        yield running
        assert [worker.pid for worker in running.workers()] == pids
        assert '"level":"error"' not in (folder / "api.log").read_text()


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[tuple[Api, str]]:
    """An api that asks for a key, and the key."""
    write_policy(tmp_path / "serving", 1, make_bundle(tmp_path / "serving"), "1")
    secret, key = make_key("fuzzer", frozenset({"predict", "feedback"}), None)
    write_keys(tmp_path / "keys.json", Keys(keys=(key,)))
    with running_api(tmp_path, API_KEYS_FILE=str(tmp_path / "keys.json")) as running:
        yield running, secret


def test_the_api_keeps_to_its_own_description_whatever_is_sent(api: Api, length: Length, say: Say) -> None:
    """In full with many more examples, and in sequences too."""
    fast = ("--phases", "examples,coverage,fuzzing", "--max-examples", "5")
    say(f"requests: {fuzz(api, *length.of(full=('--max-examples', '200'), fast=fast))}")


def test_where_keys_are_asked_for_none_of_it_gets_past_them(locked: tuple[Api, str], say: Say) -> None:
    api, key = locked
    chosen = ("--include-path", "/predict", "--include-path", "/feedback")
    counted = fuzz(api, "--phases", "examples,coverage", "-H", f"Authorization: Bearer {key}", *chosen)
    say(f"requests: {counted}")
    assert {record["key"] for record in records(api.journal)} == {"fuzzer"}


@pytest.mark.parametrize("address", ADDRESSES)
def test_malformed_json_is_refused_as_the_client_s_fault_and_leaves_no_record(
    api: Api, address: str, length: Length, say: Say
) -> None:
    bodies = length.of(full=10_000, fast=2_000)

    async def send() -> None:
        chance = random.Random(f"{SEED}{address}")
        client = await connect(api)
        for number in range(bodies):
            body = malformed(chance)
            answer = await client.ask(request(address, body))
            assert 400 <= answer.status < 500, f"number {number}: {body[:200]!r} is answered {answer.status}"
            assert len(answer.body) < 5_000
        client.close()

    kept = len(records(api.journal))
    asyncio.run(send())
    say(f"{address}: {bodies:,} bodies refused")
    assert len(records(api.journal)) == kept
