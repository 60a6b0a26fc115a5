"""The edge's configuration: which requests are sent twice, which apis get one, and how it stops."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
LINES = [
    " ".join(line.split())
    for line in (ROOT / "deploy/edge/haproxy.cfg").read_text(encoding="utf-8").splitlines()
    if line.strip() and not line.strip().startswith("#")
]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]


def seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+)(ms|s)", text)
    assert found is not None, f"{text} has no unit"
    return int(found[1]) / (1000 if found[2] == "ms" else 1)


def test_a_request_is_repeated_only_where_no_answer_has_begun() -> None:
    (retried,) = [line.split()[1:] for line in LINES if line.startswith("retry-on")]
    assert set(retried) == {"conn-failure", "empty-response"}


def test_feedback_is_never_sent_twice_and_every_address_of_a_prediction_may_be() -> None:
    assert "http-request disable-l7-retry unless repeatable" in LINES
    (prefixes,) = [line.split()[3:] for line in LINES if line.startswith("acl repeatable path_beg")]
    page = (ROOT / "docs/reference/http.md").read_text(encoding="utf-8")
    posts = set(re.findall(r"\bPOST\W+(/[\w/{}.-]*)", page))
    assert {"/predict", "/feedback", "/invocations"} <= posts
    for path in posts:
        assert path.startswith(tuple(prefixes)) != path.startswith("/feedback"), path


def test_only_an_api_that_is_ready_is_asked() -> None:
    assert "http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host api" in LINES
    assert "http-check expect status 200" in LINES


def test_the_edge_drains_before_docker_kills_it() -> None:
    edge = COMPOSE["edge"]
    assert edge["stop_signal"] == "SIGUSR1"
    (hard,) = [line.split()[1] for line in LINES if line.startswith("hard-stop-after")]
    assert seconds(hard) < seconds(edge["stop_grace_period"])
    assert "option idle-close-on-response" in LINES


def test_a_request_waits_longer_at_the_edge_than_at_the_api() -> None:
    (patience,) = [line.split()[2] for line in LINES if line.startswith("timeout server")]
    assert seconds(patience) >= 60  # the largest value of RUN_TIMEOUT_MS


def test_a_prediction_of_a_further_model_may_be_repeated_and_its_feedback_may_not() -> None:
    (pattern,) = [line.split()[3] for line in LINES if line.startswith("acl repeatable path_reg")]
    for path in (
        "/m/bikes/predict",
        "/m/bikes/predict/batch",
        "/m/bikes/invocations",
        "/m/bikes/v2/models/bikes/infer",
    ):
        assert re.match(pattern, path), path
    for path in ("/m/bikes/feedback", "/m/predict/feedback", "/m/bikes/x/predict"):
        assert not re.match(pattern, path), path


def test_a_model_has_a_backend_of_its_own_checked_like_the_first() -> None:
    text = (ROOT / "deploy/edge/model.cfg").read_text(encoding="utf-8")
    model = [" ".join(line.split()) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    first = LINES[LINES.index("backend api") + 1 : LINES.index("frontend metrics")]
    first = [line for line in first if not line.startswith(("acl", "http-request return"))]
    assert model[0] == "backend model-MODEL"
    assert [line.replace("API", "api") for line in model[1:] if "/m/" not in line] == first
    assert "use_backend model-%[var(txn.model)] if { var(txn.model) -m found }" in LINES
    assert "-W" in COMPOSE["edge"]["command"]
    assert COMPOSE["edge"]["command"][-2:] == ["-f", "/usr/local/etc/haproxy/models"]
    assert "./deploy/edge/models:/usr/local/etc/haproxy/models:ro" in COMPOSE["edge"]["volumes"]


def test_a_connection_to_a_node_without_power_ends_within_seconds() -> None:
    """By the kernel where data is unacknowledged, else by probes: tcp-ut has no effect on servers from DNS."""
    assert {"option srvtcpka", "srvtcpka-idle 1s", "srvtcpka-intvl 1s", "srvtcpka-cnt 1"} <= set(LINES)
    assert not any("tcp-ut" in line for line in LINES if not line.startswith("#"))
    stack = yaml.safe_load((ROOT / "deploy/swarm/stack.yml").read_text(encoding="utf-8"))
    for edge in (COMPOSE["edge"], stack["services"]["edge"]):
        assert edge["sysctls"] == {"net.ipv4.tcp_retries2": 1}


def test_without_the_profile_there_is_no_edge_and_the_api_has_its_port() -> None:
    assert COMPOSE["edge"]["profiles"] == ["scale"]
    assert COMPOSE["api"]["ports"] == ["127.0.0.1:${API_PORT:-8000}:8000"]
    assert COMPOSE["api"]["scale"] == "${APIS:-1}"
    assert COMPOSE["courier"]["environment"]["APIS_WANTED"] == "${APIS:-1}"
    assert COMPOSE["edge"]["networks"] == ["serving"]
