"""From what a training made to its verdict: the challenger, the rows and the limits of the gate, put together."""

from collections.abc import Callable

from trainer.contender import Contender, Split, of_bundle
from trainer.gate import Trial, judge
from trainer.params import Params
from trainer.publication import Publication
from trainer.verdict import Verdict

Judge = Callable[[Contender | None], Verdict]
"""Holds the challenger against a champion, or against the absolute criteria alone."""


def judge_of(publication: Publication, params: Params) -> Judge:
    challenger = of_bundle(publication.bundle, Split(params.seed, params.holdout_share))

    def against(champion: Contender | None) -> Verdict:
        trial = Trial(
            challenger=challenger,
            champion=champion,
            holdout=publication.holdout,
            feedback=publication.feedback,
            parity=publication.parity,
            parity_tolerance=params.parity.tolerance,
        )
        return judge(trial, params.gate, params.seed)

    return against
