"""Alerts are noted when they begin and when they end, within a bound, and whatever the file holds."""

from pathlib import Path

import pytest

from api.status.alerts import Alert
from api.status.past_alerts import FILE, MOST, PastAlerts


def drift(*, firing: bool = True) -> list[Alert]:
    return [Alert("FeatureDrift", firing=firing, state="petal has PSI 0.9", limit="0.2")]


def test_an_alert_has_the_time_it_began_and_the_time_it_ended(tmp_path: Path) -> None:
    past = PastAlerts(tmp_path)
    past.note(drift(), 0)
    past.note(drift(), 15)
    assert [(one.name, one.began, one.ended) for one in past.read()] == [
        ("FeatureDrift", "1970-01-01T00:00:00+00:00", None)
    ]
    past.note(drift(), 30)
    past.note(drift(firing=False), 45)
    assert [one.ended for one in PastAlerts(tmp_path).read()] == ["1970-01-01T00:00:45+00:00"]


def test_a_single_look_is_not_kept(tmp_path: Path) -> None:
    past = PastAlerts(tmp_path)
    for now, firing in enumerate((True, False, True, False)):
        past.note(drift(firing=firing), now)
    assert past.read() == []


def test_an_alert_that_ended_while_the_api_was_down_ends_at_the_first_look(tmp_path: Path) -> None:
    first = PastAlerts(tmp_path)
    first.note(drift(), 0)
    first.note(drift(), 15)
    PastAlerts(tmp_path).note(drift(firing=False), 600)
    assert [one.ended for one in first.read()] == ["1970-01-01T00:10:00+00:00"]


def test_the_newest_fifty_are_kept(tmp_path: Path) -> None:
    past = PastAlerts(tmp_path)
    for turn in range(MOST + 5):
        for step, firing in enumerate((True, True, False)):
            past.note(drift(firing=firing), 100 * turn + step)
    assert len(past.read()) == MOST
    assert past.read()[0].began > past.read()[-1].began


@pytest.mark.parametrize("content", [b"", b"{", b"[7]", b"\xff", b'[{"name": "x"}]', b"[" * 200_000])
def test_a_file_that_can_t_be_read_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    past = PastAlerts(tmp_path)
    assert past.read() == []
    past.note(drift(), 0)
    past.note(drift(), 15)
    assert len(past.read()) == 1
