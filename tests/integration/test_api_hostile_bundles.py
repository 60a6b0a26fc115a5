"""Bundles that mean harm, in front of a real server: refused with the reason, while the old model answers."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.apis import Api, Load, running_api
from tests.support.bundles import canonical, linear_onnx, make_bundle, tiny_parts, write_policy
from tests.support.hostile_models import HOSTILE, WEIGHTS, hide_lengths

MOST_MEMORY = 64 * 1024 * 1024
Spoil = Callable[[Path], str]


def model(content: bytes) -> Spoil:
    return lambda bundles: tiny_parts().with_file("model.onnx", content).write(bundles)


def manifest(**changes: object) -> Spoil:
    """The name is right for the changed manifest, as somebody who means it would have it."""

    def spoil(bundles: Path) -> str:
        folder = bundles / tiny_parts(tilt=3).write(bundles)
        content = canonical({**json.loads((folder / "manifest.json").read_bytes()), **changes})
        (folder / "manifest.json").write_bytes(content)
        return folder.rename(bundles / hashlib.sha256(content).hexdigest()).name

    return spoil


def truncated(bundles: Path) -> str:
    name = tiny_parts(tilt=1).write(bundles)
    os.truncate(bundles / name / "model.onnx", 100)
    return name


def flipped(bundles: Path) -> str:
    name = tiny_parts(tilt=2).write(bundles)
    file = bundles / name / "model.onnx"
    content = bytearray(file.read_bytes())
    content[-5] ^= 4
    file.write_bytes(content)
    return name


def two_gigabytes(bundles: Path) -> str:
    sizes = {"model.onnx": 2 * 1024**3, "model.joblib": 1, "reference.json": 1, "golden.json": 1}
    name = manifest(files={file: {"sha256": "0" * 64, "size": size} for file, size in sizes.items()})(bundles)
    os.truncate(bundles / name / "model.onnx", 2 * 1024**3)
    return name


def two_hundred_megabytes(bundles: Path) -> str:
    return model(b"\x0a\x90\x80\x80\x60" + bytes(200 * 1024**2))(bundles)


OUTSIDE = linear_onnx(WEIGHTS, WEIGHTS[:, 0], external="../../../../../../../../../etc/passwd")
CASES: dict[str, tuple[Spoil, str]] = {
    "truncated": (truncated, "files"),
    "a flipped bit": (flipped, "checksum"),
    "a feature too many": (model(linear_onnx(WEIGHTS.repeat(2, axis=1)[:, :5].copy(), WEIGHTS[:, 0].copy())), "model"),
    "another format": (manifest(format=2), "schema"),
    "a path for a file's name": (manifest(files={"../../evil": {"sha256": "0" * 64, "size": 1}}), "schema"),
    "two gigabytes": (two_gigabytes, "oversize"),
    "more than the memory for it": (two_hundred_megabytes, "memory"),
    "data outside": (model(OUTSIDE), "external"),
    "data outside, hidden": (model(hide_lengths(OUTSIDE)), "external"),
    **{f"a model that is {make.__name__}": (model(make()), reason) for make, reason in HOSTILE.items()},
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("hostile")
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1")
    with running_api(folder, MAX_MODEL_MEMORY_BYTES=str(MOST_MEMORY), POLICY_POLL_SECONDS="0.05") as running:
        yield running


def peak(worker: psutil.Process) -> int:
    status = Path(f"/proc/{worker.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) * 1024


def test_each_is_refused_for_its_reason_and_the_old_model_answers_without_a_break(api: Api) -> None:
    workers = api.workers()
    before = {worker.pid: peak(worker) for worker in workers}
    with Load(api.url, clients=2) as load:
        for version, (name, (spoil, reason)) in enumerate(CASES.items(), start=2):
            write_policy(api.serving, version, spoil(api.serving / "bundles"), str(version))
            refused = f'"version":"{version}"'

            def message(refused: str = refused, reason: str = reason) -> bool:
                lines = [line for line in (api.serving.parent / "api.log").read_text().splitlines() if refused in line]
                return len({json.loads(line)["reason"] for line in lines} & {reason}) == 1 and len(lines) >= len(
                    workers
                )

            api.server.wait_until(message, f"{name}: every worker says that it refused it as {reason!r}")
            load.wait_for(5)
    assert load.failures == []
    assert {answer["model"]["version"] for answer in load.answers} == {"1"}
    assert [worker.pid for worker in api.workers()] == [worker.pid for worker in workers]
    for worker in workers:
        assert peak(worker) - before[worker.pid] < MOST_MEMORY + 32 * 1024 * 1024
    reasons = {reason for _, reason in CASES.values()}
    metrics = api.metrics()
    for reason in reasons:
        assert metrics[f'model_swaps_total{{outcome="refused",reason="{reason}",variant="production"}}'] >= len(workers)
