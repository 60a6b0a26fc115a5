"""The form of a request, and the errors for other forms."""

import pytest

from api.bundle.feedback_schema import FeedbackSchema
from api.bundle.manifest import Manifest
from api.bundle.row_schema import RowSchema
from api.errors import InvalidInputError, TooLargeError
from tests.support.bundles import IRIS, tiny_parts

ENTRIES = {
    name: {"sha256": "0" * 64, "size": 1} for name in ("model.onnx", "model.joblib", "reference.json", "golden.json")
}
ROW = '{"sepal_length_cm": %s, "sepal_width_cm": 3.5, "petal_length_cm": 1.4, "petal_width_cm": 0.2}'
GOOD = ROW % "5.1"


def manifest(dtype: str = "float64") -> Manifest:
    return Manifest.model_validate({**tiny_parts(dtype=dtype).manifest, "files": ENTRIES})


def schema(dtype: str = "float64") -> RowSchema:
    return RowSchema(manifest(dtype), max_rows=3)


def fields_refused(raw: bytes, dtype: str = "float64") -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        schema(dtype).one(raw)
    return [entry["field"] for entry in caught.value.errors]


def test_a_row_comes_back_in_the_order_of_the_manifest() -> None:
    raw = b'{"petal_width_cm":0.2,"sepal_length_cm":5,"petal_length_cm":1.4,"sepal_width_cm":3.5}'
    assert schema().one(raw) == [5.0, 3.5, 1.4, 0.2]


@pytest.mark.parametrize(
    "value",
    [
        *("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e39", "-1e39", "9" * 4000),
        *('"5.1"', '"\\u0000"', "true", "null", "[5.1]", "{}"),
    ],
)
def test_a_value_that_is_no_number_the_model_can_take_is_refused_by_field(value: str) -> None:
    assert fields_refused((ROW % value).encode()) == ["sepal_length_cm"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        GOOD.encode() + b"}",
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.encode("utf-16"),
        b'{"\xff": 1}',
        b'{"\\ud800": 1}',
        (ROW % '"\\ud800"').encode(),
        (ROW % ("9" * 5000)).encode(),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        (ROW % "05").encode(),
        b"null",
        b"[]",
        b"5",
    ],
)
def test_a_body_that_is_no_json_object_is_refused_as_a_whole(raw: bytes) -> None:
    assert fields_refused(raw) == ["body"]


WHOLE = ROW.replace("3.5", "3").replace("1.4", "1").replace("0.2", "0")


@pytest.mark.parametrize(
    "value", ["5.5", "9223372036854775808", "9223372036854775808.0", "1e300", "NaN", "true", '"5"']
)
def test_an_integer_feature_takes_64_bit_integers_only(value: str) -> None:
    assert fields_refused((WHOLE % value).encode(), "int64") == ["sepal_length_cm"]


@pytest.mark.parametrize(
    ("value", "read"),
    [("5.0", 5), ("-0.0", 0), ("3e2", 300), ("9007199254740993", 2**53 + 1), ("-9223372036854775808", -(2**63))],
)
def test_an_integer_may_be_written_with_a_point(value: str, read: int) -> None:
    first = RowSchema(manifest("int64"), max_rows=3).one((WHOLE % value).encode())[0]
    assert (first, type(first)) == (read, int)


def test_a_broken_number_for_an_integer_learns_what_would_fit() -> None:
    with pytest.raises(InvalidInputError) as caught:
        RowSchema(manifest("int64"), max_rows=3).one((WHOLE % "5.5").encode())
    assert [error["message"] for error in caught.value.errors] == [
        "Input should be a valid integer of 64 bits; 3.0 is one, 3.5 is not"
    ]


def test_the_largest_float32_is_taken_and_stays_finite() -> None:
    assert schema().one((ROW % "3.4028234663852886e38").encode())[0] == 3.4028234663852886e38


def test_a_missing_and_an_unknown_field_are_both_named() -> None:
    assert set(fields_refused(GOOD.replace("sepal_width_cm", "width").encode())) == {"sepal_width_cm", "width"}


@pytest.mark.parametrize("misspelt", ["sepal_widht_cm", "SEPAL_WIDTH_CM", "Sepal Width cm", "sepalWidthCm"])
@pytest.mark.parametrize("batch", [False, True])
def test_a_misspelt_feature_is_answered_with_the_name_of_the_missing_one_it_is_like(batch: bool, misspelt: str) -> None:
    row = GOOD.replace("sepal_width_cm", misspelt)
    with pytest.raises(InvalidInputError) as caught:
        schema().many(f'{{"rows": [{row}]}}'.encode()) if batch else schema().one(row.encode())
    messages = [error["message"] for error in caught.value.errors]
    assert [one for one in messages if "mean" in one] == [
        "Extra inputs are not permitted; did you mean 'sepal_width_cm'?"
    ]


def test_a_field_like_one_that_is_there_already_and_one_like_none_get_no_suggestion() -> None:
    for extra in ("sepal_width_cn", "colour", "\\u0000"):
        with pytest.raises(InvalidInputError) as caught:
            schema().one(GOOD.replace("{", f'{{"{extra}": 1, ').encode())
        assert [error["message"] for error in caught.value.errors] == ["Extra inputs are not permitted"]


def test_an_unknown_field_is_named_cut_and_printable() -> None:
    raw = GOOD.replace("{", '{"\\n\\u0000%s": NaN, ' % ("x" * 1000)).encode()
    (field,) = fields_refused(raw)
    assert len(field) == 64
    assert field.isprintable()


def test_what_was_sent_is_never_repeated() -> None:
    with pytest.raises(InvalidInputError) as caught:
        schema().one((ROW % '"a secret"').encode())
    assert "secret" not in f"{caught.value.detail}{caught.value.errors}"


def test_a_batch_keeps_its_order_and_names_the_bad_row() -> None:
    assert schema().many(f'{{"rows": [{ROW % "1"}, {ROW % "2"}]}}'.encode()) == [[1, 3.5, 1.4, 0.2], [2, 3.5, 1.4, 0.2]]
    with pytest.raises(InvalidInputError) as caught:
        schema().many(f'{{"rows": [{GOOD}, {ROW % "true"}]}}'.encode())
    assert caught.value.errors[0]["field"] == "rows.1.sepal_length_cm"


def test_a_batch_over_the_limit_is_too_large_and_an_empty_one_invalid() -> None:
    with pytest.raises(TooLargeError, match="at most 3 rows"):
        schema().many(f'{{"rows": [{", ".join([GOOD] * 4)}]}}'.encode())
    with pytest.raises(InvalidInputError):
        schema().many(b'{"rows": []}')


def test_the_errors_of_a_wide_request_are_bounded() -> None:
    names = tuple(f"f{number}" for number in range(500))
    wide = Manifest.model_validate({**tiny_parts(features=names).manifest, "files": ENTRIES})
    with pytest.raises(InvalidInputError, match="500 of the") as caught:
        RowSchema(wide, max_rows=1).one(b"{}")
    assert len(caught.value.errors) == 20


ID = "01936d5a-7b9c-7000-8000-000000000000"


def test_feedback_is_one_item_or_many() -> None:
    feedback = FeedbackSchema(manifest(), max_rows=3)
    one = {"prediction_id": ID, "label": "setosa", "source": "api"}
    assert feedback.read(f'{{"prediction_id": "{ID}", "label": "setosa"}}'.encode()) == [one]
    assert feedback.read(f'{{"items": [{{"prediction_id": "{ID}", "label": "setosa"}}]}}'.encode()) == [one]


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (f'{{"prediction_id": "{ID}", "label": "rose"}}', "label"),
        ('{"prediction_id": "1", "label": "setosa"}', "prediction_id"),
        (f'{{"prediction_id": "{ID}\\n", "label": "setosa"}}', "prediction_id"),
        (f'{{"prediction_id": "{ID}", "label": "setosa", "source": "a\\u0000"}}', "source"),
        (f'{{"prediction_id": "{ID}", "label": "setosa", "source": ""}}', "source"),
        (f'{{"prediction_id": "{ID}", "label": "setosa", "source": "{"x" * 65}"}}', "source"),
        (f'{{"prediction_id": "{ID}", "label": "setosa", "more": 1}}', "more"),
        ('{"items": []}', "items"),
        ('{"items": [1]}', "items.0"),
        ("3", "body"),
        ("[]", "body"),
    ],
)
def test_feedback_that_does_not_fit_is_refused_by_field(raw: str, field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        FeedbackSchema(manifest(), max_rows=3).read(raw.encode())
    assert caught.value.errors[0]["field"] == field


def test_the_features_of_the_tiny_bundle_are_those_of_iris() -> None:
    assert tuple(feature.name for feature in manifest().features) == IRIS
