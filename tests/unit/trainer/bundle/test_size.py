"""The largest candidates of the committed params.yaml, its forests, stay small on 50,000 rows."""

import pytest
import yaml

from tests.support.matrix import fitted, table
from tests.support.tables import ROOT
from trainer.conversion.convert import to_onnx
from trainer.params import Params, candidates_of
from trainer.workspace import canonical

ROWS, MOST_MB = 50_000, 10.0


@pytest.mark.parametrize("classes", [2, 0], ids=["classes", "values"])
def test_a_default_forest_of_fifty_thousand_rows_has_at_most_ten_megabytes(classes: int) -> None:
    params = Params.model_validate(yaml.safe_load((ROOT / "params.yaml").read_text()))
    drawn = table("plain", classes, rows=ROWS)
    forests = [one for one in candidates_of(params, drawn.contract.task).values() if "Forest" in one.estimator]
    assert forests
    for one in forests:
        pipeline = fitted(one, drawn)
        assert (len(to_onnx(pipeline, 4, classes)) + len(canonical.dump(pipeline))) / 1e6 <= MOST_MB
