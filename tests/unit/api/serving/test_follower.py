"""Following the policy, one look at a time."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.bundles import make_bundle, write_policy
from tests.support.following import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with ThreadPoolExecutor(1) as executor:
        yield Rig(tmp_path / "serving", executor)


def test_nothing_there_is_no_model_and_no_failure(rig: Rig) -> None:
    assert rig.look() is None
    assert rig.refused("policy") == 0


def test_a_model_that_appears_serves_and_a_policy_that_vanishes_changes_nothing(rig: Rig) -> None:
    write_policy(rig.serving, 1, make_bundle(rig.serving))
    assert rig.look() == "1"
    (rig.serving / "policy.json").unlink()
    assert rig.look() == "1"


def test_a_policy_of_nothing_withdraws_the_model(rig: Rig) -> None:
    write_policy(rig.serving, 1, make_bundle(rig.serving))
    assert rig.look() == "1"
    write_policy(rig.serving, 2, None)
    assert rig.look() is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"format": 2}', b"\xff", b" " * 100_000, b"[" * 50_000])
def test_a_policy_that_can_not_be_read_changes_nothing_and_is_counted_once(rig: Rig, content: bytes) -> None:
    write_policy(rig.serving, 1, make_bundle(rig.serving))
    rig.look()
    (rig.serving / "policy.json").write_bytes(content)
    assert [rig.look(), rig.look()] == ["1", "1"]
    assert rig.refused("policy") == 1


def test_a_bad_bundle_leaves_the_old_one_serving_and_is_tried_again_later(rig: Rig) -> None:
    write_policy(rig.serving, 1, make_bundle(rig.serving))
    assert rig.look() == "1"
    bad = make_bundle(rig.serving, tilt=1.0)
    onnx = rig.serving / "bundles" / bad / "model.onnx"
    right = onnx.read_bytes()
    onnx.write_bytes(right[:-1] + b"x")
    write_policy(rig.serving, 2, bad, version="2")
    assert [rig.look(), rig.look()] == ["1", "1"]
    assert rig.refused("checksum") == 1
    onnx.write_bytes(right)
    rig.now += 1.1
    assert rig.look() == "2"


def test_retries_get_rarer(rig: Rig) -> None:
    write_policy(rig.serving, 1, "0" * 64)
    for tenth in range(1000):
        rig.now = tenth / 10
        rig.look()
    assert 5 <= rig.refused("missing") <= 10


def test_a_bundle_under_a_new_version_is_not_loaded_again(rig: Rig) -> None:
    bundle = make_bundle(rig.serving)
    write_policy(rig.serving, 1, bundle)
    rig.look()
    first = rig.models.production().bundle
    write_policy(rig.serving, 2, bundle, version="2")
    assert rig.look() == "2"
    assert rig.models.production().bundle is first


def test_canary_and_shadow_are_held_ready_and_a_broken_one_does_not_touch_production(rig: Rig) -> None:
    canary = {"version": "2", "bundle": make_bundle(rig.serving, tilt=1.0), "percent": 5}
    shadow = {"version": "3", "bundle": "0" * 64}
    write_policy(rig.serving, 1, make_bundle(rig.serving), canary=canary, shadow=shadow)
    assert rig.look() == "1"
    held = rig.models.get("canary")
    assert held is not None
    assert held.version == "2"
    assert rig.models.get("shadow") is None
    assert rig.refused("missing", "shadow") == 1


def test_a_verdict_that_changes_is_shown_on_the_model_that_serves_without_a_swap(rig: Rig) -> None:
    served, other = make_bundle(rig.serving), make_bundle(rig.serving, tilt=1.0)

    def tell(generation: int, verdict: str | None) -> None:
        fields = {"verdict": verdict} if verdict else {}
        canary = {"version": "2", "bundle": other, "percent": 100, **fields}
        write_policy(
            rig.serving, generation, None, production={"version": "1", "bundle": served, **fields}, canary=canary
        )
        rig.look()

    tell(1, None)
    before = rig.models.production()
    assert [model.verdict for model in rig.models.held()] == [None, None]
    for generation, verdict in ((2, "passed"), (3, "failed"), (4, None)):
        tell(generation, verdict)
        assert [model.verdict for model in rig.models.held()] == [verdict, verdict]
        assert rig.traffic.choose(b"", "") is rig.models.get("canary")
    after = rig.models.production()
    assert (after.since, after.bundle, after.metrics) == (before.since, before.bundle, before.metrics)
    for variant, version in (("production", "1"), ("canary", "2")):
        swaps = {"variant": variant, "outcome": "done", "reason": "none"}
        assert rig.registry.get_sample_value("model_swaps_total", swaps) == 1
        assert rig.registry.get_sample_value("model_info", {"variant": variant, "version": version}) == 1


def test_a_verdict_that_is_none_of_the_two_makes_the_policy_unreadable(rig: Rig) -> None:
    bundle = make_bundle(rig.serving)
    write_policy(rig.serving, 1, None, production={"version": "1", "bundle": bundle, "verdict": "maybe"})
    assert rig.look() is None
    assert rig.refused("policy") == 1


def test_what_served_last_is_remembered_without_its_verdict(rig: Rig) -> None:
    bundle = make_bundle(rig.serving)
    write_policy(rig.serving, 1, None, production={"version": "1", "bundle": bundle, "verdict": "passed"})
    assert rig.look() == "1"
    remembered = json.loads((rig.serving.parent / "last-served.json").read_bytes())
    assert remembered == {"version": "1", "bundle": bundle}


def test_the_bins_of_a_model_that_left_become_zero(rig: Rig) -> None:
    write_policy(rig.serving, 1, make_bundle(rig.serving))
    rig.look()
    of_bin = {"version": "1", "feature": "sepal_width_cm", "bin": "(4, inf)"}
    of_class, of_version = {"version": "1", "label": "setosa"}, {"version": "1", "variant": "production"}

    def shown() -> list[float | None]:
        return [
            rig.registry.get_sample_value("feature_reference_ratio", of_bin),
            rig.registry.get_sample_value("prediction_reference_ratio", of_class),
            rig.registry.get_sample_value("model_accuracy_ratio", of_version),
            rig.registry.get_sample_value("model_train_rows", of_version),
        ]

    assert shown() == [0.5, pytest.approx(1 / 3), 0.9, 150]
    write_policy(rig.serving, 2, None)
    rig.look()
    assert shown() == [0, 0, 0, 0]


def test_a_worker_that_starts_beside_a_bad_bundle_serves_what_served_last(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        before, after = Rig(tmp_path / "serving", executor), Rig(tmp_path / "serving", executor)
        write_policy(before.serving, 1, make_bundle(before.serving))
        assert before.look() == "1"
        bad = make_bundle(before.serving, tilt=1.0)
        onnx = before.serving / "bundles" / bad / "model.onnx"
        right = onnx.read_bytes()
        onnx.write_bytes(right[:-1] + b"x")
        write_policy(before.serving, 2, bad, version="2")
        assert after.look() == "1"
        assert after.refused("checksum") == 1
        onnx.write_bytes(right)
        after.now += 1.1
        assert after.look() == "2"


@pytest.mark.parametrize("remembered", [None, b"", b"{", b'{"version": "1"}', b'{"version": "1", "bundle": "BUNDLE"}'])
def test_where_nothing_of_use_is_remembered_there_is_no_model_and_no_failure(
    rig: Rig, remembered: bytes | None
) -> None:
    bad = make_bundle(rig.serving)
    onnx = rig.serving / "bundles" / bad / "model.onnx"
    onnx.write_bytes(onnx.read_bytes()[:-1] + b"x")
    if remembered is not None:
        (rig.serving.parent / "last-served.json").write_bytes(remembered.replace(b"BUNDLE", b"0" * 64))
    write_policy(rig.serving, 1, bad)
    assert rig.look() is None
    assert rig.refused("checksum") == 1


def test_a_first_model_that_comes_late_is_everybody_s_one_look_later(rig: Rig) -> None:
    """The other workers look as often; until then a request could meet one that has not looked yet."""
    rig.look()
    write_policy(rig.serving, 1, make_bundle(rig.serving))
    assert (rig.look(), rig.follower.followed) == ("1", False)
    assert (rig.look(), rig.follower.followed) == ("1", True)
    write_policy(rig.serving, 2, make_bundle(rig.serving, tilt=1.0), version="2")
    assert (rig.look(), rig.follower.followed) == ("2", True)
    write_policy(rig.serving, 3, None)
    assert (rig.look(), rig.follower.followed) == (None, False)


def test_a_worker_that_begins_beside_a_model_is_ready_with_its_first_look(rig: Rig) -> None:
    assert not rig.follower.followed
    write_policy(rig.serving, 1, make_bundle(rig.serving))
    assert (rig.look(), rig.follower.followed) == ("1", True)
