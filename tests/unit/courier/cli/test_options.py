"""The verbs' options, and how a verb ends; that they do what they say is in tests/integration/test_courier_verbs.py."""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO
from pathlib import Path

import pytest

from courier.cli.cli import parse, run_verb
from courier.errors import StoreUnavailableError
from courier.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(serving_dir=tmp_path / "serving", journal_dir=tmp_path / "journal")


def test_without_a_verb_the_courier_carries() -> None:
    assert parse([]).verb is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22T10:30", datetime(2026, 11, 22, 10, 30, tzinfo=UTC)),
        ("2026-11-22T10:30+02:00", datetime(2026, 11, 22, 8, 30, tzinfo=UTC)),
        ("2026-11-22T10:30Z", datetime(2026, 11, 22, 10, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_in_utc_where_it_names_no_zone(text: str, moment: datetime) -> None:
    asked = parse(["verify", "--since", text])
    assert (asked.since, asked.since.tzinfo, asked.until) == (moment, UTC, None)
    assert asked.since.astimezone(timezone(timedelta(hours=2))) == moment


@pytest.mark.parametrize("days", ["0", "-1", "nan", "soon", ""])
def test_an_age_is_above_nothing(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["prune", "--days", days])
    assert ended.value.code == 2
    assert "--days" in capsys.readouterr().err
    assert parse(["prune", "--days", "0.5"]).days == 0.5


def raising(error: Exception) -> Callable[[Settings, argparse.Namespace], int]:
    def verb(_: Settings, __: argparse.Namespace) -> int:
        raise error

    return verb


def test_an_error_of_the_courier_is_one_line_with_its_verb(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = argparse.Namespace(verb="verify", run=raising(StoreUnavailableError("the store does not answer")))
    assert run_verb(settings, asked) == 1
    assert capsys.readouterr().err == "courier verify: the store does not answer\n"


def test_an_error_that_the_courier_does_not_know_is_not_hidden(settings: Settings) -> None:
    with pytest.raises(ZeroDivisionError):
        run_verb(settings, argparse.Namespace(verb="verify", run=raising(ZeroDivisionError())))


def test_a_reader_who_leaves_early_ends_the_verb_without_a_word(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in `python -m courier export | head`."""
    errors = StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    assert run_verb(settings, argparse.Namespace(verb="export", run=raising(BrokenPipeError()))) == 1
    assert errors.closed


def test_prune_without_an_age_names_both_ways_to_give_one(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(settings, parse(["prune"])) == 2
    assert capsys.readouterr().err == "courier prune: how old? give --days, or set RETENTION_DAYS\n"
