"""Brings the challenger, the rows and the limits of the gate together, and gives the verdict."""

from collections.abc import Callable

from trainer.gate.champion import check_split
from trainer.gate.contender import Champion, Contender, Split, of_bundle
from trainer.gate.gate import Trial, judge
from trainer.params import Params
from trainer.registry.publication import Publication
from trainer.registry.verdict import Verdict

Judge = Callable[[Champion | None], Verdict]
"""Holds the challenger against a champion, or against the absolute criteria alone."""


def judge_of(publication: Publication, params: Params) -> Judge:
    """The judge of a publication: compares its bundle with whatever is in production."""
    challenger = of_bundle(publication.bundle, Split(params.seed, params.holdout_share, publication.split_after))

    def against(champion: Champion | None) -> Verdict:
        if isinstance(champion, Contender):
            champion = check_split(champion, challenger)
        trial = Trial(
            challenger=challenger,
            champion=champion,
            holdout=publication.holdout,
            feedback=publication.feedback,
            parity=publication.parity,
            parity_tolerance=params.parity.tolerance,
            quantile=params.quantile,
        )
        return judge(trial, params.gate, params.seed)

    return against
