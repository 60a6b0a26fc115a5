"""A few values of a regression's target that outweigh all others: R² and squared errors follow these alone."""

import math

import numpy as np
import numpy.typing as npt

FEWEST = 100
"""Of fewer values, one in a hundred is none."""
FAR = 0.01
"""Share of the values, those farthest from the median."""
OUTWEIGH = 0.6
"""Their least share of the squared distances from the median. Of a normal distribution it is about 0.09, of an
exponential one 0.26, of a lognormal one whose logarithm has the standard deviation 1 some 0.48."""
WAY = (
    "set scoring_regression: { quantile: 0.5 } in params.yaml, and loss: absolute_error in the settings of a candidate "
    "with HistGradientBoostingRegressor"
)
"""The words about what to do: the median and the mean absolute error hardly notice a few values."""


def outweighing(values: npt.NDArray[np.float64]) -> str | None:
    """The sentence's subject and verb about n values; None where no few of them outweigh the others."""
    if len(values) < FEWEST:
        return None
    distances = np.sort((values - np.median(values)) ** 2)
    few = math.ceil(len(values) * FAR)
    share = distances[-few:].sum() / distances.sum() if distances[-1] > 0 else 0.0
    return None if share < OUTWEIGH else f"{few} of {len(values)} values make {share:.0%} of the squared distances"
