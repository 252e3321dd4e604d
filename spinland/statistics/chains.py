"""Averages over samples that remember each other: autocorrelation times, blocks, errors."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..errors import ShortRunWarning
from .uncertainty import jackknife_error, standard_error

_FEWEST, _MOST = 5, 20  # blocks
_MEMORIES = 40  # autocorrelation times in a block: what is slow has a small part in them
_TOGETHER = 64  # of the last axis, whose spectra are held at once

Array = NDArray[np.float64]


def autocorrelation_time(series: Array) -> Array:
    """Integrated autocorrelation time 1/2 + Σ ρ(t) of series (n, ..., C), in samples; (...,).

    The autocovariance is averaged over the C chains of the last axis. The sum runs over pairs of lags as long as
    they are positive, made to fall (Geyer, Statistical Science 7, 473, 1992): a window of a few times
    the sum would end before a slow decay of small amplitude, such as hops between distant minima, is seen. The
    mean that was subtracted has taken 2τ/nC from each term, which is given back (Wolff, Comput. Phys.
    Commun. 156, 143, 2004). NaN where nothing varies.
    """
    n, chains = len(series), series.shape[-1]
    if n < 2 or chains == 0:
        return np.full(series.shape[1:-1], np.nan)
    covariance = lagged_products(series, series.mean(axis=(0, -1), keepdims=True))
    covariance /= chains * (n - np.arange(n)).reshape(-1, *[1] * (covariance.ndim - 1))
    lags = 2 * max(n // 4, 1)
    pairs = np.minimum.accumulate(covariance[0:lags:2] + covariance[1:lags:2], axis=0)
    kept = pairs > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        times = np.sum(np.where(kept, pairs, 0), axis=0) / covariance[0] - 0.5
    times = times * (1 + 4 * kept.sum(axis=0) / (n * chains))
    return np.asarray(np.where(covariance[0] > 0, np.maximum(times, 0.5), np.nan))


def lagged_products(series: Array, mean: Array) -> Array:
    """Σ of x(s) x(s + t) over s and the last axis, (n, ...): x is series (n, ..., C) less its mean (1, ..., C or 1)."""
    n, total, mean = len(series), np.zeros(series.shape[:-1]), np.broadcast_to(mean, (1, *series.shape[1:]))
    for low in range(0, series.shape[-1], _TOGETHER):
        some = np.s_[..., low : low + _TOGETHER]
        spectrum = np.fft.rfft(series[some] - mean[some], 2 * n, axis=0)
        total += np.fft.irfft(np.abs(spectrum) ** 2, 2 * n, axis=0)[:n].sum(axis=-1)
    return total


def block_count(n_samples: int, memory: float) -> int:
    """Blocks of 40 autocorrelation times at least, 5 to 20; a warning where the samples do not suffice for 5.

    Warns
    -----
    ShortRunWarning
        Blocks are shorter, so that errors made of them may be too small.
    """
    memory = memory if np.isfinite(memory) else 0.5
    blocks = int(n_samples / (_MEMORIES * memory))
    if blocks < _FEWEST:
        warnings.warn(
            f"{n_samples} samples are {n_samples / memory:.3g} autocorrelation times of {memory:.3g}; below "
            f"{_FEWEST * _MEMORIES} errors from blocks may be too small",
            ShortRunWarning,
            stacklevel=4,
        )
    return min(max(blocks, _FEWEST), _MOST)


def chain_error(series: Array, blocks: int) -> Array:
    """Standard error of the mean of series (n, ..., C) over samples and chains, from the means of blocks of each.

    NaN for fewer than four samples.
    """

    def error(count: int) -> Array:
        parts = np.stack([part.mean(axis=0) for part in np.array_split(series, count)])
        return standard_error(np.moveaxis(parts, -1, 1).reshape(-1, *series.shape[1:-1]))

    if len(series) < 4:
        return np.full(series.shape[1:-1], np.nan)
    return _lengthened(error, len(series), blocks)


def block_error(series: Array, estimate: Callable[[Array], Array], blocks: int) -> Array:
    """Jackknife error of ``estimate`` of samples (n, ...) over blocks of samples in a row; NaN for fewer than four."""

    def error(count: int) -> Array:
        edges = np.linspace(0, len(series), count + 1).astype(int)
        rest = [np.delete(series, np.s_[edges[k] : edges[k + 1]], axis=0) for k in range(count)]
        return jackknife_error(np.array([estimate(part) for part in rest]))

    if len(series) < 4:
        return np.full(np.shape(estimate(series)), np.nan)
    return _lengthened(error, len(series), blocks)


def _lengthened(error: Callable[[int], Array], n_samples: int, blocks: int) -> Array:
    """The error that blocks of twice the length would have, to first order in 1/length; never below that of these.

    Neighbouring blocks remember each other, so their means scatter too little by a share that falls as 1/length:
    twice the variance from blocks less that from halves of them ("lugsail", Vats and Flegal, Biometrika 109,
    735, 2022).
    """
    blocks = min(blocks, n_samples // 2)
    whole, halves = error(blocks) ** 2, error(2 * blocks) ** 2
    return np.asarray(np.sqrt(np.maximum(whole, 2 * whole - halves)))
