"""The verbs that make files and publish them."""

from typing import TYPE_CHECKING

from trainer.commands.job import Job, Parser, Verb
from trainer.errors import CardError
from trainer.workspace.progress import watching

if TYPE_CHECKING:
    from trainer.gate.publish import Published

NOT_PROMOTED = 2

# Each verb imports what it needs when it runs: pandera, scikit-learn and MLflow take seconds, DVC starts three of them.


def prepare(job: Job) -> int:
    """The stage `prepare`: the source, checked by the contract, as data/processed/<name>.csv."""
    from trainer.commands import report
    from trainer.data.prepare import prepare as stage

    with watching(job.console) as progress:
        progress.step(f"reading {job.contract.source}")
        # Where nothing was labelled, nothing of params.yaml is needed.
        limits = job.params.feedback if any(job.layout.feedback.glob("*.csv")) else None
        metadata = stage(job.layout, job.contract, limits)
    report.prepared(job.console, metadata)
    return 0


def train(job: Job) -> int:
    """The stage `train`: compare the candidates and fit the winner."""
    from trainer.bundle.servable import p99_of, refusal
    from trainer.commands import report
    from trainer.registry.training_files import read_timings
    from trainer.training.cluster import Cluster
    from trainer.training.train import here
    from trainer.training.train import train as stage

    params, contract, address = job.params, job.contract, job.settings.search_cluster
    with watching(job.console) as progress:
        found = stage(
            job.layout,
            contract,
            params,
            progress,
            lambda pipeline, rows: refusal(pipeline, rows, contract, params),
            here if address is None else Cluster(address),
            lambda pipeline, rows: p99_of(pipeline, rows, contract),
        )
    report.trained(job.console, found, read_timings(job.layout))
    return 0


def bundle(job: Job) -> int:
    """The stage `bundle`: the winner as a bundle that the api can serve."""
    from trainer.bundle.bundle import bundle as stage

    params = job.params
    with watching(job.console) as progress:
        progress.step(f"comparing ONNX and scikit-learn on {params.parity.random_rows} random rows and the data set")
        made = stage(job.layout, job.contract, params)
    size = sum(file["size"] for file in made.manifest["files"].values())
    job.console.print(f"bundle {made.hash[:8]}: {made.manifest['estimator']}, {size / 1024:.0f} KiB")
    job.console.print(f"  {made.path.relative_to(job.layout.root)}", soft_wrap=True)
    return 0


def repro(job: Job) -> int:
    """Run the stages whose inputs have changed."""
    from trainer.commands.repro import repro as stages

    # A params.yaml that can't be read is refused in our words, before DVC reads it.
    _ = job.params
    stages(job.layout, job.contract)
    return 0


def publish_unless_adopted(job: Job) -> int:
    """The same as `publish`, but an adopted model that is in production stays there if that was asked for."""
    return 0 if job.options.keep_adopted and kept(job) else publish(job)


def publish(job: Job, *, take_back: bool = True) -> int:
    """Register the bundle and let the gate decide; ends with NOT_PROMOTED if that was asked for and it refused."""
    published = publishing(job, take_back=take_back)
    return NOT_PROMOTED if published.outcome == "refused" and job.options.require_promotion else 0


def publishing(
    job: Job, *, take_back: bool = True, canary_percent: float | None = None, why: str = "publish"
) -> "Published":
    """Publish what artifacts/ holds, and say what came of it."""
    from trainer.card.storage import keep_card
    from trainer.commands import report
    from trainer.gate.judging import judge_of
    from trainer.gate.publish import publish as to_registry
    from trainer.registry import verdict
    from trainer.registry.registry import MlflowRegistry
    from trainer.registry.training_files import read_publication

    with watching(job.console) as progress:
        progress.step("checking the bundle")
        publication = read_publication(job.layout, job.contract, job.params)
        judge, registry = judge_of(publication, job.params), MlflowRegistry(job.settings)
        published = to_registry(
            publication, registry, judge, progress, canary_percent=canary_percent, take_back=take_back, why=why
        )
        if published.verdict is not None:
            progress.step("keeping the card in the run")
            try:
                keep_card(publication, published.version, registry, job.layout, job.contract, job.params)
            except CardError as error:
                # The version serves already: a page that can't be made does not undo the publication.
                job.say(f"no card was kept: {error}")
    report.trained(job.console, publication.report, publication.timings)
    if published.verdict is not None:
        verdict.show(job.console, published.verdict)
    job.say(f"{publication.model} version {published.version} (bundle {published.bundle[:8]}, {publication.winner}):")
    job.say(f"  {published.meaning}")
    job.say(f"  models:/{publication.model}@{published.alias}")
    return published


def run(job: Job) -> int:
    """Run the stages whose inputs have changed, then publish."""
    repro(job)
    return publish(job)


def ensure(job: Job) -> int:
    """As `run`, unless an adopted model is in production; what was rolled back is not promoted again."""
    if kept(job):
        return 0
    repro(job)
    return publish(job, take_back=False)


def kept(job: Job) -> bool:
    """Whether production is an adopted model: a start of the platform trains nothing in its place, `retrain` does."""
    from trainer.registry.control import PRODUCTION
    from trainer.registry.tags import ADOPTED
    from trainer.registry.versions import MlflowVersions

    state = MlflowVersions(job.settings).state(job.contract.registered_model)
    serving = state.aliased(PRODUCTION)
    if serving is None or not serving.bundle or ADOPTED not in serving.tags:
        return False
    job.say(
        f"version {serving.number} of {state.model} was adopted and is production: it stays; "
        "`make retrain` trains the candidates of params.yaml against it"
    )
    return True


def publishing_options(parser: Parser) -> None:
    """The options of the verbs that publish."""
    parser.add_argument(
        "--require-promotion", action="store_true", help=f"end with {NOT_PROMOTED} when the gate refuses the model"
    )


def _publish_options(parser: Parser) -> None:
    publishing_options(parser)
    parser.add_argument("--keep-adopted", action="store_true", help="do nothing where production is an adopted model")


VERBS: dict[str, Verb] = {
    "prepare": Verb(prepare, "contract → data/raw, data/processed, data/schema.json, data/metadata.json"),
    "train": Verb(train, "data/processed → artifacts/train: candidates compared, the winner kept"),
    "bundle": Verb(bundle, "artifacts/train → artifacts/bundles/<hash>, artifacts/model/model.joblib"),
    "publish": Verb(
        publish_unless_adopted,
        "artifacts → MLflow: judged, registered; production if it passes",
        _publish_options,
        locked=True,
    ),
    "repro": Verb(repro, "prepare, train, bundle what changed, by DVC; data without a pin is read again", locked=True),
    "run": Verb(run, "repro, then publish", publishing_options, locked=True),
    "ensure": Verb(
        ensure,
        "as run, for every start: what somebody moved away stays there",
        publishing_options,
        locked=True,
    ),
}
