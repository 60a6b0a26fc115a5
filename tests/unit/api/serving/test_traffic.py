"""Sharing requests out between production and a canary, without a server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from api.errors import ModelNotReadyError, VersionNotServedError
from tests.support.bundles import IRIS, make_bundle, tiny_parts, write_policy
from tests.support.following import Rig

KEYS = [f"customer-{number}".encode() for number in range(4_000)]


class Stage(Rig):
    """A rig with production as version 1 and a canary as version 2; ``give`` writes the next policy and looks at it."""

    def __init__(self, serving: Path, executor: ThreadPoolExecutor) -> None:
        super().__init__(serving, executor)
        self.production, self.canary = make_bundle(serving), make_bundle(serving, tilt=1.0)
        self.generation = 0

    def give(self, percent: float, *, canary: str | None = None, version: str = "2", **others: Any) -> None:
        self.generation += 1
        choice = {"version": version, "bundle": canary or self.canary, "percent": percent}
        policy = {"bundle": self.production, "canary": choice, **others}
        write_policy(self.serving, self.generation, **policy)
        self.look()

    def canary_keys(self) -> set[bytes]:
        return {key for key in KEYS if self.variant(key) == "canary"}

    def variant(self, key: bytes = b"", version: str = "") -> str:
        return self.traffic.choose(key, version).variant

    def share(self, version: str = "2") -> float | None:
        return self.registry.get_sample_value("canary_traffic_ratio", {"version": version})


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with ThreadPoolExecutor(1) as executor:
        yield Stage(tmp_path / "serving", executor)


def test_a_growing_share_only_adds_keys_and_keeps_within_chance(stage: Stage) -> None:
    before: set[bytes] = set()
    for percent in (0.0, 5.0, 25.0, 60.0, 100.0):
        stage.give(percent)
        keys = stage.canary_keys()
        assert before <= keys
        # five standard deviations of a binomial draw; the keys are fixed, so this passes always or never
        expected = len(KEYS) * percent / 100
        assert abs(len(keys) - expected) <= 5 * (expected * (1 - percent / 100)) ** 0.5
        assert stage.share() == percent / 100
        before = keys


def test_a_key_keeps_its_side_in_every_worker_and_after_every_restart(stage: Stage, tmp_path: Path) -> None:
    stage.give(25)
    with ThreadPoolExecutor(1) as executor:
        other = Stage(tmp_path / "other", executor)
        other.give(25)
        assert other.canary_keys() == stage.canary_keys()
    # pinned down: another release of this code must not send everybody to the other side
    assert sorted(stage.canary_keys())[:3] == [b"customer-1", b"customer-100", b"customer-1005"]


def test_another_canary_is_tried_by_other_keys(stage: Stage) -> None:
    stage.give(10)
    first = stage.canary_keys()
    stage.give(10, version="3")
    second = stage.canary_keys()
    assert len(first & second) < len(first) / 2
    assert (stage.share("2"), stage.share("3")) == (0, 0.1)


@pytest.mark.parametrize(("percent", "drawn", "variant"), [(0, 0.0, "production"), (5, 0.0499, "canary"),
                         (5, 0.05, "production"), (100, 0.9999999999999999, "canary")])  # fmt: skip
def test_without_a_key_each_request_draws(stage: Stage, percent: float, drawn: float, variant: str) -> None:
    stage.give(percent)
    stage.drawn = drawn
    assert stage.variant() == variant


def test_a_named_version_answers_whatever_the_shares_are(stage: Stage) -> None:
    stage.give(0)
    assert stage.variant(version="2") == "canary"
    stage.give(100)
    assert stage.variant(version="1") == "production"
    for unknown in ("3", "02", "canary", "2\n", "\xff"):
        with pytest.raises(VersionNotServedError) as refused:
            stage.variant(version=unknown)
        assert "iris_clf version 1 (production), iris_clf version 2 (canary)" in refused.value.detail


def test_a_canary_that_does_not_load_gets_no_traffic_and_no_blame_falls_on_production(stage: Stage) -> None:
    stage.give(100, canary="0" * 64)
    assert stage.canary_keys() == set()
    assert stage.variant() == "production"
    with pytest.raises(VersionNotServedError):
        stage.variant(version="2")


def test_a_canary_that_the_policy_no_longer_names_gets_no_traffic_while_its_successor_loads(stage: Stage) -> None:
    stage.give(100)
    assert stage.variant() == "canary"
    stage.give(100, canary="0" * 64, version="3")
    assert stage.variant() == "production"
    assert stage.share("2") == 0


def test_without_a_production_a_canary_answers_only_who_asks_for_it(stage: Stage) -> None:
    stage.give(100, bundle=None)
    with pytest.raises(ModelNotReadyError):
        stage.variant(b"somebody")
    assert stage.variant(version="2") == "canary"
    stage.give(100)
    assert stage.variant(b"somebody") == "canary"
    stage.give(100, bundle=None)
    with pytest.raises(ModelNotReadyError):
        stage.variant(b"somebody")


def test_without_any_model_a_named_version_is_not_ready_rather_than_unknown(stage: Stage) -> None:
    with pytest.raises(ModelNotReadyError):
        stage.variant(version="1")


@pytest.mark.parametrize("change", [{"features": IRIS[::-1]}, {"features": IRIS[:3]}, {"dtype": "int64"}])
def test_a_canary_with_other_features_gets_no_share_and_says_so_once(stage: Stage, change: dict[str, Any]) -> None:
    other = tiny_parts(**change).write(stage.serving / "bundles")
    stage.give(100, canary=other)
    stage.look()
    stage.look()
    labels = {"variant": "canary", "outcome": "refused", "reason": "incompatible"}
    assert stage.registry.get_sample_value("model_swaps_total", labels) == 1
    assert stage.canary_keys() == set()
    assert not stage.share()
    assert stage.variant(version="2") == "canary"
    # once production is of the same kind, the share is given
    stage.give(100, canary=other, bundle=other, version="2")
    assert stage.variant() == "canary"


def test_the_same_bundle_in_both_places_is_split_and_distinguished(stage: Stage) -> None:
    stage.give(50, canary=stage.production)
    assert 0 < len(stage.canary_keys()) < len(KEYS)
    assert stage.traffic.choose(b"", "2").bundle is stage.traffic.choose(b"", "1").bundle


def test_promotion_moves_everybody_at_once_and_loads_nothing(stage: Stage) -> None:
    stage.give(50)
    loaded = stage.traffic.choose(b"", "2").bundle
    stage.generation += 1
    write_policy(stage.serving, stage.generation, stage.canary, "2")
    stage.look()
    assert {stage.traffic.choose(key, "").version for key in KEYS[:100]} == {"2"}
    assert stage.traffic.choose(b"", "").bundle is loaded
    assert stage.share() == 0
