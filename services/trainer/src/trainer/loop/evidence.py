"""The evidence that a canary is worse than production. It may be looked at after every minute.

The evidence is an e-process: if the canary stays within its margin, the probability that it ever exceeds x is at most
1/x, however often somebody looks and whenever they stop. In each block of minutes both variants' trials are weighed by
a likelihood ratio: a canary that is worse by `drop`, against the likeliest pair of shares among those that are allowed.
The pair is chosen before the block, from the blocks before it, so the ratios can be multiplied.

Why the expectation of a ratio is at most 1: its logarithm is a concave function of the true shares, 0 at the chosen
pair, and its gradient there is that of the Kullback-Leibler projection, which points out of the convex set of allowed
pairs.

A trial may also be bad in part, from 0 to 1, like an answer that is expected to be wrong with some probability. Since
a^x b^(1-x) is at most x a + (1-x) b, the expectation is at most that of trials which are bad or not with the
same mean: the bound holds, and is found later than one that knows the smaller variance.

Source: Turner, Ly and Grünwald, Generic E-variables for exact sequential k-sample tests that allow for optional
stopping, Journal of Statistical Planning and Inference 230, 2024.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]
BOLD = 0.5
"""The drop of the second alternative: a canary that is broken is found in a few trials."""
LOG_WEIGHTS = (float(np.log(0.95)), float(np.log(0.05)))
"""The weights of the two alternatives, the drop worth finding and BOLD; a mean of two e-processes is one."""
PRIOR_TRIALS = 10.0
"""As many trials the expected share of production counts for."""
BLOCK_TRIALS = 20.0
LEAST_SHARE, MOST_SHARE = 1e-4, 0.999
HALVINGS = 45


@dataclass(frozen=True)
class Tally:
    """Trials and how many of them were bad, block by block: two arrays of one shape, the last axis is time.

    Some may be bad in part: `bad` is any number from 0 to `trials`.
    """

    trials: Counts
    bad: Counts


def odds(canary: Tally, production: Tally, margin: float, drop: float, expected: float) -> float:
    """The strongest evidence so far, as odds to 1, that the canary's bad share is above production's plus `margin`.

    Minutes without enough trials are joined with the following ones. `drop` is the difference worth finding and
    `expected` a guess of production's bad share; both decide how soon, never how often a good canary is stopped.
    """
    joined = _joined(canary, production)
    if not joined[0].trials.size or margin >= MOST_SHARE - LEAST_SHARE:
        return 1.0
    return float(np.exp(min(max(0.0, float(running(*joined, margin, drop, expected).max())), 700.0)))


def running(canary: Tally, production: Tally, margin: float, drop: float, expected: float) -> Counts:
    """The logarithm of the evidence after each block, in the shape of the tallies."""
    before, bad_before = _before(production.trials), _before(production.bad)
    share = (bad_before + PRIOR_TRIALS * expected) / (before + PRIOR_TRIALS)
    share = np.clip(share, LEAST_SHARE, MOST_SHARE)
    first, second = (
        np.cumsum(_block(canary, production, share, margin, max(one, 2 * margin)), axis=-1) + weight
        for one, weight in zip((drop, BOLD), LOG_WEIGHTS, strict=True)
    )
    found: Counts = np.logaddexp(first, second)
    return found


def _block(canary: Tally, production: Tally, share: Counts, margin: float, drop: float) -> Counts:
    """Each block's logarithmic likelihood ratio; 0 where a variant has no trials, since nothing was compared."""
    worse = np.minimum(share + drop, MOST_SHARE)
    share = np.minimum(share, np.maximum(worse - margin, LEAST_SHARE))
    allowed = _projection(canary.trials, production.trials, worse, share, margin)
    ratio = (
        canary.bad * np.log(worse / (allowed + margin))
        + (canary.trials - canary.bad) * np.log((1 - worse) / (1 - allowed - margin))
        + production.bad * np.log(share / allowed)
        + (production.trials - production.bad) * np.log((1 - share) / (1 - allowed))
    )
    compared: Counts = np.where((canary.trials > 0) & (production.trials > 0), ratio, 0.0)
    return compared


def _projection(canary: Counts, production: Counts, worse: Counts, share: Counts, margin: float) -> Counts:
    """The share t so that (t + margin, t) is the allowed pair nearest to (worse, share), found by bisection."""
    low, high = np.zeros_like(share), np.full_like(share, 1 - margin)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        slope = canary * (worse / (middle + margin) - (1 - worse) / (1 - middle - margin)) + production * (
            share / middle - (1 - share) / (1 - middle)
        )
        low, high = np.where(slope > 0, middle, low), np.where(slope > 0, high, middle)
    found: Counts = (low + high) / 2
    return found


def _before(counts: Counts) -> Counts:
    """The sum of all earlier blocks."""
    found: Counts = np.cumsum(counts, axis=-1) - counts
    return found


def _joined(canary: Tally, production: Tally) -> tuple[Tally, Tally]:
    """Minutes joined until a block has trials of both. Counts of trials alone decide, so no outcome is favoured.

    The last minutes wait for the next look where they do not make a block.
    """
    blocks, open_block = [], np.zeros(4)
    for minute in np.stack([canary.trials, canary.bad, production.trials, production.bad], axis=-1):
        open_block = open_block + minute
        if open_block[0] > 0 and open_block[2] > 0 and open_block[0] + open_block[2] >= BLOCK_TRIALS:
            blocks.append(open_block)
            open_block = np.zeros(4)
    made = np.array(blocks).reshape(-1, 4)
    return Tally(made[:, 0], made[:, 1]), Tally(made[:, 2], made[:, 3])
