"""Recent requests as a table like the training rows; it does not matter whether their truth is known."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np
import pandas as pd

from trainer.contract.columns import Column
from trainer.replay.audit import pages
from trainer.replay.encoding import fit

MOST_PAGES = 50
"""A million requests: the first of the time that is asked about."""
PER_PAGE = 1000
"""Rows that are kept of each page."""


def recent(
    courier_url: str, columns: Sequence[Column], days: float, seed: int
) -> tuple[pd.DataFrame, int, Counter[str]]:
    """The features of a sample, n x columns; how many requests there were; and those that do not fit, by reason.

    A value out of its range fits: that is what drift looks like. Raises ServiceUnreachableError, ReplayError.
    """
    generator, refused, count = np.random.default_rng(seed), Counter[str](), 0
    frames = [pd.DataFrame(columns=[column.name for column in columns])]
    for page in islice(pages(courier_url, datetime.now(UTC) - timedelta(days=days)), MOST_PAGES):
        count += len(page)
        chosen = generator.permutation(len(page))[:PER_PAGE]
        found = fit([page[number] for number in np.sort(chosen)], columns, refused)
        if len(found.frame):
            frames.append(found.frame)
    return pd.concat(frames[1:] or frames, ignore_index=True), count, refused
