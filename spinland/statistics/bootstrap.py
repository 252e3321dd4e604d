"""Resamples drawn with replacement, and the errors that they give."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks import room
from ..rng import Purpose, integers


def bootstrap_indices(seed: int, n_bootstrap: int, n: int) -> NDArray[np.int64]:
    """Members drawn with replacement, (n_bootstrap, n), from the stream ``Purpose.BOOTSTRAP`` of the seed."""
    room("n_bootstrap", n_bootstrap, 4 * 8 * n_bootstrap * n)
    return integers(seed, Purpose.BOOTSTRAP, 0, 0, n_bootstrap * n, n).reshape(n_bootstrap, n)


def bootstrap_counts(seed: int, n_bootstrap: int, n: int) -> NDArray[np.float64]:
    """How often each of n members is in each resample, (n_bootstrap, n)."""
    indices = bootstrap_indices(seed, n_bootstrap, n)
    flat = (indices + n * np.arange(n_bootstrap)[:, None]).ravel()
    return np.bincount(flat, minlength=n_bootstrap * n).reshape(n_bootstrap, n).astype(np.float64)


def bootstrap_error(estimates: ArrayLike) -> NDArray[np.float64]:
    """Standard deviation of bootstrap estimates (B, ...) over B.

    Resamples in which the estimate is undefined (NaN) are left out; NaN where fewer than two remain.
    """
    values = np.asarray(estimates, np.float64)
    defined = np.isfinite(values)
    count = defined.sum(axis=0)
    enough = count > 1
    clean = np.where(defined, values, 0.0)
    mean = clean.sum(axis=0) / np.maximum(count, 1)
    square = np.sum(np.where(defined, values - mean, 0.0) ** 2, axis=0)
    return np.where(enough, np.sqrt(square / np.maximum(count - 1, 1)), np.nan)
