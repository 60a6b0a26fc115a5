"""A publication is read from what the stages wrote, which must be of one run."""

from collections.abc import Callable

import pytest

from trainer.contract.contract import Contract
from trainer.errors import StageError
from trainer.params import Params
from trainer.registry.publication import Publication
from trainer.registry.training_files import read_publication
from trainer.workspace.layout import Layout


def test_the_publication_has_every_metric_of_every_candidate(publication: Publication) -> None:
    for name, metrics in publication.metrics.items():
        assert set(metrics) - {"bundle_mb"} == {
            "accuracy", "precision_macro", "recall_macro", "f1_macro", "log_loss", "roc_auc",
            "cv_accuracy", "cv_balanced_accuracy", "cv_f1_macro", "cv_roc_auc", "cv_average_precision", "cv_log_loss",
            "fit_seconds", "predict_seconds", "size_mb",
        }  # fmt: skip
        assert ("bundle_mb" in metrics) == (name == publication.winner)
        assert metrics["size_mb"] == publication.candidates[name]["size"] / 1e6
    size = sum(one.stat().st_size for one in publication.bundle.path.iterdir() if one.name != "manifest.json")
    assert publication.metrics[publication.winner]["bundle_mb"] == size / 1e6
    assert (publication.per_class("linear") or "").startswith("class,precision,recall,f1,support\n")
    assert publication.params["candidates.forest.settings.n_estimators"] == 10
    assert publication.params["cross_validation.folds"] == 3


def test_without_timings_a_publication_is_complete_but_for_them(
    publication: Publication, layout: Layout, iris: Contract, fast: Params
) -> None:
    layout.timings.unlink()
    assert "fit_seconds" not in read_publication(layout, iris, fast).metrics["linear"]


def test_parameters_changed_after_the_bundle_are_reported(
    publication: Publication, layout: Layout, iris: Contract, fast_with: Callable[..., Params]
) -> None:
    with pytest.raises(StageError, match=r"params\.yaml changed after the bundle was made"):
        read_publication(layout, iris, fast_with(seed=8))


def test_data_changed_after_the_bundle_is_reported(
    publication: Publication, layout: Layout, iris: Contract, fast: Params
) -> None:
    processed = layout.processed("iris")
    processed.write_text("\n".join(processed.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(StageError, match="data changed after the bundle was made"):
        read_publication(layout, iris, fast)
