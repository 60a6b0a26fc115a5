"""`publish` against a registry in memory: whatever it is stopped at, the alias is on a complete version."""

from collections.abc import Callable

import pytest

from trainer.bundle import bundle
from trainer.contract import Contract
from trainer.errors import RegistryError, StageError
from trainer.layout import Layout
from trainer.params import Params
from trainer.prepare import prepare
from trainer.progress import Silent
from trainer.publication import Publication, read_publication
from trainer.publish import ALIAS, publish
from trainer.train import train


class MemoryRegistry:
    """Versions, runs and aliases as a registry keeps them; `fails_at` names the call at which it dies."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.versions: list[tuple[str, dict[str, str]]] = []
        self.aliases: dict[str, str] = {}
        self.served: set[tuple[str, str]] = set()
        self.calls: list[str] = []
        self.fails_at: str | None = None
        self.meanwhile: Callable[[], None] = lambda: None

    def version_of(self, model: str, bundle: str) -> str | None:
        self._called("version_of")
        found = [str(number) for number, (_, tags) in enumerate(self.versions, start=1) if tags["bundle"] == bundle]
        return found[-1] if found else None

    def aliased(self, model: str, alias: str) -> str | None:
        self._called("aliased")
        return self.aliases.get(alias)

    def record(self, publication: Publication) -> str:
        self._called("record")
        self.runs.append(publication.run_name)
        self.meanwhile()
        return f"run-{len(self.runs)}"

    def register(self, model: str, run_id: str, tags: dict[str, str]) -> str:
        self._called("register")
        self.versions.append((run_id, tags))
        return str(len(self.versions))

    def point(self, model: str, alias: str, to: str) -> None:
        self._called("point")
        self.aliases[alias] = to
        self.served.add((alias, to))

    def had(self, model: str, alias: str, version: str) -> bool:
        self._called("had")
        return (alias, version) in self.served

    def _called(self, name: str) -> None:
        if self.fails_at == name:
            raise RegistryError(f"died at {name}")
        self.calls.append(name)


@pytest.fixture
def publication(layout: Layout, iris: Contract, fast: Params) -> Publication:
    prepare(layout, iris)
    train(layout, iris, fast, Silent())
    bundle(layout, iris, fast)
    return read_publication(layout, iris, fast)


def test_the_first_publication_records_registers_and_moves_the_alias_last(publication: Publication) -> None:
    registry = MemoryRegistry()
    published = publish(publication, registry, Silent())
    assert (published.version, published.outcome, published.bundle) == ("1", "registered", publication.bundle.hash)
    assert registry.aliases == {ALIAS: "1"}
    assert registry.calls[-1] == "point"
    assert registry.versions[0][1]["bundle"] == publication.bundle.hash
    assert set(registry.versions[0][1]) >= {"bundle", "data_sha256", "params_sha256"}


def test_the_same_bundle_again_changes_nothing_and_says_so(publication: Publication) -> None:
    registry = MemoryRegistry()
    publish(publication, registry, Silent())
    runs, versions = list(registry.runs), list(registry.versions)
    again = publish(publication, registry, Silent())
    assert again.outcome == "unchanged"
    assert "nothing to do" in again.meaning
    assert (registry.runs, registry.versions) == (runs, versions)
    assert registry.calls.count("point") == 1


def test_a_version_without_the_alias_only_gets_the_alias(publication: Publication) -> None:
    registry = MemoryRegistry()
    publish(publication, registry, Silent())
    registry.aliases[ALIAS] = "0"
    assert publish(publication, registry, Silent()).outcome == "alias moved"
    assert registry.aliases == {ALIAS: "1"}
    assert len(registry.runs) == len(registry.versions) == 1


@pytest.mark.parametrize("step", ["version_of", "record", "register", "aliased", "point"])
def test_dying_at_any_step_leaves_the_alias_where_it_was_and_the_next_run_finishes(
    step: str, publication: Publication
) -> None:
    registry = MemoryRegistry()
    registry.versions.append(("run-0", {"bundle": "0" * 64}))
    registry.aliases[ALIAS] = "1"
    registry.fails_at = step
    with pytest.raises(RegistryError):
        publish(publication, registry, Silent())
    assert registry.aliases == {ALIAS: "1"}
    registry.fails_at = None
    assert publish(publication, registry, Silent()).version == "2"
    assert registry.aliases == {ALIAS: "2"}
    assert len(registry.versions) == 2


def test_of_two_trainers_at_once_the_first_version_stands(publication: Publication) -> None:
    registry = MemoryRegistry()

    def other_trainer() -> None:
        registry.meanwhile = lambda: None
        publish(publication, registry, Silent())

    registry.meanwhile = other_trainer
    assert publish(publication, registry, Silent()).version == "1"
    assert len(registry.versions) == 1
    assert registry.aliases == {ALIAS: "1"}


def test_the_publication_has_every_metric_of_every_candidate(publication: Publication) -> None:
    for metrics in publication.metrics.values():
        assert set(metrics) == {
            "accuracy", "precision_macro", "recall_macro", "f1_macro", "log_loss", "roc_auc",
            "cv_accuracy", "cv_log_loss", "fit_seconds", "predict_seconds",
        }  # fmt: skip
    assert publication.per_class("linear").splitlines()[0] == "class,precision,recall,f1,support"
    assert publication.params["candidates.forest.settings.n_estimators"] == 10
    assert publication.params["cross_validation.folds"] == 3


def test_without_timings_a_publication_is_complete_but_for_them(
    publication: Publication, layout: Layout, iris: Contract, fast: Params
) -> None:
    layout.timings.unlink()
    assert "fit_seconds" not in read_publication(layout, iris, fast).metrics["linear"]


def test_parameters_changed_after_the_bundle_are_told(
    publication: Publication, layout: Layout, iris: Contract, fast_with: Callable[..., Params]
) -> None:
    with pytest.raises(StageError, match=r"params\.yaml changed after the bundle was made"):
        read_publication(layout, iris, fast_with(seed=8))
    assert read_publication(layout, iris, fast_with(experiment="another")).experiment == "another"


def test_data_changed_after_the_bundle_is_told(
    publication: Publication, layout: Layout, iris: Contract, fast: Params
) -> None:
    processed = layout.processed("iris")
    processed.write_text("\n".join(processed.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(StageError, match="data changed after the bundle was made"):
        read_publication(layout, iris, fast)


def test_a_start_of_the_platform_does_not_undo_a_roll_back(publication: Publication) -> None:
    registry = MemoryRegistry()
    publish(publication, registry, Silent())
    registry.aliases[ALIAS] = "another version"
    assert publish(publication, registry, Silent(), take_back=False).outcome == "moved away"
    assert registry.aliases[ALIAS] == "another version"


def test_a_start_of_the_platform_finishes_what_was_cut_off_before_the_alias(publication: Publication) -> None:
    registry = MemoryRegistry()
    registry.aliases[ALIAS] = "the one before"
    registry.fails_at = "point"
    with pytest.raises(RegistryError):
        publish(publication, registry, Silent(), take_back=False)
    registry.fails_at = None
    assert publish(publication, registry, Silent(), take_back=False).outcome == "alias moved"
