"""The growth of Prometheus's counters, minute by minute."""

import pytest

from trainer.errors import ServiceUnreachableError
from trainer.loop.history import grown


def levels(*values: float) -> list[list[object]]:
    return [[1000.0 + 60 * minute, str(value)] for minute, value in enumerate(values)]


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ([], [0, 0, 0]),
        ([levels(5, 7, 7, 10)], [2, 0, 3]),
        ([levels(5, 7, 2, 3)], [2, 2, 1]),  # started again
        ([levels(0, 1, 1, 1), levels(3, 3, 4, 4)], [1, 1, 0]),
        ([[[1060.0, "4"], [1180.0, "6"]]], [4, 0, 2]),  # first seen later, and one missed
    ],
)
def test_counters_grow_minute_by_minute(
    monkeypatch: pytest.MonkeyPatch, series: list[list[list[object]]], expected: list[float]
) -> None:
    answer = {"status": "success", "data": {"result": [{"values": one} for one in series]}}
    monkeypatch.setattr("trainer.loop.history.get_json", lambda *_: answer)
    assert grown("http://prometheus/query_range", "a_counter", 1180.0, 200.0).tolist() == expected


@pytest.mark.parametrize("answer", [{}, {"status": "error"}, {"status": "success", "data": {"result": [{}]}}, []])
def test_a_history_that_is_not_one_is_refused(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    monkeypatch.setattr("trainer.loop.history.get_json", lambda *_: answer)
    with pytest.raises(ServiceUnreachableError, match="a_counter"):
        grown("http://prometheus/query_range", "a_counter", 1180.0, 200.0)
