"""The same as in tests/integration, for as long as it takes: schemathesis with many more examples, in sequences too."""

from pathlib import Path

from tests.support.apis import running_api
from tests.support.bundles import write_policy
from tests.support.fuzzing import fuzz, make_bundle
from tests.torture.conftest import Length


def test_the_api_keeps_to_its_own_description_for_a_long_time(tmp_path: Path, length: Length) -> None:
    write_policy(tmp_path / "serving", 1, make_bundle(tmp_path / "serving"), "1")
    with running_api(tmp_path) as api:
        pids = [worker.pid for worker in api.workers()]
        fuzz(api, "--max-examples", length.of(full="200", fast="10"))
        assert [worker.pid for worker in api.workers()] == pids
