"""Recent requests as a table: values out of range stay, what the contract has no place for is counted."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from trainer.contract.columns import Column
from trainer.replay import recent as module
from trainer.replay.audit import AuditedAnswer
from trainer.replay.recent import recent

COLUMNS: list[Column] = TypeAdapter(list[Column]).validate_python(
    [
        {"name": "width", "dtype": "float64", "unit": "cm", "minimum": 0, "maximum": 10, "description": ""},
        {"name": "colour", "kind": "category", "categories": ["red", "green"], "description": "", "nullable": True},
    ]
)


def answered(**features: Any) -> AuditedAnswer:
    return AuditedAnswer("id", "1", "b", features, "round", {"round": 1.0}, None, None, None)


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch) -> list[list[AuditedAnswer]]:
    """The pages that the courier gives."""
    found: list[list[AuditedAnswer]] = []
    monkeypatch.setattr(module, "pages", lambda *_: iter(found))
    return found


def test_values_out_of_range_stay_and_wrong_ones_are_counted(audit: list[list[AuditedAnswer]]) -> None:
    audit += [[answered(width=99.5, colour="red"), answered(width=2, colour=None)]]
    audit += [[answered(width=2.0, colour="violet"), answered(height=1)]]
    frame, count, refused = recent("http://courier", COLUMNS, 7, seed=1)
    assert frame["width"].tolist() == [99.5, 2.0]
    assert frame["colour"].tolist() == ["red", None]
    assert (count, sum(refused.values())) == (4, 2)


def test_of_each_page_a_sample_is_kept_and_no_requests_are_an_empty_table(
    audit: list[list[AuditedAnswer]], monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, count, _ = recent("http://courier", COLUMNS, 7, seed=1)
    assert (len(frame), list(frame), count) == (0, ["width", "colour"], 0)
    monkeypatch.setattr(module, "PER_PAGE", 3)
    audit += [[answered(width=float(number), colour="red") for number in range(10)]] * 2
    frame, count, _ = recent("http://courier", COLUMNS, 7, seed=1)
    assert (len(frame), count) == (6, 20)
