"""Which Host and Origin headers are let in."""

import pytest
from pydantic import ValidationError

from api.access.errors import HostRefusedError, OriginRefusedError
from api.access.host_check import HostCheck, read_hosts, read_origins
from api.errors import BadRequestError
from api.settings import Settings

ALWAYS = [
    "localhost", "LOCALHOST:8000", "localhost.", "iris.localhost:8000", "127.0.0.1", "127.0.0.1:8000", "127.8.9.1:1",
    "[::1]", "[::1]:8000", "[::ffff:127.0.0.1]:80", "api", "api:8000", "10.1.2.3:8000", "172.18.0.5:8000",
    "192.168.1.2", "[fd00::1]:8000", "0.0.0.0:8000",
]  # fmt: skip
NEVER = [
    "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example@localhost",
    "api.evil.example", "evillocalhost", "8.8.8.8:8000", "[2001:4860:4860::8888]", "localhost/", "localhost:8000:80",
    "localhost:", "[::1", "::1", "2130706433", "0x7f.1", " ", "localhost\xff", "local host", "*", "a" * 9000,
]  # fmt: skip


def refused(host: str, origin: str = "", *, hosts: str = "", origins: str = "", http_1_0: bool = False) -> object:
    host_check = HostCheck(read_hosts(hosts), read_origins(origins))
    # asked twice: what is remembered is answered alike
    first, second = (
        host_check.denial(host.encode("latin-1"), origin.encode("latin-1"), http_1_0=http_1_0) for _ in range(2)
    )
    assert type(first) is type(second)
    return None if first is None else type(first)


@pytest.mark.parametrize("host", ALWAYS)
def test_this_machine_and_private_networks_are_always_let_in(host: str) -> None:
    assert refused(host) is None


@pytest.mark.parametrize("host", NEVER)
def test_any_other_host_is_refused_until_it_is_listed(host: str) -> None:
    assert refused(host) is HostRefusedError
    assert refused(host, hosts="iris.example.org,*.internal") is HostRefusedError


@pytest.mark.parametrize(
    ("host", "hosts"),
    [
        ("iris.example.org", "iris.example.org"),
        ("IRIS.example.org:443", " other , Iris.Example.Org "),
        ("a.b.internal:80", "*.internal"),
        ("8.8.8.8", "8.8.8.8"),
        ("[2001:4860:4860::8888]:80", "[2001:4860:4860::8888]"),
        ("evil.example", "*"),
    ],
)
def test_a_listed_host_is_let_in_with_any_port(host: str, hosts: str) -> None:
    assert refused(host) is HostRefusedError
    assert refused(host, hosts=hosts) is None


def test_a_pattern_does_not_count_for_its_own_end() -> None:
    assert refused("internal", hosts="*.internal") is HostRefusedError
    assert refused("evilinternal", hosts="*.internal") is HostRefusedError


def test_without_a_host_only_http_1_0_is_let_in() -> None:
    assert refused("") is BadRequestError
    assert refused("", http_1_0=True) is None


@pytest.mark.parametrize("origin", ["http://localhost:8000", "https://localhost:8000", "HTTP://LOCALHOST:8000"])
def test_a_page_of_the_service_itself_may_ask(origin: str) -> None:
    assert refused("localhost:8000", origin) is None


@pytest.mark.parametrize(
    "origin",
    ["null", "http://evil.example", "http://localhost:9000", "http://localhost", "file://", "localhost:8000",
     "ftp://localhost:8000", "http://localhost:8000.evil.example", "http://localhost:8000 http://evil.example", "\xff"],
)  # fmt: skip
def test_a_page_of_another_origin_may_not_ask(origin: str) -> None:
    assert refused("localhost:8000", origin) is OriginRefusedError
    assert refused("localhost:8000", origin, origins="https://iris.example.org") is OriginRefusedError


def test_a_listed_origin_may_ask_whatever_the_host() -> None:
    assert refused("localhost:8000", "https://iris.example.org", origins="https://iris.example.org") is None
    assert refused("localhost:8000", "null", origins="*") is None


def test_what_is_remembered_is_bounded() -> None:
    host_check = HostCheck([], [])
    for port in range(10_000):
        assert host_check.denial(b"localhost:%d" % port, b"") is None
    assert len(host_check.known) <= 256


@pytest.mark.parametrize(
    ("setting", "text"),
    [("allowed_hosts", text) for text in ("http://iris.example.org", "a b", "iris.example.org/x", "a:80", "*x")]
    + [("allowed_origins", text) for text in ("iris.example.org", "https://iris.example.org/", "ftp://a", "https://")],
)
def test_a_setting_that_can_not_be_read_is_named(setting: str, text: str) -> None:
    with pytest.raises(ValidationError, match=setting.upper()):
        Settings(**{setting: text})  # type: ignore[arg-type]  # one of two names, both of text
