"""The courier's pages over real HTTP: bodies that are too large, too short or absent, and answers that end early."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPMethod

import httpx2
import pytest
import structlog

from courier.errors import StoreUnavailableError
from courier.http.host_check import HostCheck
from courier.http.server import LARGEST_BODY, Page, Request, Response, serving

JSON = {"Content-Type": "application/json"}


def echo(request: Request) -> Response:
    return Response(json.dumps([request.path, dict(request.query), len(request.body)]).encode())


def many(_: Request) -> Response:
    return Response((b"line %d\n" % number for number in range(10_000)), "text/csv")


def cut(_: Request) -> Response:
    def parts() -> Iterator[bytes]:
        yield b"the first half"
        raise StoreUnavailableError

    return Response(parts(), "text/csv")


def broken(_: Request) -> Response:
    raise ZeroDivisionError


@contextmanager
def running() -> Iterator[str]:
    pages: dict[tuple[HTTPMethod, str], Page] = {(HTTPMethod.POST, "/echo"): echo}
    pages |= {(HTTPMethod.GET, f"/{page.__name__}"): page for page in (echo, many, cut, broken)}
    with serving("127.0.0.1", 0, pages, structlog.get_logger(), HostCheck("courier")) as port:
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running() as address:
        yield address


def test_one_connection_serves_many_questions(address: str) -> None:
    with httpx2.Client(base_url=f"http://{address}") as client:
        for _ in range(3):
            assert client.post("/echo", content=b"12345", headers=JSON).json() == ["/echo", {}, 5]
            assert client.get("/echo?limit=7&since=2026-11-22T10%3A00").json()[1] == {
                "limit": "7",
                "since": "2026-11-22T10:00",
            }
            assert client.get("/nowhere").status_code == 404
            assert client.get("/broken").status_code == 500


def test_a_long_answer_comes_in_parts_and_whole(address: str) -> None:
    answer = httpx2.get(f"http://{address}/many")
    assert answer.headers["transfer-encoding"] == "chunked"
    assert len(answer.text.splitlines()) == 10_000


def test_an_answer_that_ends_early_is_seen_to_be_cut(address: str) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        httpx2.get(f"http://{address}/cut")


def raw(address: str, *headers: str) -> int:
    """The status of a POST with these headers and no body."""
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            "\r\n".join(
                ["POST /echo HTTP/1.1", "Host: courier", "Content-Type: application/json", *headers, "", ""]
            ).encode()
        )
        with http.client.HTTPResponse(connection, method="POST") as response:
            response.begin()
            response.read()
            return response.status


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Content-Length: many", 411),
        ("Content-Length: -1", 411),
        ("Transfer-Encoding: chunked", 411),
        (f"Content-Length: {LARGEST_BODY + 1}", 413),
        ("Content-Length: 99999999999999999999", 413),
        ("Content-Length: 0", 200),
    ],
)
def test_a_body_must_have_a_length_and_may_not_be_huge(address: str, header: str, status: int) -> None:
    assert raw(address, header, "Connection: close") == status


def test_a_body_that_stops_half_way_is_answered_by_nothing_and_harms_nobody(address: str) -> None:
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: courier\r\n")
        connection.sendall(b"Content-Type: application/json\r\nContent-Length: 10\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1000) == b""
    assert httpx2.get(f"http://{address}/echo").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9102", "courier.evil.example", "8.8.8.8", "x y", ""])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_that_is_not_known_here_is_refused_before_the_page_is_asked(
    address: str, method: str, host: str
) -> None:
    with httpx2.Client(base_url=f"http://{address}") as client:
        answer = client.request(method, "/echo", headers={**JSON, "Host": host})
    assert answer.status_code == 403 if host else 400
    assert answer.headers["connection"] == "close"
    assert "Host" in answer.json()["error"]


@pytest.mark.parametrize("host", ["localhost:9102", "courier:9102", "127.0.0.1", "172.19.0.4:9102", "[::1]:9102"])
def test_neighbours_and_this_machine_are_let_in(address: str, host: str) -> None:
    assert httpx2.get(f"http://{address}/echo", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://localhost:3000"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_of_another_origin_is_refused(address: str, method: str, origin: str) -> None:
    answer = httpx2.request(method, f"http://{address}/echo", headers={**JSON, "Origin": origin})
    assert answer.status_code == 403
    assert "ALLOWED_ORIGINS" in answer.json()["error"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_a_body_of_a_type_that_any_web_page_can_send_is_refused(address: str, kind: str | None) -> None:
    answer = httpx2.post(f"http://{address}/echo", content=b"{}", headers={"Content-Type": kind} if kind else {})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]


def test_two_hosts_are_refused(address: str) -> None:
    assert raw(address, "Host: evil.example", "Content-Length: 0") == 400


def test_listed_hosts_and_origins_are_let_in() -> None:
    host_check = HostCheck.read("courier", "iris.example.org, *.internal", "https://iris.example.org")
    pages: dict[tuple[HTTPMethod, str], Page] = {(HTTPMethod.GET, "/echo"): echo}
    with serving("127.0.0.1", 0, pages, structlog.get_logger(), host_check) as port:
        for headers, status in (
            ({"Host": "iris.example.org:80"}, 200),
            ({"Host": "a.internal"}, 200),
            ({"Host": "internal"}, 403),
            ({"Origin": "https://iris.example.org"}, 200),
            ({"Origin": "https://other.example.org"}, 403),
        ):
            assert httpx2.get(f"http://127.0.0.1:{port}/echo", headers=headers).status_code == status
