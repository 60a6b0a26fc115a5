"""The card of a real training: it says what is known, the same bytes each time, and every name is only text in it."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trainer.bundle.bundle import bundle
from trainer.card.evidence import read_evidence
from trainer.card.page import card_of
from trainer.card.storage import keep_card, made
from trainer.contract.contract import Contract
from trainer.data.prepare import prepare
from trainer.errors import CardError, UnknownVersionError
from trainer.gate.judging import judge_of
from trainer.gate.publish import publish
from trainer.params import Params
from trainer.registry import moves
from trainer.registry.training_files import read_publication
from trainer.testing import MemoryRegistry
from trainer.training.train import train
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

EVIL = "</title><script>alert(1)</script>"
QUOTED = "\"' onload=alert(1) x='"
NAMES = ("size", EVIL, QUOTED)


class Tags(HTMLParser):
    """The tags and attributes of a page, in order, and whether each tag that is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "rect", "line", "circle", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()


def hostile_table(root: Path) -> Contract:
    """300 rows whose column, classes, segment values and description are markup, and a class that is nearly absent."""
    generator = np.random.default_rng(3)
    size = generator.normal(size=300)
    kind = generator.choice([EVIL, "plain"], size=300)
    frame = pd.DataFrame(
        {"size": size, EVIL: kind, QUOTED: np.where(size + 0.4 * generator.normal(size=300) > 0, EVIL, "<b>")}
    )
    frame.to_csv(root / "hostile.csv", index=False)
    return Contract.model_validate(
        {
            "name": "hostile",
            "source": "hostile.csv",
            "columns": [
                {"name": "size", "dtype": "float64", "unit": "<i>", "minimum": -9, "maximum": 9, "description": EVIL},
                {"name": EVIL, "kind": "category", "categories": [EVIL, "plain"], "unknown": "other", "segment": True,
                 "description": "Kind"},
            ],
            "target": {"name": QUOTED, "description": "Truth", "classes": [EVIL, "<b>"]},
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, fast: Params) -> MemoryRegistry:
    """A training of the hostile table, published twice, so that the second version has a champion."""
    root = tmp_path_factory.mktemp("card")
    layout, contract = Layout(root), hostile_table(root)
    only = fast.model_copy(update={"candidates": {"linear": fast.candidates["linear"]}})
    prepare(layout, contract)
    train(layout, contract, only, Silent(), latency=lambda _pipeline, _rows: 0.25)
    bundle(layout, contract, only)
    publication = read_publication(layout, contract, only)
    found = MemoryRegistry()
    done = publish(publication, found, judge_of(publication, only), Silent(), why="first <b>publication</b>")
    keep_card(publication, done.version, found, layout, contract, only)
    return found


MODEL = "hostile_model"


@pytest.fixture
def page(registry: MemoryRegistry) -> str:
    return made(registry, MODEL, "1")[1]


def test_the_card_shows_data_quality_calibration_limits_verdict_and_moves(registry: MemoryRegistry, page: str) -> None:
    evidence = read_evidence(registry, MODEL, None)
    quality = evidence.manifest["quality"]
    assert f"{quality['accuracy']:.4g}" in page
    assert evidence.version.bundle in page
    assert evidence.manifest["provenance"]["data_sha256"] in page
    assert evidence.facts is not None
    held = evidence.facts["holdout"]
    assert sum(one["rows"] for one in held["segments"]) == evidence.facts["rows"]["holdout"] == held["accuracy"]["rows"]
    for title in (
        "Training data", "Model", "Quality", "Quality by class", "Quality by segment", "Calibration",
        "Coverage of sets and intervals", "Limits: what it cannot do", "Verdict of the gate", "Moves",
        "Drift reference",
    ):  # fmt: skip
        assert f"<h2>{title}</h2>" in page, title
    assert "Passed, without a champion to compare with." in page
    assert "production came" in page
    assert page.count("<svg") >= 4


def test_the_run_keeps_the_page_that_the_verb_makes_and_twice_it_is_the_same_bytes(
    registry: MemoryRegistry, page: str
) -> None:
    assert made(registry, MODEL, None)[1] == page
    assert registry.runs["run-1"]["card/card.html"].decode() == page
    assert registry.descriptions == {"1": "Card of version 1: run-1/card/card.html"}


def test_the_card_has_latency_time_and_size_of_each_candidate_and_names_its_estimator_once(
    registry: MemoryRegistry, page: str
) -> None:
    facts = read_evidence(registry, MODEL, None).facts
    assert facts is not None
    (linear,) = facts["candidates"]
    assert f'<td class="figure">{linear["p99_ms"]:.2g} ms</td>' in page
    assert f'<td class="figure">{linear["seconds"]:.2g} s</td>' in page
    assert f'<td class="figure">{linear["size"] / 1000:,.0f} kB</td>' in page
    assert "<dd>logistic regression (LogisticRegression)</dd>" in page


def test_names_classes_and_reasons_of_moves_are_only_text(page: str) -> None:
    found = Tags(page)
    assert not {"script", "b", "i", "img"} & set(found.tags)
    assert not {name for name in found.attributes if name.startswith("on")}
    assert found.open == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "first &lt;b&gt;publication&lt;/b&gt;" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace('http-equiv="', "")


def test_a_version_from_before_facts_were_kept_has_a_card_of_its_bundle(registry: MemoryRegistry, page: str) -> None:
    older = replace(registry, runs={name: dict(files) for name, files in registry.runs.items()})
    del older.runs["run-1"]["card/facts.json"]
    del older.runs["run-1"]["gate/verdict.json"]
    found = made(older, MODEL, "1")[1]
    assert "published before they were kept" in found
    assert "The run holds no verdict." in found
    assert found != page


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("rows", "The bundle is older than the number of its training rows."),
        ("features", "The bundle has no bins of training rows, so no drift is measured."),
    ],
)
def test_a_bundle_without_a_part_of_its_reference_has_a_card_that_says_so(
    registry: MemoryRegistry, missing: str, sentence: str
) -> None:
    evidence = read_evidence(registry, MODEL, "1")
    reference = {name: part for name, part in evidence.reference.items() if name != missing}
    assert sentence in card_of(replace(evidence, reference=reference))


def test_the_card_of_the_oldest_bundle_says_what_it_lacks(registry: MemoryRegistry) -> None:
    evidence = read_evidence(registry, MODEL, "1")
    since = {"words", "threshold", "segments", "csv", "reasons", "calibration", "conformal"}
    manifest = {name: part for name, part in evidence.manifest.items() if name not in since}
    found = card_of(replace(evidence, manifest=manifest, reference={}, facts=None, verdict=None))
    for sentence in (
        "published before they were kept",
        "No calibration was learned",
        "It has no intervals or sets",
        "It gives no reasons: the bundle is of an older trainer",
        "The run holds no verdict.",
        "The bundle has no bins of training rows",
    ):
        assert sentence in found, sentence


@pytest.mark.parametrize("content", [b"{}", b'{"warnings": 3}', b'{"warnings": [], "table": []}'])
def test_facts_of_another_form_are_named_in_the_error(registry: MemoryRegistry, content: bytes) -> None:
    changed = replace(registry, runs={name: dict(files) for name, files in registry.runs.items()})
    changed.runs["run-1"]["card/facts.json"] = content
    with pytest.raises(CardError, match="does not have the form that the trainer writes"):
        made(changed, MODEL, "1")


def test_warnings_of_the_training_come_first(registry: MemoryRegistry) -> None:
    evidence = read_evidence(registry, MODEL, "1")
    assert evidence.facts is not None
    facts = evidence.facts | {"warnings": ["the model never says '<b>': 0 of 4 found in the hold-out"]}
    found = card_of(replace(evidence, facts=facts))
    assert found.index("never says &#39;&lt;b&gt;&#39;") < found.index("Training data")


def test_a_changed_bundle_and_an_unknown_version_have_no_card(registry: MemoryRegistry) -> None:
    changed = replace(registry, runs={name: dict(files) for name, files in registry.runs.items()})
    changed.runs["run-1"]["bundle/reference.json"] = json.dumps({"features": {}}).encode()
    with pytest.raises(CardError, match=r"reference\.json is not the one"):
        made(changed, MODEL, "1")
    with pytest.raises(UnknownVersionError):
        made(registry, MODEL, "9")


def test_a_move_afterwards_is_on_the_next_card(registry: MemoryRegistry, page: str) -> None:
    moved = replace(
        registry, notes=list(registry.notes), aliases=dict(registry.aliases), versions=dict(registry.versions)
    )
    moves.carry_out(moved, MODEL, moves.take_away(moved.state(MODEL), "production", "too slow"))
    found = card_of(read_evidence(moved, MODEL, "1"))
    assert "production left for nowhere" in found
    assert "production left" not in page
