"""The verb that writes a version's card."""

from trainer.commands.job import Job, Parser, Verb
from trainer.workspace.files import write
from trainer.workspace.progress import watching


def card(job: Job) -> int:
    """A page in var/cards, made from the registry alone."""
    from trainer.card.storage import made
    from trainer.registry.versions import MlflowVersions

    with watching(job.console) as progress:
        progress.step("reading the version's bundle, facts, verdict and moves")
        evidence, page = made(MlflowVersions(job.settings), job.contract.registered_model, job.options.version)
    place = job.layout.card(evidence.version.number)
    write(place, page.encode())
    job.say(f"{evidence.manifest['model']} version {evidence.version.number}:")
    job.say(f"  {place}")
    return 0


def _options(parser: Parser) -> None:
    parser.add_argument("--version", help="of the registered model; without it production")


VERBS: dict[str, Verb] = {
    "card": Verb(card, "one page that says what a version is, how good it is and what it cannot do", _options),
}
