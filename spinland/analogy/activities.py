"""Whether paths are active at random: their activity against samples, paths, weights and the output."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import paths


class ActivityMeasures(NamedTuple):
    """Measures of one network; see the fields of the same names of MappingAssumptions."""

    active_share: float
    activity_by_path: float
    activity_by_sample: float
    activity_weight_correlation: float
    active_weight_ratio: float
    output_unexplained: float
    output_unexplained_if_random: float


def shared_paths(masks: paths.Masks, n_samples: int) -> NDArray[np.float64]:
    """Share of the paths that is active at both of two samples, (n, n)."""
    share = np.ones((n_samples, n_samples))
    for mask in masks:
        share *= mask @ mask.T / mask.shape[1]
    return share


def measure(
    weights: paths.Weights,
    masks: paths.Masks,
    x: NDArray[np.float64],
    output: NDArray[np.float64],
    both: NDArray[np.float64],
) -> ActivityMeasures:
    """All measures at inputs x (n, n_0) with outputs (n, n_H); ``both`` as :func:`shared_paths` gives it."""
    rho = paths.activity_share(masks, len(x))
    mean = float(rho.mean())
    correlation, ratio = _weight_dependence(weights, masks, mean, x.shape[1])
    unexplained, if_random = _output(weights, x, output, mean)
    return ActivityMeasures(mean, *_variance_shares(rho, both), correlation, ratio, unexplained, if_random)


def _variance_shares(rho: NDArray[np.float64], both: NDArray[np.float64]) -> tuple[float, float]:
    """Shares of the variance ρ(1 − ρ) of the activity that lie between paths and between samples.

    Pairs of different samples estimate them without bias. NaN where all paths are active, or none.
    """
    n, mean = len(rho), rho.mean()
    variance = mean * (1 - mean)
    if variance <= 1e-14:
        return float("nan"), float("nan")
    product = (rho.sum() ** 2 - rho @ rho) / (n * (n - 1))
    pair = (both.sum() - np.trace(both)) / (n * (n - 1))
    return float((pair - product) / variance), float((rho @ rho / n - product) / variance)


def _weight_dependence(weights: paths.Weights, masks: paths.Masks, rho: float, n_inputs: int) -> tuple[float, float]:
    """Correlation over samples and paths of A and |Π w|, and the mean of |Π w| on active paths over that on all."""
    one = np.full((1, n_inputs), 1 / n_inputs)
    size, square = [np.abs(w) for w in weights], [w * w for w in weights]
    # The mean over all paths is a sum in which each layer takes its mean over the neurons below.
    size[1:] = [w / w.shape[1] for w in size[1:]]
    square[1:] = [w / w.shape[1] for w in square[1:]]
    first = paths.path_sum(size, None, one).mean()
    second = paths.path_sum(square, None, one).mean()
    if not masks:
        return float("nan"), float("nan")
    active = paths.path_sum(size, masks, one).mean()
    scale = np.sqrt(max(0.0, rho * (1 - rho) * (second - first**2)))
    correlation = (active - rho * first) / scale if scale > 1e-12 * first else np.nan
    return float(correlation), float(active / (rho * first)) if rho * first > 0 else float("nan")


def _output(
    weights: paths.Weights, x: NDArray[np.float64], output: NDArray[np.float64], rho: float
) -> tuple[float, float]:
    """Share of the output's variance over samples that ρ Σ over all paths leaves, and that of random activity."""
    everything = paths.path_sum(weights, None, x)
    y, linear = output - output.mean(axis=0), everything - everything.mean(axis=0)
    total, signal = float(np.sum(y * y)), float(np.sum(linear * linear))
    tiny = 1e-20 * (np.sum(output**2) + np.sum(everything**2))
    explained = float(np.sum(y * linear)) ** 2 / (total * signal) if min(total, signal) > tiny else np.nan
    noise = rho * (1 - rho) * float(np.sum(paths.path_sum([w * w for w in weights], None, x * x)))
    coherent = rho**2 * signal
    return float(1 - explained), noise / (noise + coherent) if noise + coherent > 0 else float("nan")
