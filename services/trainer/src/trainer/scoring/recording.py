"""The record of a scored file in the audit: handed to the courier, which journals it before it answers."""

from trainer.errors import ScoringError, ServiceUnreachableError
from trainer.loop.web import post_json
from trainer.scoring.scoring import Scored

PAGE = "/scored"


def record(scored: Scored, name: str, courier_url: str) -> None:
    """The same file is one record, however often it is sent. Raises ScoringError when the courier does not take it."""
    provenance = scored.provenance
    content = {
        "model": provenance["model"],
        "version": provenance["version"],
        "bundle": provenance["bundle"],
        "input_sha256": provenance["input"]["sha256"],
        "input_name": name,
        "output_sha256": scored.sha256,
        "rows": provenance["rows"],
        "tool": f"mlops-iris-trainer {provenance['tools']['mlops-iris-trainer']}",
    }
    try:
        post_json(f"{courier_url.rstrip('/')}{PAGE}", content)
    except ServiceUnreachableError as error:
        raise ScoringError(
            f"the file is whole, but it is not in the audit: {error}. The same command records it once the courier "
            "answers; AUDIT=none does without"
        ) from error
