"""Two correlations of word similarities with human scores."""

import numpy as np
from numpy.typing import NDArray


def pearson(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    """Compute Pearson's correlation; None if it is undefined, as for fewer than two pairs or equal numbers.

    Parameters
    ----------
    one, other : (n,) numpy.ndarray
        Finite numbers.
    """
    units = [_unit_deviations(numbers) for numbers in (one, other)]
    if units[0] is None or units[1] is None:
        return None
    return float(np.clip(units[0] @ units[1], -1, 1))


def spearman(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    """Compute Spearman's correlation: Pearson's of the ranks, where equal numbers share their mean rank."""
    return pearson(average_ranks(one), average_ranks(other))


def average_ranks(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank numbers from 1; equal ones get the mean of their ranks."""
    _, group, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: NDArray[np.float64] = (ends - (counts - 1) / 2)[group]
    return ranks


def _unit_deviations(numbers: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Give the deviations from the mean, scaled to length 1; None if all numbers are equal."""
    if not len(numbers) or (numbers == numbers[0]).all():
        return None
    scaled = numbers / np.abs(numbers).max()  # the squares of huge numbers would overflow
    deviations = scaled - scaled.mean()
    length = np.sqrt(deviations @ deviations)
    return deviations / length if length > 0 else None
