"""Naive NumPy forms of random walks and of the autocorrelation along them."""

import numpy as np


def walk(value, origin, sigma, numbers, sphere=False):
    """One walker: values, distances, overlaps (T+1,) for normal numbers (T, dim), and the last point."""
    dtype = origin.dtype
    w = origin.copy()
    radius = np.linalg.norm(origin.astype(np.float64))
    values, distances, overlaps = [], [], []
    for z in [None, *numbers]:
        if z is not None:
            w = w + (sigma * z).astype(dtype)
            if sphere:
                w = w * dtype.type(radius / np.linalg.norm(w.astype(np.float64)))
        a, b = origin.astype(np.float64), w.astype(np.float64)
        values.append(value(w))
        distances.append(np.linalg.norm(b - a))
        overlaps.append(a @ b / np.sqrt((a @ a) * (b @ b)))
    return np.array(values), np.array(distances), np.array(overlaps), w


def autocorrelation(values, max_lag, weights=None):
    """Correlation over walkers (rows) of one origin at two times, less its bias, averaged over times from 1 on."""
    n_walkers, n_times = values.shape
    rho = np.empty(max_lag + 1)
    for k in range(max_lag + 1):
        pairs = [np.cov(values[:, t], values[:, t + k], aweights=weights) for t in range(1, n_times - k)]
        r = np.array([c[0, 1] / np.sqrt(c[0, 0] * c[1, 1]) for c in pairs])
        rho[k] = np.mean(r * (1 + (1 - r**2) / (2 * (n_walkers - 2))))
    return rho


def autocorrelation_error(values, max_lag):
    """Root of the mean of the jackknife variance and of that of its product with the derivatives by the weights."""
    n = len(values)
    changes, slopes = [], []
    for i in range(n):
        changes.append(-autocorrelation(np.delete(values, i, axis=0), max_lag))
        more = [autocorrelation(values, max_lag, 1 + h * (np.arange(n) == i)) for h in (1e-4, -1e-4)]
        slopes.append((more[0] - more[1]) / 2e-4)
    moved = np.array(changes) - np.mean(changes, axis=0)
    return np.sqrt(((n - 1) / n * np.sum(moved**2, axis=0) + np.sum(moved * np.array(slopes), axis=0)) / 2)


def jackknife(estimate, samples):
    """Jackknife error of ``estimate(samples)`` over the first axis."""
    n = len(samples)
    parts = np.array([estimate(np.delete(samples, i, axis=0)) for i in range(n)])
    return np.sqrt((n - 1) / n * np.sum((parts - parts.mean(axis=0)) ** 2, axis=0))
