"""The verb for a file: scored by a version's own model, with its answers beside its rows."""

import time
from functools import partial
from pathlib import Path

from rich.console import Console

from trainer.commands.job import Job, Parser, Verb
from trainer.loop.courier_check import check_courier
from trainer.scoring.progress import ScoringProgress

EVERY_SECONDS = 5.0
"""Seconds between two lines of progress without a terminal."""
AUDITS = ("file", "rows", "none")


def score(job: Job) -> int:
    """Write the answers, and record the file in the audit."""
    from trainer.registry.versions import MlflowVersions
    from trainer.scoring import parts, scoring
    from trainer.scoring.model import chosen
    from trainer.scoring.priority import give_way
    from trainer.scoring.recording import record, record_rows
    from trainer.scoring.request import ScoringRequest

    give_way()
    options = job.options
    by_row, audited = options.audit == "rows", options.audit != "none"
    order = ScoringRequest(Path(options.source), Path(options.to), options.keep, options.force, by_row)
    model = chosen(MlflowVersions(job.settings), job.contract.registered_model, options.version, rows=by_row)
    if audited:
        check_courier(job.settings.courier_url, job.settings.mlflow_tracking_uri, model.name)
    job.say(f"{model.name} version {model.version} (bundle {model.bundle[:8]}) answers {options.source}")
    began = time.monotonic()
    with _Lines(job.console) as watch:
        scored = scoring.score(order, model, watch, partial(record_rows, courier_url=job.settings.courier_url))
    provenance = scored.provenance
    if audited:
        record(scored, order.source.name, job.settings.courier_url)
    parts.discard(order.output)
    seconds = time.monotonic() - began
    before = f", {scored.reused} of them by an earlier call" if scored.reused else ""
    job.say(f"{options.to}: {provenance['rows']} rows{before}, {seconds:.1f} s, sha256 {scored.sha256}")
    for reason, rows in provenance["left_out"].items():
        job.say(f"  note: {rows} rows were left out: {reason}")
    if by_row:
        job.say(f"  every row is in the audit, with the request_id {provenance['request_id']}")
    job.say("  recorded in the audit" if audited else "  not recorded in the audit (AUDIT=none)")
    return 0


class _Lines(ScoringProgress):
    """Progress with an estimate: a moving line on a terminal, else a line every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status = console.status("") if console.is_terminal else None
        self._began = self._last = time.monotonic()
        self._from = 0.0

    def __enter__(self) -> "_Lines":
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def step(self, text: str) -> None:
        self._show(text)

    def note(self, text: str) -> None:
        self._console.print(f"· {text}", markup=False, highlight=False, soft_wrap=True)

    def done(self, rows: int, reused: int, share: float) -> None:
        now = time.monotonic()
        if rows == reused:
            # Parts that were there say nothing about the time that the rest takes.
            self._began, self._from = now, share
            return
        left = (now - self._began) / max(share - self._from, 1e-9) * (1 - share)
        text = f"{rows:,} rows, {share:.0%} of the input, about {left:.0f} s left"
        if self._status or now - self._last >= EVERY_SECONDS:
            self._last = now
            self._show(text)

    def _show(self, text: str) -> None:
        if self._status:
            self._status.update(text)
        else:
            self.note(text)


def _options(parser: Parser) -> None:
    parser.add_argument("source", help="CSV (also gzip), Parquet, or a folder of them")
    parser.add_argument("to", help="the file to write: .parquet, .csv or .csv.gz")
    parser.add_argument("--version", help="of the registered model; without it production")
    parser.add_argument("--keep", help="columns that ride along, with spaces between; none for none; without it all")
    parser.add_argument("--force", action="store_true", help="replace the file that is there")
    parser.add_argument(
        "--audit", choices=AUDITS, default="file", help="the audit gets the file, the file and each row, or nothing"
    )


VERBS: dict[str, Verb] = {
    "score": Verb(score, "answer a file's rows by a version's own model", _options),
}
