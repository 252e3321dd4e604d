"""Averages over samples that remember each other: autocorrelation times, blocks, errors."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..statistics import jackknife_error, standard_error

_WINDOW = 6.0
_BLOCKS = 20

Array = NDArray[np.float64]


def autocorrelation_time(series: Array) -> Array:
    """Integrated autocorrelation time 1/2 + Σ ρ(t) of series (n, ..., C), in samples; (...,).

    The autocovariance is averaged over the C chains of the last axis before the sum, which is cut at the
    first t ≥ 6 τ (Sokal, "Monte Carlo methods in statistical mechanics", 1996). NaN where nothing varies.
    """
    n = len(series)
    deviations = series - series.mean(axis=(0, -1), keepdims=True)
    spectrum = np.fft.rfft(deviations, 2 * n, axis=0)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, 2 * n, axis=0)[:n].mean(axis=-1)
    covariance /= (n - np.arange(n)).reshape(-1, *[1] * (covariance.ndim - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        times = np.cumsum(covariance / covariance[0], axis=0) - 0.5
    lags = np.arange(n).reshape(-1, *[1] * (times.ndim - 1))
    last = np.argmax(lags >= _WINDOW * np.maximum(times, 0.5), axis=0)
    last = np.where(np.any(lags >= _WINDOW * np.maximum(times, 0.5), axis=0), last, n - 1)
    chosen = np.take_along_axis(times, last[None], axis=0)[0]
    return np.asarray(np.where(covariance[0] > 0, np.maximum(chosen, 0.5), np.nan))


def chain_error(series: Array) -> Array:
    """Standard error of the mean of series (n, ..., C) over samples and chains, with their memory."""
    n, chains = len(series), series.shape[-1]
    variance = series.var(axis=(0, -1))
    times = np.where(variance > 0, autocorrelation_time(series), 0.5)
    return np.asarray(np.sqrt(variance * 2 * times / (n * chains)))


def block_estimate(series: Array, estimate: Callable[[Array], Array]) -> tuple[Array, Array]:
    """``estimate`` of samples (n, ...) and its jackknife error over up to 20 blocks of consecutive samples.

    Blocks must be longer than the memory of the chain for the error to be right.
    """
    blocks = min(_BLOCKS, len(series))
    edges = np.linspace(0, len(series), blocks + 1).astype(int)
    without = [
        estimate(np.concatenate([series[:low], series[high:]])) for low, high in pairwise(edges) if blocks > 1
    ]
    error = jackknife_error(np.array(without)) if without else np.full(np.shape(estimate(series)), np.nan)
    return estimate(series), error


def over_instances(parts: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Mean of the estimates of several instances and its error: over them, or that of the only one."""
    if len(parts) == 1:
        return parts[0]
    values = np.stack([value for value, _ in parts])
    return values.mean(axis=0), standard_error(values)


def density(samples: Array, edges: Array) -> Array:
    """Normalised histograms (K, bins) of samples (n, K, pairs)."""
    counts = np.stack([np.histogram(samples[:, k], edges)[0] for k in range(samples.shape[1])])
    return np.asarray(counts / np.diff(edges) / np.maximum(counts.sum(axis=1, keepdims=True), 1))
