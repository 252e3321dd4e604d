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


def autocorrelation(values, max_lag):
    """Correlation over walkers (rows) of one origin at two times, averaged over times from 1 on."""
    n_times = values.shape[1]
    return np.array(
        [
            np.mean([np.corrcoef(values[:, t], values[:, t + k])[0, 1] for t in range(1, n_times - k)])
            for k in range(max_lag + 1)
        ]
    )


def jackknife(estimate, samples):
    """Jackknife error of ``estimate(samples)`` over the first axis."""
    n = len(samples)
    parts = np.array([estimate(np.delete(samples, i, axis=0)) for i in range(n)])
    return np.sqrt((n - 1) / n * np.sum((parts - parts.mean(axis=0)) ** 2, axis=0))
