"""A bundle is proved in a process of its own, once for all workers."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import orjson
import psutil
import pytest

import api.bundle.prover
from api.bundle.proofs import Proofs
from api.bundle.prover import Prover
from api.errors import BundleRefusedError
from tests.support.bundles import make_bundle, tiny_parts
from tests.support.hostile_models import endless, expanded
from tests.support.servers import wait_until

MEMORY = 2**26
SCHEMA = orjson.loads((Path(__file__).parents[4] / "docs/formats/proof.schema.json").read_bytes())


def prover(folder: Path, seconds: float = 60) -> Prover:
    bundles = folder / "bundles"
    return Prover(bundles, Proofs(folder / "proofs", bundles, memory=MEMORY), memory=MEMORY, seconds=seconds)


def refusal(folder: Path, bundle: str, seconds: float = 60) -> str:
    with pytest.raises(BundleRefusedError) as refused:
        prover(folder, seconds).prove(bundle)
    return refused.value.reason


def written(folder: Path, bundle: str) -> dict[str, object]:
    content: dict[str, object] = orjson.loads((folder / "proofs" / f"{bundle}.json").read_bytes())
    jsonschema.validate(content, SCHEMA)
    return content


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bundles that a process was started for."""
    started: list[str] = []

    class Counted(Prover):
        def _try(self, bundle: str) -> api.bundle.prover.Refusal | None:
            started.append(bundle)
            return super()._try(bundle)

    monkeypatch.setitem(globals(), "Prover", Counted)
    return started


def test_a_good_bundle_is_proved_once_for_all_workers(tmp_path: Path, runs: list[str]) -> None:
    bundle = make_bundle(tmp_path)
    with ThreadPoolExecutor(3) as workers:
        list(workers.map(lambda _: prover(tmp_path).prove(bundle), range(3)))
    assert runs == [bundle]
    proof = written(tmp_path, bundle)
    assert (proof["bundle"], proof["proven"]) == (bundle, True)


def test_a_refused_bundle_is_proved_again_when_its_files_changed_and_after_ten_minutes(
    tmp_path: Path, runs: list[str]
) -> None:
    bundle = make_bundle(tmp_path)
    onnx = tmp_path / "bundles" / bundle / "model.onnx"
    content = onnx.read_bytes()
    onnx.write_bytes(content[:-1] + b"x")
    assert [refusal(tmp_path, bundle) for _ in range(3)] == ["checksum"] * 3
    assert runs == [bundle]
    proof = written(tmp_path, bundle)
    assert (proof["proven"], proof["reason"]) == (False, "checksum")

    earlier = (datetime.now(UTC) - timedelta(minutes=11)).isoformat()
    (tmp_path / "proofs" / f"{bundle}.json").write_bytes(orjson.dumps({**proof, "at": earlier}))
    assert refusal(tmp_path, bundle) == "checksum"
    assert len(runs) == 2

    onnx.write_bytes(content)
    prover(tmp_path).prove(bundle)
    assert len(runs) == 3
    assert written(tmp_path, bundle)["proven"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1, "proven": true}', b"\xff"])
def test_a_verdict_that_can_not_be_read_or_is_for_other_limits_is_none(tmp_path: Path, content: bytes) -> None:
    proofs = Proofs(tmp_path / "proofs", tmp_path / "bundles", memory=MEMORY)
    bundle = make_bundle(tmp_path)
    proofs.write(bundle, proofs.state(bundle), None)
    proof = written(tmp_path, bundle)
    assert proofs.read(bundle) is not None
    for spoiled in (content, orjson.dumps({**proof, "limits": "another runtime"})):
        (tmp_path / "proofs" / f"{bundle}.json").write_bytes(spoiled)
        assert proofs.read(bundle) is None


def test_a_verdict_that_can_not_be_kept_still_counts(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    (tmp_path / "proofs").write_text("a file where the folder should be")
    prover(tmp_path).prove(bundle)


def test_verdicts_on_bundles_that_were_deleted_are_removed(tmp_path: Path) -> None:
    proofs = Proofs(tmp_path / "proofs", tmp_path / "bundles", memory=MEMORY)
    here, gone = make_bundle(tmp_path), "0" * 64
    proofs.write(here, proofs.state(here), None)
    proofs.write(gone, proofs.state(gone), ("missing", "it is not there"))
    other = make_bundle(tmp_path, tilt=1.0)
    proofs.write(other, proofs.state(other), None)
    assert {path.stem for path in (tmp_path / "proofs").glob("*.json")} == {here, other}


def test_a_model_that_wants_too_much_memory_is_refused_and_this_process_keeps_its_own_limit(tmp_path: Path) -> None:
    greedy = tiny_parts().with_file("model.onnx", expanded()).write(tmp_path / "bundles")
    assert refusal(tmp_path, greedy) == "memory"


def test_a_proof_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    bundle = tiny_parts().with_file("model.onnx", endless()).write(tmp_path / "bundles")
    before = psutil.Process().children()
    assert refusal(tmp_path, bundle, seconds=2) == "deadline"
    assert psutil.Process().children() == before


@pytest.mark.parametrize(
    ("program", "reason", "words"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crash", "SIGSEGV"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "deadline", "processor time"),
        ("raise SystemExit(3)", "crash", "code 3"),
        ("print('nothing of use')", "crash", "code 0"),
    ],
)
def test_a_proof_that_dies_or_says_nothing_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, reason: str, words: str
) -> None:
    """Another program in place of Python: what onnxruntime does when it crashes can't be had on demand."""
    fake = tmp_path / "python"
    fake.write_text(f"#!/usr/bin/env python3\n{program}\n")
    fake.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(fake))
    bundle = make_bundle(tmp_path)
    with pytest.raises(BundleRefusedError, match=words) as refused:
        prover(tmp_path).prove(bundle)
    assert refused.value.reason == reason


def test_a_worker_that_stops_ends_its_proof_and_leaves_no_verdict(tmp_path: Path) -> None:
    bundle = tiny_parts().with_file("model.onnx", endless()).write(tmp_path / "bundles")
    made = prover(tmp_path)
    found: list[str] = []

    def prove() -> None:
        with pytest.raises(BundleRefusedError) as refused:
            made.prove(bundle)
        found.append(refused.value.reason)

    before = set(psutil.Process().children())
    thread = threading.Thread(target=prove)
    thread.start()
    wait_until(lambda: bool(set(psutil.Process().children()) - before), "the proof runs")
    made.close()
    thread.join(10)
    assert found == ["stopped"]
    assert not (tmp_path / "proofs" / f"{bundle}.json").exists()


def test_a_proof_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    bundle = tiny_parts().with_file("model.onnx", endless()).write(tmp_path / "bundles")
    worker = os.fork()
    if worker == 0:
        prover(tmp_path).prove(bundle)
        os._exit(0)
    try:
        wait_until(lambda: bool(psutil.Process(worker).children()), "the proof runs")
        (proof,) = psutil.Process(worker).children()
        wait_until(lambda: proof.num_threads() > 1, "the runtime is loaded, long after it has asked for its end", 60)
    finally:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
    proof.wait(10)
