"""Homotopy continuation of eigenpairs on the cores: one path after the other, paths in parallel.

A path depends on its own tensor and start alone, so neither on the number of threads nor on which other
paths are followed.
"""

import numba
import numpy as np
from numba import prange

from ..jit import block, loop
from .linear import solve
from .system import linearise

FOLLOWED, LOST, SINGULAR = 0, 1, 2
"""The end of a path: reached, step too short or too many steps, no regular solution at its end."""

_MOST_STEPS = 100_000
_SHORTEST = 1e-13
_CONVERGED = 1e-8  # second correction of a step that counts as followed


@block
def _norm(z):
    total = 0.0
    for i in range(z.shape[0]):
        total += z[i].real ** 2 + z[i].imag ** 2
    return np.sqrt(total)


@block
def _copy(source, target):
    for i in range(source.shape[0]):
        target[i] = source[i]


@block
def _recentre(z, order, chart):
    """Bring x to norm 1 along its line, λ with it, and take its conjugate as the chart."""
    n = chart.shape[0]
    size = _norm(z[:n])
    for i in range(n):
        z[i] /= size
        chart[i] = z[i].conjugate()
    z[n] /= size ** (order - 2)


@block
def _predict(tensor, order, gamma, t, h, z, chart, scratch, matrix, work, out):
    """One classical Runge–Kutta step of dz/dt = −F_z⁻¹ ∂F/∂t; ``work`` (3, n+1). False where F_z is singular."""
    minus_value, slope, at = work[0], work[1], work[2]
    _copy(z, out)
    _copy(z, at)
    for stage in range(4):
        offset = 0.0 if stage == 0 else (h if stage == 3 else 0.5 * h)
        linearise(tensor, order, gamma, t + offset, at, chart, scratch, matrix, minus_value, slope)
        if not solve(matrix, slope):
            return False
        weight = h / 6 if stage == 0 or stage == 3 else h / 3
        ahead = h if stage == 2 else 0.5 * h
        for i in range(z.shape[0]):
            out[i] += weight * slope[i]
            at[i] = z[i] + ahead * slope[i]
    return True


@block
def _correct(tensor, order, gamma, t, z, chart, scratch, matrix, work):
    """One Newton step at fixed t, in place; its length, infinite where F_z is singular."""
    linearise(tensor, order, gamma, t, z, chart, scratch, matrix, work[0], work[1])
    if not solve(matrix, work[0]):
        return np.inf
    for i in range(z.shape[0]):
        z[i] += work[0, i]
    return _norm(work[0])


@block
def _finish(tensor, order, gamma, z, chart, scratch, matrix, work):
    """Newton steps at t = 1 until they no longer shrink; the status."""
    before = np.inf
    for _ in range(12):
        _recentre(z, order, chart)
        length = _correct(tensor, order, gamma, 1.0, z, chart, scratch, matrix, work)
        if not length < 1e-3:
            return SINGULAR
        if length < 1e-14 or length > 0.5 * before:
            break
        before = length
    _recentre(z, order, chart)
    return FOLLOWED if length < 1e-9 else SINGULAR


@block
def _follow(tensor, order, gamma, tolerance, z, chart, scratch, matrix, work, trial):
    """Follow one path from t = 0 to 1, in place; the status."""
    t, h = 0.0, 0.02
    for _ in range(_MOST_STEPS):
        _recentre(z, order, chart)
        h = min(h, 1.0 - t)
        off = np.inf
        if _predict(tensor, order, gamma, t, h, z, chart, scratch, matrix, work, trial):
            for correction in range(2):
                length = _correct(tensor, order, gamma, t + h, trial, chart, scratch, matrix, work)
                if correction == 0:
                    off = length
                elif not length < _CONVERGED:
                    off = np.inf
                if not off < tolerance:
                    break
        if off < tolerance:
            _copy(trial, z)
            t += h
            if t >= 1.0 - 1e-15:
                return _finish(tensor, order, gamma, z, chart, scratch, matrix, work)
        # The error of a step goes as h^5.
        change = 0.9 * (tolerance / max(off, 1e-300)) ** 0.2
        h *= min(2.0, max(0.2, change)) if off < np.inf else 0.2
        if not h > _SHORTEST:
            break
    return LOST


@loop
def _track(tensors, order, gamma, tolerance, z, status, chart, scratch, matrix, work, trial):
    workers = chart.shape[0]
    paths = z.shape[1]
    items = z.shape[0] * paths
    for worker in prange(workers):
        for item in range(worker, items, workers):
            a, b = item // paths, item % paths
            status[a, b] = _follow(
                tensors[a], order, gamma, tolerance, z[a, b],
                chart[worker], scratch[worker], matrix[worker], work[worker], trial[worker],
            )  # fmt: skip


def track(tensors, order, gamma, tolerance, z):
    """Follow eigenpairs z = (x, λ) from those of the diagonal tensor γD to those of each tensor, in place.

    ``tensors`` (A, N^p) are symmetric, real, flattened; ``z`` (A, B, N+1) complex128 holds the starts and then
    the ends, |x| = 1. ``tolerance`` is the largest first Newton correction of a step. Returns the status
    (A, B): FOLLOWED, LOST or SINGULAR.
    """
    n = z.shape[2] - 1
    status = np.empty(z.shape[:2], np.int64)
    workers = max(1, min(numba.get_num_threads(), status.size))
    _track(
        tensors, order, complex(gamma), float(tolerance), z, status,
        np.empty((workers, n), np.complex128),
        np.empty((workers, 2, 2, n ** max(order - 1, 1))),
        np.empty((workers, n + 1, n + 1), np.complex128),
        np.empty((workers, 3, n + 1), np.complex128),
        np.empty((workers, n + 1), np.complex128),
    )  # fmt: skip
    return status
