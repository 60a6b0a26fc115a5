"""The verb for a table of one's own: a contract to finish."""

from trainer.commands.job import Job, Parser, Verb
from trainer.errors import DataError, SourceError


def contract(job: Job) -> int:
    """Draft data/<name>.contract.yaml; an existing file is left as it is."""
    import yaml

    from trainer.contract.contract import Contract
    from trainer.contract.draft import draft
    from trainer.data.table import parse
    from trainer.workspace.files import write

    source: str = job.options.csv
    path = job.layout.root / source
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    found = draft(content, source, job.options.target)
    drafted = Contract.model_validate(yaml.safe_load(found.page))
    page = job.layout.contract.with_name(f"{drafted.name}.contract.yaml")
    if page.exists():
        raise DataError(f"{page} already exists; edit it, or delete it and run this again")
    rows = len(parse(content, drafted, source))
    write(page, found.page.encode())
    where = page.relative_to(job.layout.root)
    job.say(f"{where}: {found.task}, {len(drafted.columns)} columns; all {rows} rows of {source} fit it")
    if found.left_out:
        job.say(f"  left out, too many different texts or none: {', '.join(found.left_out)}")
    job.say(f"Look for TODO in it, then: mv {where} data/contract.yaml")
    return 0


def _options(parser: Parser) -> None:
    parser.add_argument("csv", help="path of the file, relative to this folder")
    parser.add_argument("target", help="the column to predict")


VERBS = {"contract": Verb(contract, "a CSV file → data/<name>.contract.yaml, a draft to finish", _options)}
