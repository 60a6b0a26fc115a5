"""The refusal of a large body without room, before it is read."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from api.access.admission import Admission
from api.access.host_check import HostCheck
from api.access.refusal_pace import DELAY
from api.errors import OverloadedError
from api.http.body import Message
from api.http.cross_origin import CrossOrigin
from api.http.edge import Edge
from api.http.exchange import Call, EarlyReply, Reply
from api.http.routing import Route, RouteTable
from api.telemetry.http_metrics import HttpMetrics
from tests.torture.raw import request

MOST, SIZE = 100_000, 50_000
RAW = request("/predict/batch", b"1" * SIZE)


class Rig:
    """An edge whose admission is full: one request is in, one waits, and a second would have no place."""

    def __init__(self) -> None:
        async def answer(_call: Call) -> Reply:
            raise AssertionError("nobody gets here")

        async def application(*_: object) -> None:
            raise AssertionError("nobody gets here")

        self.registry = CollectorRegistry()
        self.admission = Admission(most=1, waiting=SIZE * 2, held=1, queue_timeout=30.0)
        routes = RouteTable([Route("/predict/batch", {"POST": answer}), Route("/model", {"GET": answer})])
        self.edge = Edge(
            application,
            routes,
            HttpMetrics(self.registry),
            self.admission,
            lambda: None,
            HostCheck([], []),
            most_body=MOST,
            cross_origin=CrossOrigin(["https://page.example"]),
        )

    def refusal(self, path: str = "/predict/batch", size: int = SIZE, request_id: bytes = b"mine") -> str | None:
        async def ask() -> EarlyReply | None:
            return self.edge.unread.refusal(path, [(b"x-request-id", request_id)], size)

        refused = asyncio.run(ask())
        return None if refused is None else refused.answer.decode()

    def learn(self, origin: bytes = b"") -> None:
        """Have a request refused whose head is then known."""
        headers = [(b"origin", origin)] if origin else []
        assert self.edge.unread.refusal("/predict/batch", headers, SIZE, data=RAW) is not None

    def refused(self) -> float | None:
        return self.registry.get_sample_value("requests_shed_total", {"reason": "overload"})


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def full(rig: Rig) -> Iterator[Rig]:
    with asyncio.Runner() as runner:

        async def fill() -> "asyncio.Task[None]":
            assert rig.admission.try_enter(SIZE)
            waiting = asyncio.create_task(rig.admission.wait(SIZE))
            await asyncio.sleep(0)
            return waiting

        waiting = runner.run(fill())
        yield rig
        waiting.cancel()


def test_while_there_is_room_nobody_is_refused(rig: Rig) -> None:
    assert rig.refusal() is None


def test_heads_that_come_in_one_turn_are_refused_as_if_the_bodies_before_them_waited_already(rig: Rig) -> None:
    async def heads(count: int, here: int = SIZE) -> list[bool]:
        return [rig.edge.unread.refusal("/predict/batch", [], SIZE, here=here) is not None for _ in range(count)]

    async def test() -> None:
        # One body is in work and one waits, and the queue has no place for more.
        assert await heads(5) == [False, False, True, True, True]
        await asyncio.sleep(0)
        assert await heads(1) == [False], "bodies that did not come count no longer"
        await asyncio.sleep(0)
        assert await heads(9, here=0) == [False] * 9, "a body that is only announced takes no place"
        assert rig.admission.try_enter(SIZE)
        assert await heads(3) == [False, True, True]

    asyncio.run(test())


def test_the_refusal_is_a_whole_answer_and_is_counted(full: Rig) -> None:
    head, _, body = (full.refusal() or "").partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[0] == "HTTP/1.1 503 Service Unavailable"
    assert {"x-request-id: mine", "retry-after: 1", f"content-length: {len(body)}"} <= set(lines)
    assert "urn:mlops-iris:problem:overloaded" in body
    answered = {"method": "POST", "route": "/predict/batch", "status": "503"}
    assert full.registry.get_sample_value("http_requests_total", answered) == 1
    of_route = {"method": "POST", "route": "/predict/batch"}
    taken = full.registry.get_sample_value("http_request_duration_seconds_sum", of_route)
    assert (taken or 0.0) > DELAY, "the client learns it that much later"
    assert full.refused() == 1


def test_a_head_that_was_refused_is_refused_by_its_bytes_with_an_id_of_its_own(full: Rig) -> None:
    assert full.edge.unread.refuse_known(RAW) is None, "it is not known yet"
    full.learn()
    found = [full.edge.unread.refuse_known(raw) for raw in (RAW, RAW[:-1000], RAW[:-SIZE])]
    assert [one and one[1] for one in found] == [0, 1000, SIZE]
    heads = [one[0].answer.decode().partition("\r\n\r\n")[0] for one in found if one is not None]
    assert all(head.startswith("HTTP/1.1 503 ") for head in heads)
    assert len({head.partition("x-request-id: ")[2][:36] for head in heads}) == 3
    assert full.refused() == 4
    answered = {"method": "POST", "route": "/predict/batch", "status": "503"}
    assert full.registry.get_sample_value("http_requests_total", answered) == 4


def test_a_head_that_was_refused_is_let_in_where_there_is_room_again(full: Rig) -> None:
    full.learn()
    full.admission.leave(SIZE)
    assert full.edge.unread.refuse_known(RAW) is None
    assert full.refused() == 1


def test_the_refusal_of_a_known_head_says_that_the_worker_drains(full: Rig) -> None:
    full.learn()
    full.edge.drain()
    found = full.edge.unread.refuse_known(RAW)
    assert found is not None
    assert found[0].closing
    assert b"\r\nconnection: close\r\n" in found[0].answer


def test_a_page_s_head_is_not_kept_as_its_refusal_depends_on_the_page(full: Rig) -> None:
    full.learn(b"https://page.example")
    assert full.edge.unread.refuse_known(RAW) is None


def test_a_draining_worker_says_that_the_connection_ends(full: Rig) -> None:
    full.edge.drain()
    refused = full.edge.unread.refusal("/predict/batch", [], SIZE)
    assert refused is not None
    assert refused.closing
    assert b"\r\nconnection: close\r\n" in refused.answer


@pytest.mark.parametrize(
    ("path", "size"),
    [("/predict/batch", MOST + 1), ("/model", SIZE), ("/nowhere", SIZE)],
    ids=["too long for ever", "not a POST", "no such address"],
)
def test_what_has_another_answer_goes_to_the_application(full: Rig, path: str, size: int) -> None:
    assert full.refusal(path, size) is None
    assert full.refused() == 0


def test_each_of_many_refusals_has_its_own_id_and_is_counted(full: Rig) -> None:
    ids = [f"{number:036}".encode() for number in range(3)]
    first, *others = [(full.refusal(request_id=one) or "").replace(one.decode(), "?") for one in ids]
    assert first.count("?") == 2, "in a header and in the body"
    assert others == [first, first]
    assert full.refused() == 3
    full.edge.drain()
    assert "connection: close" in (full.refusal(request_id=ids[0]) or "")


def test_a_refusal_by_the_endpoint_waits_its_moment_too() -> None:
    async def refuse(_call: Call) -> Reply:
        raise OverloadedError

    async def application(*_: object) -> None:
        raise AssertionError("nobody gets here")

    async def test() -> list[Message]:
        admission = Admission(most=1, waiting=1, held=1, queue_timeout=1.0)
        edge = Edge(
            application, RouteTable([Route("/predict", {"POST": refuse})]), HttpMetrics(CollectorRegistry()), admission,
            lambda: None, HostCheck([], []), most_body=MOST, cross_origin=CrossOrigin([]),
        )  # fmt: skip
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request", "body": b"1", "more_body": False}

        scope = {"type": "http", "method": "POST", "path": "/predict", "query_string": b"", "headers": []}
        began = time.monotonic()
        await edge({**scope, "http_version": "1.0"}, receive, send)
        assert time.monotonic() - began >= DELAY
        return sent

    assert asyncio.run(test())[0]["status"] == 503
