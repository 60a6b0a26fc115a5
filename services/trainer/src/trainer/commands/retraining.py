"""The verbs of the learning loop: what was labelled comes back as data, and a new model of it is judged."""

from pathlib import Path

from trainer.commands import stages
from trainer.commands.job import Job, Parser, Verb
from trainer.commands.repro import dvc
from trainer.errors import ServiceUnreachableError
from trainer.loop.courier_check import check_courier
from trainer.workspace.files import json_bytes, write

SHOWN = 5


def feedback(job: Job) -> int:
    """Fetch, check and keep; what is learnt from is chosen by `prepare`."""
    from trainer.loop import feedback as landing

    source: str | None = job.options.source
    if source is None:
        where = f"{job.settings.courier_url}/labelled.csv"
        check_courier(job.settings.courier_url, job.settings.mlflow_tracking_uri, job.contract.registered_model)
        content = landing.fetch(job.layout, job.contract, job.params.feedback, job.settings.courier_url)
    else:
        where, content = source, landing.read_file(Path(source))

    def keep(file: Path) -> None:
        dvc(job.layout.root, "add", "--quiet", str(file.relative_to(job.layout.root)))

    landed = landing.land(content, job.layout, job.contract, where, keep=keep)
    job.say(f"feedback from {where}: {landed.came} rows came, {landed.known} known, {landed.new} new")
    if landed.came == job.params.feedback.most_rows:
        job.say("  that is as many as are asked for at once; older ones were left there (feedback.most_rows)")
    if landed.file:
        job.say(f"  {landed.file.relative_to(job.layout.root)}, kept by DVC")
    if landed.refused:
        kept = job.layout.rejected.relative_to(job.layout.root)
        job.say(f"  {len(landed.refused)} break the contract and are in {kept}/:")
        for row, why in landed.refused[:SHOWN]:
            job.say(f"    {row['prediction_id']}: {why}")
    return 0


def drift(job: Job) -> int:
    """Ask whether a classifier tells recent requests from the training rows, and which columns give them away."""
    from trainer.data.dataset import load
    from trainer.loop.joint_drift import LEAST_ROWS, joint_drift
    from trainer.replay.recent import recent
    from trainer.training.folds import halves

    contract, params = job.contract, job.params
    check_courier(job.settings.courier_url, job.settings.mlflow_tracking_uri, contract.registered_model)
    live, count, refused = recent(job.settings.courier_url, contract.columns, job.options.days, params.seed)
    rows, classes = load(job.layout.processed(contract.name), contract).rows, contract.target.classes
    training, _ = halves(rows, params, classes)
    counts = f"{count} requests of {job.options.days:g} days and {len(training)} training rows"
    outcome: dict[str, object] = {"auc": None, "low": None, "columns": []}
    if min(len(live), len(training)) < LEAST_ROWS:
        job.say(f"joint drift: {counts}; at least {LEAST_ROWS} of each are needed")
    else:
        found = joint_drift(training.features, live, contract.columns, params.seed)
        sure = "can be distinguished" if found.is_sure else "cannot surely be distinguished"
        job.say(f"joint drift: {counts} {sure}: AUC {found.auc:.3f} [{found.low:.3f}, {found.high:.3f}], 0.5 is alike")
        for name, fall in found.columns if found.is_sure else ():
            job.say(f"  {name}: the AUC falls by {fall:.3f} without it")
        outcome = {"auc": found.auc, "low": found.low, "columns": [name for name, _ in found.columns]}
    for reason, number in refused.most_common(SHOWN):
        job.say(f"  {number} requests were left out: {reason}")
    if job.options.outcome:
        write(Path(job.options.outcome), json_bytes(outcome))
    return 0


def retrain(job: Job) -> int:
    """Feedback, the stages, the gate, and the canary or production."""
    if not job.options.without_feedback:
        try:
            feedback(job)
        except ServiceUnreachableError as error:
            # The courier may be away; what is known is still worth training on.
            job.say(f"no new feedback: {error}")
    stages.repro(job)
    retraining = job.params.retraining
    published = stages.publishing(
        job,
        canary_percent=retraining.canary_percent if retraining.starts_as == "canary" else None,
        why=f"retrain, {job.options.why}" if job.options.why else "retrain",
    )
    if job.options.outcome:
        outcome = {"outcome": published.outcome, "version": published.version, "bundle": published.bundle}
        write(Path(job.options.outcome), json_bytes(outcome))
    refused = published.outcome == "refused"
    return stages.NOT_PROMOTED if refused and job.options.require_promotion else 0


def _feedback_options(parser: Parser) -> None:
    parser.add_argument("--from", dest="source", help="a file in the courier's columns instead of the courier")


def _retrain_options(parser: Parser) -> None:
    stages.publishing_options(parser)
    parser.add_argument("--without-feedback", action="store_true", help="ask the courier for nothing new")
    parser.add_argument("--why", default="", help="a few words for the history")
    parser.add_argument("--outcome", help="a file for what came of it, as JSON")
    parser.set_defaults(source=None)


def _drift_options(parser: Parser) -> None:
    parser.add_argument("--days", type=float, default=7.0, help="how far back the requests go; 7 unless set")
    parser.add_argument("--outcome", help="a file for what was found, as JSON")


VERBS: dict[str, Verb] = {
    "drift": Verb(
        drift,
        "whether recent requests can be distinguished from the training rows, and by which columns",
        _drift_options,
    ),
    "feedback": Verb(
        feedback,
        "labelled predictions → data/feedback/<date>.csv, kept by DVC",
        _feedback_options,
        locked=True,
    ),
    "retrain": Verb(
        retrain,
        "feedback, repro, gate; then canary or production as params.yaml says",
        _retrain_options,
        locked=True,
    ),
}
