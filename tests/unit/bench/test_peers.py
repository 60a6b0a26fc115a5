"""Every peer is asked the same rows, answers them rightly or is not measured, and is pinned."""

from pathlib import Path

import orjson
import pytest

from bench.ask import iris, large
from bench.errors import ToolMissingError, WrongAnswerError
from bench.load import check_tools
from bench.measures.compare import check
from bench.peers.all import peers
from bench.peers.mlserver.peer import MlServer
from bench.peers.ours.peer import Ours
from bench.peers.peer import Peer, Place
from bench.venvs import requirements

PEERS = {peer.name: peer for peer in peers()}


def numbers(value: object) -> list[float]:
    """Every float of a parsed body, in order."""
    if isinstance(value, float):
        return [value]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [number for child in children for number in numbers(child)]


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_every_workload_carries_the_same_rows(peer: Peer) -> None:
    rows, _ = iris()
    for workload, ask in peer.asks().items():
        sent = [numbers(orjson.loads(body)) for body in ask.bodies]
        expected = rows if workload == "one" else [[value for row in batch for value in row] for batch in large()]

        assert sent == expected
        assert ask.rows == len(expected[0]) / 4


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_no_body_holds_a_line_break_because_a_line_is_a_body(peer: Peer) -> None:
    assert not any(b"\n" in body for ask in peer.asks().values() for body in ask.bodies)


@pytest.mark.parametrize("name", sorted({peer.venv for peer in peers() if peer.venv}))
def test_requirements_pin_every_package_and_name_no_place_to_get_it_from(name: str) -> None:
    lines = requirements(name).read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if not line.startswith("#")]

    assert len(packages) > 5
    assert all(line.count("==") == 1 and "/" not in line and " " not in line for line in packages)


def test_mlserver_is_measured_as_it_ships_and_at_its_best(tmp_path: Path) -> None:
    def workers(name: str) -> int:
        PEERS[name].command(Place(tmp_path / "python", tmp_path, tmp_path, 1, (2, 3)))
        settings = orjson.loads((tmp_path / "settings.json").read_bytes())
        assert settings["http_port"] == 1
        return int(settings["parallel_workers"])

    assert workers("mlserver") == 1
    assert workers("mlserver-in-process") == 0


def test_a_server_that_answers_wrongly_is_not_measured() -> None:
    labels = [iris()[1][i % 150] for i in range(1000)]
    check(MlServer(), "thousand", orjson.dumps({"outputs": [{"data": labels}]}))

    with pytest.raises(WrongAnswerError, match="500 of 1000 classes are right"):
        check(MlServer(), "thousand", orjson.dumps({"outputs": [{"data": labels[:500]}]}))
    with pytest.raises(WrongAnswerError, match="in 1150 answers"):
        check(MlServer(), "thousand", orjson.dumps({"outputs": [{"data": labels + labels[100:250]}]}))
    with pytest.raises(WrongAnswerError):
        check(MlServer(), "thousand", orjson.dumps({"outputs": [{"data": [2 - label for label in labels]}]}))


def test_a_v2_answer_of_ours_counts_only_with_every_probability() -> None:
    labels = [iris()[1][i % 150] for i in range(1000)]
    bare = {"outputs": [{"name": "label", "data": labels}, {"name": "probabilities", "data": [0.5] * 2999}]}

    with pytest.raises(WrongAnswerError):
        check(Ours(), "thousand", orjson.dumps(bare))
    bare["outputs"][1]["data"] = [0.5] * 3000
    check(Ours(), "thousand", orjson.dumps(bare))


def test_a_missing_program_is_named_with_the_way_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ToolMissingError, match=r"'wrk' is not on the path.*apt-get install wrk"):
        check_tools()
