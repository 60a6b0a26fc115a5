"""An ONNX file of a common shape becomes a bundle that answers as the file does, or is refused by name."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from trainer.adoption.making import AS_CONVERTED, AdoptedBundle, ProofTable, make
from trainer.adoption.origin import of_path
from trainer.bundle.bundle import Bundle, read_bundle
from trainer.errors import AdoptionError
from trainer.params import Params
from trainer.workspace.layout import Layout

Converting = Callable[..., AdoptedBundle]
NUMBERS = ["fare", "deck"]


@pytest.fixture
def converted(tmp_path: Path, fast: Params) -> Converting:
    def adopt(model: ModelProto | bytes, frame: pd.DataFrame, target: str | None = None) -> AdoptedBundle:
        path = tmp_path / "model.onnx"
        path.write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
        proof = ProofTable(frame.to_csv(index=False).encode(), "passengers.csv", None, own=False)
        return make(Layout(tmp_path / "made"), of_path(path), proof, None, target, fast)

    return adopt


def bundle_in(folder: Path) -> Bundle:
    return read_bundle(Layout(folder / "made"))


def answers(bundle: Bundle, rows: Any) -> list[Any]:
    session = onnxruntime.InferenceSession(bundle.content("model.onnx"))
    return list(session.run(None, {"features": np.asarray(rows, np.float32)}))


@pytest.mark.parametrize("zipmap", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_classifier_of_one_tensor_answers_as_the_file_does(
    zipmap: bool, dtype: type, table: pd.DataFrame, converted: Converting, tmp_path: Path
) -> None:
    frame = table[[*NUMBERS, "lived"]]
    rows = frame[NUMBERS].to_numpy(dtype)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, frame["lived"])

    made = converted(to_onnx(model, rows[:1], options={id(model): {"zipmap": zipmap}}), frame)

    assert made.parity <= 1e-6
    assert made.notes == [AS_CONVERTED]
    manifest = bundle_in(tmp_path).manifest
    assert manifest["target"]["classes"] == ["no", "yes"]
    assert [one["name"] for one in manifest["features"]] == NUMBERS
    label, shares = answers(bundle_in(tmp_path), rows)
    assert np.array(["no", "yes"])[label].tolist() == model.predict(rows).tolist()
    assert np.allclose(shares, model.predict_proba(rows), atol=1e-5)


def test_a_forest_of_whole_number_classes_in_an_old_opset_is_adopted(
    table: pd.DataFrame, converted: Converting, tmp_path: Path
) -> None:
    rows = table[NUMBERS].to_numpy(np.float32)
    model = RandomForestClassifier(5, max_depth=3, random_state=0).fit(rows, table["deck"])
    onnx_model = to_onnx(model, rows[:1])
    assert next(one.version for one in onnx_model.opset_import if one.domain == "") < 11
    converted(onnx_model, table[[*NUMBERS]].assign(answer=table["deck"]), "answer")
    assert bundle_in(tmp_path).manifest["target"]["classes"] == ["1", "2", "3"]


def test_a_regression_answers_one_number(table: pd.DataFrame, converted: Converting, tmp_path: Path) -> None:
    frame = table[["fare", "deck"]].assign(price=table["fare"] * 2 + table["deck"])
    model = Ridge().fit(frame[NUMBERS].to_numpy(np.float32), frame["price"])
    converted(to_onnx(model, frame[NUMBERS].to_numpy(np.float32)[:1]), frame, "price")
    found = bundle_in(tmp_path).manifest
    assert found["task"] == "regression"
    assert found["quality"]["r2"] > 0.9


def of_columns(encoder: Any, table: pd.DataFrame, last: Any) -> tuple[ModelProto, pd.DataFrame]:
    """One input for each column, and the table without the rows that have a gap."""
    frame = table.dropna(subset=["age", "port"])[["age", "fare", "deck", "sex", "port", "lived"]]
    before = ColumnTransformer([("numbers", StandardScaler(), ["age", "fare"]), ("texts", encoder, ["sex", "port"])])
    model = make_pipeline(before, last).fit(frame.drop(columns="lived"), frame["lived"])
    return to_onnx(model, frame.drop(columns="lived")[:1]), frame


@pytest.mark.parametrize("encoder", [OneHotEncoder(handle_unknown="ignore"), OrdinalEncoder()])
def test_one_input_for_each_column_takes_its_name_and_texts_become_categories(
    encoder: Any, table: pd.DataFrame, converted: Converting, tmp_path: Path
) -> None:
    model, frame = of_columns(encoder, table, GradientBoostingClassifier(n_estimators=5, random_state=0))
    assert converted(model, frame).parity <= 1e-6
    # Nothing reads deck, so nobody has to send it.
    features = {one["name"]: one for one in bundle_in(tmp_path).manifest["features"]}
    assert list(features) == ["age", "fare", "sex", "port"]
    assert features["port"]["categories"] == ["Cherbourg", "Cork", "Southampton"]


def test_a_text_that_only_the_file_knows_is_a_category_too(
    table: pd.DataFrame, converted: Converting, tmp_path: Path
) -> None:
    model, frame = of_columns(OneHotEncoder(handle_unknown="ignore"), table, LogisticRegression())
    converted(model, frame[frame["port"] != "Cork"])
    features = {one["name"]: one for one in bundle_in(tmp_path).manifest["features"]}
    assert features["port"]["categories"] == ["Cherbourg", "Cork", "Southampton"]
    assert features["sex"]["categories"] == ["female", "male"]
    assert features["port"]["unknown"] == "other"


def graph(
    nodes: Sequence[Any], outputs: Sequence[Any], *, rows: int | str = "n", weights: Any = ((0.01, 0.2), (0.02, -0.3))
) -> ModelProto:
    """Of the input x, two columns; `w` holds the weights."""
    held = numpy_helper.from_array(np.array(weights, np.float32), "w")
    axis = numpy_helper.from_array(np.array([0]), "first")
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, 2])]
    body = helper.make_graph(nodes, "g", given, outputs, [held, axis])
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


PRODUCT = helper.make_node("MatMul", ["x", "w"], ["scores"])
SOFTMAX = helper.make_node("Softmax", ["scores"], ["shares"], axis=1)
BY_SCORE = helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0)
LABEL = helper.make_tensor_value_info("label", TensorProto.INT64, ["n"])


def numbers(name: str) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 2])


def test_probabilities_alone_are_of_the_classes_in_alphabetical_order(
    table: pd.DataFrame, converted: Converting, tmp_path: Path
) -> None:
    made = converted(graph([PRODUCT, SOFTMAX], [numbers("shares")]), table[[*NUMBERS, "lived"]], "lived")
    assert "the model answers 0 to 1: taken for no, yes, in this order" in made.notes
    assert bundle_in(tmp_path).manifest["estimator"] == "ONNX graph"


def beside_others() -> ModelProto:
    most = helper.make_node("ReduceMax", ["x", "first"], ["most"])
    less = helper.make_node("Sub", ["x", "most"], ["less"])
    product = helper.make_node("MatMul", ["less", "w"], ["scores"])
    return graph([most, less, product, SOFTMAX, BY_SCORE], [LABEL, numbers("shares")])


def with_a_file() -> ModelProto:
    model = graph([PRODUCT, SOFTMAX], [numbers("shares")])
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    return model


def by_chance() -> ModelProto:
    drawn = helper.make_node("RandomUniformLike", ["x"], ["drawn"])
    return graph([drawn, helper.make_node("MatMul", ["drawn", "w"], ["scores"]), SOFTMAX], [numbers("shares")])


REFUSED = {
    "one row at a time": (graph([PRODUCT, SOFTMAX], [numbers("shares")], rows=1), "takes 1 rows and no other number"),
    "scores": (graph([PRODUCT, BY_SCORE], [LABEL, numbers("scores")]), "scores and not probabilities"),
    "another label than the most probable": (
        graph([PRODUCT, SOFTMAX, helper.make_node("ArgMin", ["scores"], ["label"], axis=1, keepdims=0)],
              [LABEL, numbers("shares")]),
        "does not answer its most probable class",
    ),
    "a label alone": (graph([PRODUCT, BY_SCORE], [LABEL]), "a label without probabilities"),
    "several tensors": (graph([PRODUCT, SOFTMAX], [numbers("scores"), numbers("shares")]), "outputs scores, shares"),
    "the rows beside it": (beside_others(), "otherwise when it is asked with other rows"),
    "a file elsewhere": (with_a_file(), "names a file beside it; save it as one file"),
    "chance": (by_chance(), "answers by chance: it has RandomUniformLike"),
    "damage": (b"\x08\x07damaged", "damaged or cut off"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_mapped_or_proved_is_refused_by_name(
    name: str, table: pd.DataFrame, converted: Converting
) -> None:
    model, found = REFUSED[name]
    with pytest.raises(AdoptionError, match=found):
        converted(model, table[[*NUMBERS, "lived"]], "lived")


def test_a_column_with_gaps_is_refused_where_the_file_takes_texts(table: pd.DataFrame, converted: Converting) -> None:
    model, _ = of_columns(OneHotEncoder(handle_unknown="ignore"), table, LogisticRegression())
    with pytest.raises(AdoptionError, match=r"port has gaps, and model\.onnx takes texts there"):
        converted(model, table.dropna(subset="age"))
    with pytest.raises(AdoptionError, match="reads 'port', which the table does not have"):
        converted(model, table.dropna(subset="age").drop(columns="port"))


def test_the_reason_of_onnx_runtime_is_in_the_refusal_and_not_on_stderr(
    table: pd.DataFrame, converted: Converting, capfd: pytest.CaptureFixture[str]
) -> None:
    # A node that fails while it runs: ONNX Runtime raises that and prints it, too.
    square = helper.make_node("Gemm", ["x", "x"], ["scores"])
    with pytest.raises(AdoptionError, match=r"does not answer .*Gemm"):
        converted(graph([square, SOFTMAX], [numbers("shares")]), table[[*NUMBERS, "lived"]], "lived")
    assert capfd.readouterr().err == ""
