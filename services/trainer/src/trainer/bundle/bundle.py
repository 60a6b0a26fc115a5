"""Stage `bundle`: the winner as a directory named by its hash (docs/formats/README.md), and reading it back."""

import json
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any

from trainer.bundle.golden import golden
from trainer.bundle.parity import Answering
from trainer.bundle.reasons import Reasons, reasons_of
from trainer.bundle.reference import reference
from trainer.bundle.segment_answers import with_segments
from trainer.bundle.servable import as_learned, check_parity
from trainer.bundle.threshold_model import deciding
from trainer.contract.columns import Boolean, Category, Moment, Number
from trainer.contract.contract import Contract
from trainer.contract.csv_format import Csv
from trainer.contract.encoded_places import width
from trainer.conversion.convert import to_onnx
from trainer.data.dataset import Dataset, Rows, load
from trainer.decision import decision_of
from trainer.errors import StageError
from trainer.params import Params
from trainer.training.folds import halves
from trainer.training.levels import levels_document
from trainer.workspace import canonical
from trainer.workspace.files import json_bytes, sha256, write
from trainer.workspace.layout import Layout

MANIFEST, LEVELS, REASONS = "manifest.json", "levels.json", "reasons.npz"
SCORED_AS_TRAINED = ("separator", "decimal", "encoding", "missing", "skip", "quotes", "ragged", "leave_out")
LIBRARIES = ("joblib", "numpy", "onnx", "scikit-learn", "skl2onnx")


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk whose files are what its manifest says."""

    path: Path
    manifest: dict[str, Any]

    @property
    def hash(self) -> str:
        return self.path.name

    def content(self, file: str) -> bytes:
        return (self.path / file).read_bytes()


def bundle(layout: Layout, contract: Contract, params: Params) -> Bundle:
    """Write artifacts/bundles/<hash>/ (and no other) and artifacts/model/model.joblib.

    Raises StageError when `train` has not run on this data, ParityError when ONNX and scikit-learn disagree.
    """
    dataset = load(layout.processed(contract.name), contract)
    report = read_report(layout)
    if report["data_sha256"] != dataset.sha256:
        raise StageError(
            f"{layout.train} was trained on other data; run `python -m trainer train` (or `dvc repro`) first"
        )
    model = layout.winner.read_bytes()
    pipeline = canonical.load(model)
    contract = as_learned(contract, pipeline)
    training, holdout = halves(dataset.rows, params, contract.target.classes)
    decision = decision_of(_threshold(report) | {"target": {"classes": contract.target.classes}})
    served = to_onnx(pipeline, sum(map(width, contract.columns)), len(contract.target.classes), decision)
    check_parity(served, pipeline, dataset.rows.features, contract, params, decision)
    if decision is not None:
        model = canonical.dump(deciding(pipeline, decision, decision.place))
    reasons = reasons_of(pipeline, training.features, contract.columns)
    made = assemble(layout, contract, params, dataset, (training, holdout), report, pipeline, served, model, reasons)
    write(layout.model, model)
    return made


def assemble(
    layout: Layout,
    contract: Contract,
    params: Params,
    dataset: Dataset,
    parts: tuple[Rows, Rows],
    report: dict[str, Any],
    answering: Answering,
    served: bytes,
    model: bytes,
    reasons: Reasons,
) -> Bundle:
    """Write artifacts/bundles/<hash>/, and no other: `served` is model.onnx, `model` the one it was made of, whose
    answers are `answering`; `parts` the training rows and the hold-out, which drift is measured from.
    """
    decision = decision_of(_threshold(report) | {"target": {"classes": contract.target.classes}})
    answers = golden(answering, dataset.rows, contract, count=params.golden.rows, seed=params.seed, decision=decision)
    trained = reference(parts[0], contract, params.reference.bins)
    files = {
        "model.onnx": served,
        "model.joblib": model,
        "reference.json": json_bytes(with_segments(trained, answering, parts[1], contract, decision)),
        "golden.json": json_bytes(answers),
    }
    if levels := levels_document(contract.columns):
        files[LEVELS] = json_bytes(levels)
    if reasons.content is not None:
        files[REASONS] = reasons.content
    manifest = json_bytes(_manifest(files, report, dataset, contract, params) | {"reasons": reasons.section})
    return _place(layout.bundles, {**files, MANIFEST: manifest}, sha256(manifest))


def read_report(layout: Layout) -> dict[str, Any]:
    """The results of `train`. Raises StageError when it has not run."""
    try:
        report: dict[str, Any] = json.loads(layout.report.read_bytes())
    except FileNotFoundError as error:
        raise StageError(
            f"{error.filename} is not there; run `python -m trainer train` (or `dvc repro`) first"
        ) from error
    return report


def read_bundle(layout: Layout) -> Bundle:
    """The one bundle. Raises StageError when there is none, several, or a file is not what the manifest says."""
    found = sorted(path for path in layout.bundles.glob("*") if not path.name.startswith("."))
    if len(found) != 1:
        count = f"{len(found)} bundles" if found else "no bundle"
        raise StageError(f"{layout.bundles} holds {count}; run `python -m trainer bundle` (or `dvc repro`) first")
    try:
        manifest = (found[0] / MANIFEST).read_bytes()
        files: dict[str, dict[str, Any]] = json.loads(manifest)["files"]
        whole = sha256(manifest) == found[0].name and all(
            sha256((found[0] / name).read_bytes()) == file["sha256"] for name, file in files.items()
        )
    except (OSError, ValueError, KeyError) as error:
        raise StageError(f"{found[0]} is not a bundle ({error}); run `python -m trainer bundle` again") from error
    if not whole:
        raise StageError(f"{found[0]} was changed after it was made; run `python -m trainer bundle` again")
    return Bundle(found[0], json.loads(manifest))


def _manifest(
    files: dict[str, bytes], report: dict[str, Any], dataset: Dataset, contract: Contract, params: Params
) -> dict[str, Any]:
    winner = report["candidates"][report["winner"]]
    segments = [one.name for one in contract.columns if isinstance(one, Category | Boolean) and one.segment]
    return {
        "format": 1,
        "model": contract.registered_model,
        "estimator": winner["estimator"],
        "words": winner["words"],
        "task": contract.task,
        "features": [column.described() for column in contract.columns],
        "target": _target(contract),
        "quality": winner["holdout"],
        "provenance": {
            "data_sha256": dataset.sha256,
            "params_sha256": params.sha256,
            "libraries": {"python": python_version(), **{name: version(name) for name in LIBRARIES}},
        },
        **{name: winner[name] for name in ("calibration", "conformal") if name in winner},
        **_threshold(report),
        **_csv(contract),
        **({"segments": segments} if segments else {}),
        "files": {name: {"sha256": sha256(content), "size": len(content)} for name, content in files.items()},
    }


def _threshold(report: dict[str, Any]) -> dict[str, Any]:
    """The winner's threshold: the class, its least probability, and the figure it was chosen for; or nothing."""
    chosen = report["candidates"][report["winner"]].get("threshold")
    return {} if chosen is None else {"threshold": {key: chosen[key] for key in ("class", "at", "scoring")}}


def _csv(contract: Contract) -> dict[str, Any]:
    """How the source is written, for those who send such a table to be answered; nothing where it is the usual way."""
    forms = {one.name: one.format for one in contract.columns if isinstance(one, Number | Moment)}
    if contract.task == "regression":
        forms[contract.target.name] = contract.target.format
    formats = {name: form for name, form in forms.items() if form and form != "plain"}
    if contract.csv == Csv() and not formats:
        return {}
    written = contract.csv.model_dump(mode="json", include=set(SCORED_AS_TRAINED))
    return {"csv": written | ({"formats": formats} if formats else {})}


def _target(contract: Contract) -> dict[str, Any]:
    if contract.task == "regression":
        return contract.target.model_dump(exclude={"description", "classes"})
    return {"name": contract.target.name, "classes": list(contract.target.classes)}


def _place(bundles: Path, files: dict[str, bytes], name: str) -> Bundle:
    incoming = bundles / f".incoming-{name}"
    shutil.rmtree(bundles, ignore_errors=True)
    incoming.mkdir(parents=True)
    for file, content in files.items():
        (incoming / file).write_bytes(content)
    placed = incoming.replace(bundles / name)
    return Bundle(placed, json.loads(files[MANIFEST]))
