"""The verb for a model of one's own: read, proved against its ONNX twin, judged and published like a trained one."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.commands.job import Job, Parser, Verb
from trainer.commands.stages import NOT_PROMOTED
from trainer.errors import AdoptionError, ContractError
from trainer.workspace.files import sha256, write
from trainer.workspace.layout import Layout
from trainer.workspace.progress import watching

if TYPE_CHECKING:
    from trainer.adoption.origin import Origin
    from trainer.adoption.process import Outcome
    from trainer.contract.contract import Contract
    from trainer.gate.publish import Published

INCOMING = ".incoming"


def adopt(job: Job) -> int:
    """Everything that is made lies in var/adopted/<contract's name>; a folder of an interrupted call is replaced."""
    from trainer.registry.versions import MlflowVersions

    MlflowVersions(job.settings)  # Fails here without a registry, and not after minutes of work.
    incoming = job.layout.adopted / INCOMING
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True)
    origin = _origin(job, incoming)
    _announce(job, origin)
    table, source, own = _table(job)
    with watching(job.console) as progress:
        progress.step(f"reading {origin.path.name}, and comparing it with its ONNX twin, in a process of its own")
        outcome = _adopted(job, origin, incoming, table, source, own=own)
    contract = _contract(job, outcome)
    shutil.rmtree(incoming / "model", ignore_errors=True)
    place = job.layout.adopted / contract.name
    shutil.rmtree(place, ignore_errors=True)
    incoming.replace(place)
    for note in outcome.notes:
        job.say(f"  note: {note}")
    published = _publish(job, Layout(place), contract, outcome, origin)
    return NOT_PROMOTED if published.outcome == "refused" and job.options.require_promotion else 0


def _origin(job: Job, incoming: Path) -> "Origin":
    from trainer.adoption.origin import of_path
    from trainer.registry.foreign import bring, is_address

    named: str = job.options.model
    if not is_address(named):
        return of_path(Path(named).expanduser())
    fetched = incoming / "model"
    fetched.mkdir()
    with watching(job.console) as progress:
        progress.step(f"bringing {named} from {job.settings.mlflow_tracking_uri}")
        return of_path(bring(named, job.settings, fetched))


def _announce(job: Job, origin: "Origin") -> None:
    """Raises AdoptionError for a pickle without TRUST=1."""
    if not origin.runs_code:
        return
    if not job.options.trust:
        raise AdoptionError(
            f"{origin.path.name} is a pickle: reading it runs whatever code is in it. "
            "If you made it, or trust who did, say so: TRUST=1"
        )
    job.say(
        f"unpickling {origin.path.name}, as TRUST=1 allows: this runs code of the file, "
        "in a process with limits and without the platform's passwords"
    )


def _table(job: Job) -> tuple[bytes, str, bool]:
    """CSV, where it is from, and whether that is the committed contract's source."""
    from trainer.data.source import fetch, fetch_source

    if source := job.options.csv:
        return fetch_source(source, job.layout.root, job.options.query), source, False
    try:
        return fetch(job.contract, job.layout.root), job.contract.source, True
    except ContractError as error:
        raise AdoptionError(f"name a table to prove the model on (CSV=…): {error}") from error


def _adopted(job: Job, origin: "Origin", incoming: Path, table: bytes, source: str, *, own: bool) -> "Outcome":
    from trainer.adoption.process import adopt_in

    return adopt_in(
        incoming,
        origin,
        root=job.layout.root,
        table=table,
        source=source,
        query=job.contract.query if own else job.options.query,
        own=own,
        target=job.options.target,
    )


def _contract(job: Job, outcome: "Outcome") -> "Contract":
    """The contract that the child used; a drafted one is also left as data/<name>.contract.yaml."""
    import yaml

    from trainer.contract.contract import Contract

    if outcome.page is None:
        return job.contract
    contract = Contract.model_validate(yaml.safe_load(outcome.page))
    page = _page(job, contract, outcome.page)
    write(page, outcome.page.encode())
    job.say(f"  {os.path.relpath(page, job.layout.root)} was drafted from the model and the table")
    return contract


def _page(job: Job, contract: "Contract", text: str) -> Path:
    """Another file than the one of the usual name where a person has written that."""
    usual = job.layout.contract.with_name(f"{contract.name}.contract.yaml")
    own = usual.exists() and usual.read_text(encoding="utf-8") != text
    return usual.with_name(f"{contract.name}.adopted.contract.yaml") if own else usual


def _publish(job: Job, layout: Layout, contract: "Contract", outcome: "Outcome", origin: "Origin") -> "Published":
    from trainer.card.storage import keep_card
    from trainer.gate.judging import judge_of
    from trainer.gate.publish import publish
    from trainer.registry import verdict
    from trainer.registry.registry import MlflowRegistry
    from trainer.registry.training_files import read_adopted

    source = f"{origin.format} {sha256(origin.path.read_bytes())[:8]}" if origin.path.exists() else origin.format
    with watching(job.console) as progress:
        publication = read_adopted(layout, contract, job.params, outcome.parity, source)
        judge, registry = judge_of(publication, job.params), MlflowRegistry(job.settings)
        published = publish(
            publication, registry, judge, progress, adopting=True, why=f"adopt {job.options.model}"[:200]
        )
        if published.verdict is not None:
            keep_card(publication, published.version, registry, layout, contract, job.params)
    manifest = publication.bundle.manifest
    rows = len(publication.dataset.frame)
    job.say(
        f"{manifest['estimator']} agrees with its ONNX twin on {rows} rows of the table and "
        f"{job.params.parity.random_rows} random ones: largest difference {outcome.parity:.1e}"
    )
    job.say(
        f"  {publication.tags['quality']} on {len(publication.holdout)} held out rows; the model may have seen them"
    )
    if published.verdict is not None:
        verdict.show(job.console, published.verdict)
    job.say(f"{publication.model} version {published.version} (bundle {published.bundle[:8]}, adopted):")
    job.say(f"  {published.meaning}")
    if outcome.page is not None and published.outcome != "refused":
        page = os.path.relpath(_page(job, contract, outcome.page), job.layout.root)
        job.say(f"To serve it here: cp {page} data/contract.yaml, then make local or make up")
    return published


def _options(parser: Parser) -> None:
    parser.add_argument("model", help="a file, runs:/<run>/<name> or models:/<name>/<version>")
    parser.add_argument("--csv", help="the table to prove it on; without it the contract's")
    parser.add_argument("--query", help="the SELECT that a database (sqlite:///…, postgresql://…) is asked")
    parser.add_argument("--target", help="the column that the model predicts, where the table does not say it")
    parser.add_argument("--trust", action="store_true", help="unpickle: run the code that is in the model's file")
    parser.add_argument(
        "--require-promotion", action="store_true", help=f"end with {NOT_PROMOTED} when the gate refuses the model"
    )


VERBS: dict[str, Verb] = {
    "adopt": Verb(adopt, "a model made elsewhere → bundle, gate, registry", _options, locked=True),
}
