"""The heading of the status page and of `make status`: what is worst, in words."""

from typing import Any

import pytest

from api.status.report import make_report

REFUSED = {"alias": "production", "version": "2", "why": "it was not made by the trainer"}


def reported(unserved: list[dict[str, Any]], *, writable: bool = True) -> dict[str, Any]:
    return make_report(
        now=0.0, samples=[], held=[], traffic={}, unserved=unserved, courier=None, past=[], journal_writable=writable,
        links={},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("unserved", "writable", "state"),
    [
        ([], False, "The journal can't be written"),
        ([REFUSED], False, "The journal can't be written"),
        ([], True, "Alert: NoModel"),
        ([REFUSED], True, "Alert: NoModel"),
    ],
)
def test_the_worst_comes_first(unserved: list[dict[str, Any]], writable: bool, state: str) -> None:
    report = reported(unserved, writable=writable)
    assert (report["ok"], report["state"]) == (False, state)
