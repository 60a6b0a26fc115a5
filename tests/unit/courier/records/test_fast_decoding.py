"""Many records read together give what each gives alone: the same rows, and the same quarantine."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courier.journal.segments import Journal
from courier.landing import batch as batches
from courier.landing.batch import Batch, collect
from courier.records.fast_decoding import first_half, read_together
from courier.records.records import decode
from tests.unit.courier.journals import encode, feedback, frame, prediction, write_segment

SECOND = ("at", "request_id", "latency_ms", "ids", "rows", "labels", "probabilities")
NAMES = ["sepal_length", "100%", 'a "quoted" name', "},{", "%s", "größe\t"]

numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
cells = numbers | st.none() | st.booleans() | st.sampled_from(["red", "],[", 'a "quoted" one', "None", "\t"])
names = st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True)
times = st.datetimes().map(lambda time: f"{time.isoformat(timespec='microseconds')}Z") | st.sampled_from(
    ["2026-11-22T11:00:00.000+01:00", "2026-W47-7T10:00:00.000000Z", "2026-02-30T10:00:00.000000Z", "20261122T100000Z"]
)
# What somebody might put where something else belongs.
wrong: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        -1,
        7,
        0.5,
        "",
        "1",
        "a\x00",
        "],[",
        "},{",
        [],
        [1],
        [[1, 2]],
        [[[1]], 2],
        ["a", "b"],
        [{}],
        {},
        {"a": 1},
    ]
)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """A prediction as the api writes it, in the api's order."""
    n, features, classes = draw(st.integers(1, 4)), draw(names), draw(names)

    def table(width: int, of: st.SearchStrategy[Any]) -> st.SearchStrategy[list[list[Any]]]:
        return st.lists(st.lists(of, min_size=width, max_size=width), min_size=n, max_size=n)

    record = prediction([str(draw(st.uuids())) for _ in range(n)])
    record |= {"kind": draw(st.sampled_from(["prediction", "shadow"])), "features": features, "classes": classes}
    record |= {"rows": draw(table(len(features), cells)), "probabilities": draw(table(len(classes), numbers))}
    scores = draw(st.sampled_from(["probabilities", "values"]))
    record["values"] = draw(table(1, numbers))
    record |= {"labels": [draw(st.integers(0, len(classes) - 1)) for _ in range(n)], "at": draw(times)}
    record |= {"request_id": draw(st.text(min_size=1, max_size=8)), "latency_ms": abs(draw(numbers))}
    record |= {"key": draw(st.sampled_from(["team", "a\x00"])), "trace_id": draw(st.uuids()).hex}
    record["shadow_of"] = [str(draw(st.uuids())) for _ in range(n)]
    half = ["kind", "model", "version", "variant", "bundle", "features", "classes"]
    half += [key for key in ("key", "trace_id") if draw(st.booleans())]
    rest = ["at", "request_id", "latency_ms", "ids", "rows", "labels", scores]
    rest += ["shadow_of"] if draw(st.booleans()) else []
    return {key: record[key] for key in (*half, *rest)}


@st.composite
def spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """A record with something that does not belong there, missing, or one more."""
    record, key = draw(records()), draw(st.sampled_from([*prediction(), "key", "shadow_of", "extra"]))
    match draw(st.sampled_from(["replace", "replace inside", "remove"])):
        case "replace inside" if isinstance(record.get(key), list):
            record[key][draw(st.integers(0, len(record[key]) - 1))] = draw(wrong)
        case "remove":
            record.pop(key, None)
        case _:
            record[key] = draw(wrong)
    return record


def dump(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journal")


def landed(folder: Path, payloads: list[bytes]) -> Batch:
    write_segment(folder, b"".join(map(frame, payloads)))
    return collect(Journal(folder))


def sorted_rows(batch: Batch) -> dict[str, list[str]]:
    return {kind: sorted(map(repr, rows.rows)) for kind, rows in batch.predictions.items() if rows.rows}


@given(st.lists(records(), min_size=1, max_size=5))
def test_records_of_one_model_give_together_the_rows_that_each_gives_alone(given_records: list[dict[str, Any]]) -> None:
    model = {key: given_records[0][key] for key in ("kind", "features", "classes")}
    payloads = [dump(record | model) for record in given_records if record["features"] == model["features"]]
    payloads = [payload for payload in payloads if not _refused(payload)]
    halves = {first_half(payload) for payload in payloads}
    if len(halves) != 1:
        return
    together = read_together(halves.pop(), payloads)

    alone = [decode(payload).predictions for payload in payloads]
    if together is not None:
        assert together.rows == [row for rows in alone for row in rows]
        assert together.counts == [len(rows) for rows in alone]


@given(st.lists(records() | spoilt() | st.builds(feedback, st.uuids().map(str)), max_size=6))
def test_any_journal_gives_the_rows_and_the_quarantine_of_records_read_one_by_one(
    folder: Path, given_records: list[dict[str, Any]]
) -> None:
    payloads = [dump(record) for record in given_records]

    together = landed(folder, payloads)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "read_together", lambda half, payloads: None)
        alone = landed(folder, payloads)

    assert sorted_rows(together) == sorted_rows(alone)
    assert sorted(together.quarantine) == sorted(alone.quarantine)
    assert together.feedback.rows == alone.feedback.rows


def test_what_the_api_writes_is_read_together() -> None:
    payloads = [dump(prediction([str(UUID(int=n)) for n in range(size)])) for size in (1, 1, 1000)]
    payloads = [dump(_as_the_api(json.loads(payload))) for payload in payloads]

    together = read_together(first_half(payloads[0]), payloads)

    assert together is not None
    assert together.counts == [1, 1, 1000]


def test_with_keys_and_beside_shadows_they_are_read_together_too() -> None:
    shadow = {"kind": "shadow", "variant": "shadow", "shadow_of": ["x", "y"]}
    payloads = [dump(_as_the_api(prediction(["a", "b"], key="team", **shadow))) for _ in range(2)]

    together = read_together(first_half(payloads[0]), payloads)

    assert together is not None
    assert [(row.api_key, row.trace_id, row.shadow_of) for row in together.rows] == [
        ("team", None, of) for of in "xyxy"
    ]


def test_a_row_that_was_read_with_others_still_knows_its_place(tmp_path: Path) -> None:
    several = [_as_the_api(prediction([str(UUID(int=10 * frame + n)) for n in range(3)])) for frame in range(4)]
    write_segment(tmp_path, encode(*several))

    rows = collect(Journal(tmp_path)).predictions["prediction"]
    kept = rows.quarantined(7, "a reason", b"")

    assert rows.rows[7].id == several[2]["ids"][1]
    assert (kept.position, kept.item) == (len(encode(*several[:2])), 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": [[1], [1, 2, 3]]},
        {"rows": [[1, 2, 3, 4], []]},
        {"rows": [[1, [2]], [3, 4]]},
        {"rows": [["1", [2]], [3, 4]]},
        {"rows": [["1", 2, 3], [4]]},
        {"labels": [0, -1]},
        {"labels": [0, 3]},
        {"labels": [0]},
        {"latency_ms": True},
        {"request_id": ""},
        {"request_id": "a\x00"},
        {"at": "2026-02-30T10:00:00.000000Z"},
        {"shadow_of": ["x"]},
        {"shadow_of": "xy"},
        {"extra": "team"},
    ],
)
def test_what_a_record_alone_would_be_asked_about_is_not_read_together(changes: dict[str, Any]) -> None:
    records = [_as_the_api(prediction(["a", "b"])), _as_the_api(prediction(["c", "d"], **changes))]
    payloads = [dump(record) for record in records]

    assert read_together(first_half(payloads[0]), payloads) is None


def test_a_record_that_is_not_whole_cannot_borrow_from_its_neighbours() -> None:
    whole = dump(_as_the_api(prediction(["a", "b"])))
    half = first_half(whole)
    rest = whole[len(half) + 1 :]
    # One frame with two objects, one with a half and one with the other half: three frames, three objects.
    opening = rest.replace(b'"ids":["a","b"],', b"")[:-1] + b',"ids":[{"a":1}'
    payloads = [half + b"," + part for part in (rest + b",{" + rest, opening, b'"at":"b"}]}')]

    assert {first_half(payload) for payload in payloads} == {half}
    assert read_together(half, payloads) is None


def _as_the_api(record: dict[str, Any]) -> dict[str, Any]:
    half = [key for key in (*prediction(), "key") if key in record and key not in SECOND]
    return {key: record[key] for key in half} | {key: value for key, value in record.items() if key not in half}


def _refused(payload: bytes) -> bool:
    try:
        return bool(decode(payload).refused)
    except Exception:
        return True
