"""docs/your-data.md as a person follows it: the file it makes, the draft of it, the contract it shows, and training."""

import re
import runpy
from pathlib import Path

import pytest
import yaml

from tests.support.tables import small_params
from trainer.bundle.bundle import bundle
from trainer.contract.contract import Contract
from trainer.data.prepare import prepare
from trainer.data.table import parse
from trainer.drafting.draft import draft
from trainer.params import Params
from trainer.training.train import train
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

PAGE = (Path(__file__).parents[3] / "docs" / "your-data.md").read_text()


def block(language: str) -> str:
    [found] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_the_page_leads_from_a_file_to_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "make.py").write_text(block("python"))
    runpy.run_path("make.py")
    content = (tmp_path / "bikes.csv").read_bytes()

    drafted = Contract.model_validate(yaml.safe_load(draft(content, "bikes.csv", "rentals").page))
    finished = Contract.model_validate(yaml.safe_load(block("yaml")))
    assert (drafted.ignore, drafted.task, drafted.csv.separator) == (("day",), "classification", ";")
    assert [(one.name, one.kind, one.nullable) for one in drafted.columns] == [
        (one.name, one.kind, one.nullable) for one in finished.columns
    ]
    assert set(drafted.target.classes) == set(finished.target.classes)
    assert len(parse(content, finished, "bikes.csv")) == 400

    layout, params = Layout(tmp_path), Params.model_validate(small_params())
    prepare(layout, finished)
    report = train(layout, finished, params, Silent())
    assert report["candidates"]["boosted"]["holdout"]["accuracy"] > 0.6
    found = bundle(layout, finished, params)
    assert [one["kind"] for one in found.manifest["features"]] == ["number", "number", "category", "boolean"]


def test_every_make_verb_of_the_page_is_there() -> None:
    makefile = (Path(__file__).parents[3] / "Makefile").read_text()
    for verb in set(re.findall(r"make ([a-z-]+)", PAGE)):
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE), verb
