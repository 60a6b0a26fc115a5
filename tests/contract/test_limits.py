"""Every reader of a bundle refuses the same sizes, and those of docs/formats/limits.json."""

import json
from pathlib import Path

import pytest

from api.bundle import reader as of_api
from api.bundle import reasons_file as of_api_reasons
from courier.errors import BundleRefusedError
from courier.following import bundle_rules as of_courier
from trainer.bundle import reasons as of_trainer_reasons
from trainer.gate import champion as of_trainer

LIMITS = json.loads((Path(__file__).parents[2] / "docs/formats/limits.json").read_text())


def test_the_three_readers_have_the_limits_of_the_format() -> None:
    assert of_api.LARGEST_MANIFEST == of_courier.MAX_MANIFEST_BYTES == LIMITS["manifest_bytes"]
    assert of_api.LARGEST_JSON == of_courier.MAX_JSON_BYTES == LIMITS["json_bytes"]
    assert of_api.LARGEST_BUNDLE == of_courier.MAX_BUNDLE_BYTES == LIMITS["bundle_bytes"]
    assert LIMITS["reasons_bytes"] == of_api_reasons.LARGEST_REASONS
    assert of_api_reasons.MOST_CONDITIONS == of_trainer_reasons.MOST_CONDITIONS == LIMITS["reasons_conditions"]
    assert dict(of_trainer.LARGEST) == {
        "manifest.json": LIMITS["manifest_bytes"],
        "model.onnx": LIMITS["bundle_bytes"],
    }


@pytest.mark.parametrize(
    ("name", "limit"),
    [("manifest.json", "manifest_bytes"), ("reference.json", "json_bytes"), ("golden.json", "json_bytes")],
)
def test_the_courier_refuses_one_byte_more_before_it_fetches(name: str, limit: str) -> None:
    of_courier.check_listing({name: LIMITS[limit]})
    with pytest.raises(BundleRefusedError, match=f"{name} is larger than"):
        of_courier.check_listing({name: LIMITS[limit] + 1})


def test_the_files_are_counted_together_and_the_manifest_apart() -> None:
    half = LIMITS["bundle_bytes"] // 2
    of_courier.check_listing({"manifest.json": LIMITS["manifest_bytes"], "model.onnx": half, "model.joblib": half})
    with pytest.raises(BundleRefusedError, match="bytes are more than"):
        of_courier.check_listing({"model.onnx": half, "model.joblib": half + 1})
