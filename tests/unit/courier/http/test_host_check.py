"""The lists of host names and origins: what can't be read stops the courier at its start, with the setting's name."""

from email.message import Message
from pathlib import Path
from threading import Event

import pytest

from courier.__main__ import main
from courier.http.host_check import HostCheck

WRONG = [
    *(("ALLOWED_HOSTS", text) for text in ("http://iris.example.org", "a b", "iris.example.org/x", "a:80", "*x")),
    *(("ALLOWED_ORIGINS", text) for text in ("iris.example.org", "https://iris.example.org/", "ftp://a", "https://")),
]


@pytest.mark.parametrize(("setting", "text"), WRONG)
def test_a_list_that_can_not_be_read_names_the_setting_and_the_entry(setting: str, text: str) -> None:
    hosts, origins = (text, "") if setting == "ALLOWED_HOSTS" else ("", text)
    with pytest.raises(ValueError, match=f"{setting}: '{text.replace('*', '[*]')}' can't be read; write"):
        HostCheck.read("courier", hosts, origins)


def test_the_names_of_the_lists_are_let_in_in_any_spelling() -> None:
    host_check = HostCheck.read("courier", " Iris.example.org, *.internal,[2001:db8::1]", "https://iris.example.org")
    for host in ("iris.example.org", "IRIS.example.org:9102", "a.internal", "[2001:db8::1]:9102"):
        assert host_check.denial(headers(host), "HTTP/1.1") is None, host
    assert host_check.denial(headers("example.org"), "HTTP/1.1") is not None
    assert HostCheck.read("courier", "*", "*").denial(headers("example.org"), "HTTP/1.1") is None


def headers(host: str) -> Message:
    message = Message()
    message["Host"] = host
    return message


def test_the_courier_does_not_start_with_such_a_list(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "http://iris.example.org")
    monkeypatch.setenv("JOURNAL_DIR", str(tmp_path / "journal"))
    monkeypatch.setattr("courier.__main__._stop_on_signals", Event)
    assert main([]) == 1
    assert "ALLOWED_HOSTS: 'http://iris.example.org' can't be read" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
