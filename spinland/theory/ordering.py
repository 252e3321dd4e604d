"""Which of the eigenvalues is found at x: small probabilities to many digits, where they count."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from .goe import order_weights

Array = NDArray[np.float64]
RESOLVED = 1e-5  # a share above this has at least seven digits
NEGLIGIBLE = 1e-10  # part of an integral that need not be resolved
LARGEST_STEP = 12.0  # of the tilt
LARGEST_TILT = 150.0  # what is not found by then is below exp(−1000)
SAFETY = 2.0


def untilted(x: Array, n: int) -> tuple[Array, Array]:
    """Probabilities of each place in the order, and their normalisation: ``order_weights`` without tilt."""
    return order_weights(x, n, np.zeros_like(x))


def log_share(
    x: Array, n: int, k: int, log_weight: Array, group: NDArray[np.int64], start: tuple[Array, Array]
) -> Array:
    """Logarithm of the probability that an eigenvalue found at x is the (k+1)-th smallest of n.

    Parameters
    ----------
    x : (M,) array
        Positions.
    n, k : int
        Number of eigenvalues; 0 ≤ k < n.
    log_weight : (M,) array
        Logarithm of the factor by which the probability will be multiplied in a sum.
    group : (M,) int64
        The sums wanted: sum g runs over all entries of the groups up to g, increasing.
    start : tuple
        ``untilted(x, n)``.

    Returns
    -------
    (M,) float64
        To seven digits at least where it matters for one of the sums, by Newton steps on the tilt of
        :func:`.goe.order_weights` until the mean place is near k. Elsewhere −inf.
    """
    share, log_start = start[0].copy(), start[1]
    value = np.where(share[:, k] > RESOLVED, np.log(np.maximum(share[:, k], RESOLVED)), -np.inf)
    ceiling = _ceiling(share, k)
    places = np.arange(n)
    tilt = np.zeros_like(x)
    open_ = value == -np.inf
    while True:
        sums = np.logaddexp.accumulate(_group_sums(log_weight + value, group))
        open_ &= log_weight + ceiling > sums[group] + math.log(NEGLIGIBLE)
        rows = np.flatnonzero(open_)
        if rows.size == 0:
            return value
        mean = share[rows] @ places
        spread = np.sum(share[rows] * (places - mean[:, None]) ** 2, axis=1)
        tilt[rows] += np.clip((k - mean) / np.maximum(spread, 0.05), -LARGEST_STEP, LARGEST_STEP)
        share[rows], log_total = order_weights(x[rows], n, tilt[rows])
        found = share[rows, k] > RESOLVED
        hit = rows[found]
        value[hit] = np.log(share[hit, k]) + (log_total[found] - log_start[hit]) - tilt[hit] * k
        open_[hit] = False
        open_ &= np.abs(tilt) < LARGEST_TILT


def _ceiling(share: Array, k: int) -> Array:
    """Logarithm of a number that the unresolved probabilities of place k stay below.

    From the resolved place nearest to k on, probabilities fall at least as fast as there: they are
    logarithmically concave in k, as those of a sum of independent numbers (seen, not proved, here).
    """
    n = share.shape[1]
    rows = np.arange(len(share))
    logs = np.log(np.maximum(share, 1e-300))
    first = np.argmax(share > RESOLVED, axis=1)
    last = n - 1 - np.argmax(share[:, ::-1] > RESOLVED, axis=1)
    up, down = np.minimum(first + 1, n - 1), np.maximum(last - 1, 0)
    fall_first = np.maximum(logs[rows, up] - logs[rows, first], 0.0)
    fall_last = np.maximum(logs[rows, down] - logs[rows, last], 0.0)
    low = logs[rows, first] - (first - k) * fall_first
    high = logs[rows, last] - (k - last) * fall_last
    bound = np.where(k < first, low, np.where(k > last, high, 0.0))
    return np.minimum(bound, 0.0) + SAFETY


def _group_sums(values: Array, group: NDArray[np.int64]) -> Array:
    return np.array([logsumexp(values[group == g]) for g in range(group[-1] + 1)])
