"""The card as one page without a script: the same evidence gives the same bytes, because no clock is asked."""

from datetime import UTC, datetime

from markupsafe import Markup

from trainer.card import gate_and_aliases, origin
from trainer.card.evidence import Evidence
from trainer.card.limits import limits_of
from trainer.card.markup import points, section, text
from trainer.card.quality import quality_sections
from trainer.card.style import STYLE
from trainer.errors import CardError


def card_of(evidence: Evidence) -> str:
    """A whole document. Raises CardError where a file of the run or bundle does not have the form that it was given."""
    try:
        return _document(evidence)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise CardError(
            f"version {evidence.version.number} has no card: a file of its bundle or run does not have the form that "
            f"the trainer writes ({type(error).__name__}: {error}); publish the version again"
        ) from error


def _document(evidence: Evidence) -> str:
    manifest, version = evidence.manifest, evidence.version
    title = f"{manifest['model']} version {version.number}"
    made = datetime.fromtimestamp(int(version.created), UTC)
    words = manifest.get("words") or manifest["estimator"]
    lead = f"{words}, predicts {manifest['target']['name']}; registered {made:%Y-%m-%d %H:%M} UTC"
    body = [
        Markup('<header><h1>{}</h1><p class="lead">{}</p></header>').format(title, lead),
        _warnings(evidence),
        origin.trained_on(evidence),
        origin.estimator(evidence),
        *quality_sections(evidence),
        section("Limits: what it cannot do", points(limits_of(evidence))),
        gate_and_aliases.verdict(evidence),
        gate_and_aliases.moves(evidence),
        origin.columns(evidence),
        origin.drift_reference(evidence),
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return str(
        Markup(
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta http-equiv="Content-Security-Policy" content="{policy}">'
            "<title>{title}</title><style>{style}</style></head>\n<body>\n{body}\n</body></html>\n"
        ).format(policy=policy, title=title, style=STYLE, body=Markup("\n").join(body))
    )


def _warnings(evidence: Evidence) -> Markup:
    found = [] if evidence.facts is None else list(evidence.facts["warnings"])
    if not found:
        return Markup("")
    return section("Look at this first", points(found, "warn"), text("The training found these points odd."))
