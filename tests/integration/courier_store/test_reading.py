"""The reading side of both stores: labelled rows, answers and quality of one model."""

import json

import pytest

from courier.errors import StoreUnavailableError
from courier.http.answered import lines_of
from courier.store.postgres_source import PostgresSource
from courier.store.protocol import Store
from courier.store.reader import Reader
from courier.store.sqlite_source import SqliteSource
from tests.integration.courier_store.rows import FEEDBACK, GOOD, MOVE, ask, row_id


def test_labelled_rows_come_by_id_with_the_last_word_on_each(store: Store, reader: Reader) -> None:
    words = [
        FEEDBACK._replace(id=row_id(900), prediction_id=row_id(0), label="virginica"),
        FEEDBACK._replace(id=row_id(901), prediction_id=row_id(0), at="2026-11-23T00:00:00+00:00"),
        FEEDBACK._replace(id=row_id(902), prediction_id=row_id(2), label="virginica"),
        FEEDBACK._replace(id=row_id(903), prediction_id=row_id(99)),
    ]
    with store.transaction():
        store.add_predictions([GOOD._replace(id=row_id(n), features='{"a": 1.5}') for n in range(5)])
        store.add_feedback(words)

    with reader:
        found = reader.labelled(row_id(0), row_id(100), 10)
        assert [row.prediction_id for row in reader.labelled(row_id(1), row_id(99), 10)] == [row_id(2)]
        assert [row.prediction_id for row in reader.labelled(row_id(0), row_id(100), 2)] == [row_id(99), row_id(2)]
    assert [(row.prediction_id, row.predicted, row.label, row.bundle) for row in found] == [
        (row_id(99), None, "setosa", None),
        (row_id(2), GOOD.label, "virginica", GOOD.bundle),
        (row_id(0), GOOD.label, "setosa", GOOD.bundle),
    ]
    assert json.loads(found[1].features) == {"a": 1.5}
    assert found[1].at == GOOD.at


def test_answers_come_by_id_as_lines_with_the_last_word_and_without_shadows(store: Store, reader: Reader) -> None:
    rows = [GOOD._replace(id=row_id(n), features='{"a": 1.5}') for n in range(4)]
    with store.transaction():
        store.add_predictions([*rows[:3], rows[3]._replace(variant="shadow")])
        store.add_feedback([FEEDBACK._replace(id=row_id(900), prediction_id=row_id(2), label="virginica")])
    with reader:
        found = reader.answered(row_id(0), row_id(100), 10)
        assert len(reader.answered(row_id(0), row_id(100), 1)) == 1
    lines = [json.loads(line) for line in lines_of(found).splitlines()]
    assert [line[0] for line in lines] == [row_id(1), row_id(2)]
    assert [(line[3], line[4], line[7]) for line in lines] == [
        ({"a": 1.5}, GOOD.label, None),
        ({"a": 1.5}, GOOD.label, "virginica"),
    ]


def test_one_model_reads_nothing_of_another_in_the_same_store(store: Store, reader: Reader) -> None:
    rows = [GOOD._replace(id=row_id(n), model="bikes" if n % 2 else "iris_clf") for n in range(1, 5)]
    with store.transaction():
        store.add_predictions(rows)
        store.add_feedback([FEEDBACK._replace(id=row_id(900 + n), prediction_id=row_id(n)) for n in range(1, 5)])
        store.add_moves([MOVE, MOVE._replace(id=row_id(2), model="bikes", at="2026-11-22T11:00:00+00:00")])
    bikes = Reader(reader._source, "bikes")
    for one, ids in ((reader, [row_id(2), row_id(4)]), (bikes, [row_id(1), row_id(3)])):
        with one:
            labelled = one.labelled(row_id(0), row_id(100), 10)
            assert [row.prediction_id for row in labelled if row.features is not None] == ids[::-1]
            assert [row.id for row in one.answered(row_id(0), row_id(100), 10)] == ids
            assert [row.model for row in one.moves(10)] == [one._model]
            assert [(row.model, row.predictions, row.judged) for row in one.quality()] == [(one._model, 2, 2)]
            assert len(one.predictions(row_id(0), row_id(100), 10)) == 4, "an export is of the whole store"


def test_who_reads_can_not_write(store: Store, reader: Reader) -> None:
    source = reader._source
    assert isinstance(source, SqliteSource | PostgresSource)
    source._sql["spoil"] = "DELETE FROM predictions"
    with reader, pytest.raises(StoreUnavailableError, match=r"read-?only"):
        source.ask("spoil", {})


def test_feedback_on_a_prediction_judges_its_shadow_too(store: Store) -> None:
    shadow = GOOD._replace(id=row_id(7), version="3", variant="shadow", label="virginica", shadow_of=row_id(0))
    with store.transaction():
        store.add_predictions([GOOD])
        store.add_predictions([shadow, shadow._replace(id=row_id(8), shadow_of=row_id(1))])
        store.add_feedback([FEEDBACK._replace(label="virginica")])
    found = ask(store, "SELECT variant, predictions, judged, correct FROM quality_by_version_and_day ORDER BY variant")
    assert found == [("production", 1, 1, int(GOOD.label == "virginica")), ("shadow", 2, 1, 1)]


def test_quality_takes_the_last_word_on_each_prediction_by_version_and_day(store: Store) -> None:
    rows = [
        GOOD._replace(id=row_id(n), label="setosa", version=str(1 + n // 3), at=f"2026-11-2{n // 3}T23:59:59+00:00")
        for n in range(6)
    ]
    words = [
        FEEDBACK._replace(id=row_id(900), prediction_id=row_id(0), label="virginica"),
        FEEDBACK._replace(id=row_id(901), prediction_id=row_id(0), at="2026-11-23T00:00:00+00:00"),
        FEEDBACK._replace(id=row_id(902), prediction_id=row_id(1), label="virginica"),
        FEEDBACK._replace(id=row_id(903), prediction_id=row_id(99)),
    ]
    with store.transaction():
        store.add_predictions(rows)
        store.add_feedback(words)

    found = ask(
        store,
        "SELECT version, CAST(day AS text), predictions, judged, correct, accuracy"
        " FROM quality_by_version_and_day ORDER BY version",
    )
    assert found == [("1", "2026-11-20", 3, 2, 1, 0.5), ("2", "2026-11-21", 3, 0, 0, None)]
