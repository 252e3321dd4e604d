"""Homotopy continuation of eigenpairs on the cores: one path after the other, paths in parallel.

    z(t):  F(z; t) = 0  (see ``formula``)      dz/dt = −F_z⁻¹ ∂F/∂t

    t = 0  ●───predict (Runge–Kutta)──→ ○ correct (Newton, twice) ● …        ● t = 1, Newton to rounding
           chart: x scaled to norm 1     a first correction above the tolerance: back, with a shorter step

A path depends on its own tensor and start alone, so neither on the number of threads nor on which other
paths are followed.
"""

import numba
import numpy as np
from numba import prange
from numpy.typing import NDArray

from ..jit import block, loop
from ..types import Homotopy, PathWork
from . import formula
from .formula import FOLLOWED, LOST, SINGULAR
from .linear import solve
from .system import linearise

PATHS = 1024
"""Paths of each tensor in a call: a second or so, after which progress and Ctrl-C have their turn."""


@block
def _norm(z):
    total = 0.0
    for i in range(z.shape[0]):
        total += formula.square(z[i])
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
def _predict(homotopy, t, h, z, work):
    """One classical Runge–Kutta step of dz/dt = −F_z⁻¹ ∂F/∂t into ``work.trial``. False where F_z is singular."""
    slope, at, out = work.newton[1], work.newton[2], work.trial
    _copy(z, out)
    _copy(z, at)
    for number in range(4):
        offset, weight, ahead = formula.stage(number, h)
        linearise(homotopy, t + offset, at, work)
        if not solve(work.matrix, slope):
            return False
        for i in range(z.shape[0]):
            out[i] += weight * slope[i]
            at[i] = z[i] + ahead * slope[i]
    return True


@block
def _correct(homotopy, t, z, work):
    """One Newton step at fixed t, in place; its length, infinite where F_z is singular."""
    linearise(homotopy, t, z, work)
    step = work.newton[0]
    if not solve(work.matrix, step):
        return np.inf
    for i in range(z.shape[0]):
        z[i] += step[i]
    return _norm(step)


@block
def _finish(homotopy, z, work):
    """Newton steps at t = 1 until they no longer shrink; the status."""
    before = np.inf
    for _ in range(formula.POLISHING):
        _recentre(z, homotopy.order, work.chart)
        length = _correct(homotopy, 1.0, z, work)
        if not length < formula.NEAR:
            return SINGULAR
        if not formula.shrinks(length, before):
            break
        before = length
    _recentre(z, homotopy.order, work.chart)
    return FOLLOWED if length < formula.ENDED else SINGULAR


@block
def _follow(homotopy, z, work):
    """Follow one path from t = 0 to 1, in place; the status."""
    t, h, tolerance = 0.0, formula.FIRST, homotopy.tolerance
    for _ in range(formula.MOST_STEPS):
        _recentre(z, homotopy.order, work.chart)
        h = min(h, 1.0 - t)
        off = np.inf
        if _predict(homotopy, t, h, z, work):
            for correction in range(2):
                length = _correct(homotopy, t + h, work.trial, work)
                if correction == 0:
                    off = length
                elif not length < formula.CONVERGED:
                    off = np.inf
                if not off < tolerance:
                    break
        if off < tolerance:
            _copy(work.trial, z)
            t += h
            if t >= 1.0 - 1e-15:
                return _finish(homotopy, z, work)
        h *= formula.change(off, tolerance)
        if not h > formula.SHORTEST:
            break
    return LOST


@loop
def _track(homotopy, pairs, status, work):
    workers, paths = work.chart.shape[0], pairs.shape[1]
    items = pairs.shape[0] * paths
    for worker in prange(workers):
        own = PathWork(
            work.chart[worker], work.scratch[worker], work.matrix[worker], work.newton[worker], work.trial[worker]
        )
        for item in range(worker, items, workers):
            a, b = item // paths, item % paths
            one = Homotopy(homotopy.tensors[a], homotopy.order, homotopy.gamma, homotopy.tolerance)
            status[a, b] = _follow(one, pairs[a, b], own)


def _room(workers: int, n: int, order: int) -> PathWork:
    return PathWork(
        chart=np.empty((workers, n), np.complex128),
        scratch=np.empty((workers, 2, 2, n ** max(order - 1, 1))),
        matrix=np.empty((workers, n + 1, n + 1), np.complex128),
        newton=np.empty((workers, 3, n + 1), np.complex128),
        trial=np.empty((workers, n + 1), np.complex128),
    )


def track(pairs: NDArray[np.complex128], homotopy: Homotopy) -> NDArray[np.int64]:
    """Follow eigenpairs z = (x, λ) from those of the diagonal tensor γD to those of each tensor, in place.

    Parameters
    ----------
    pairs : (A, B, N+1) complex128
        The starts, and then the ends, |x| = 1.
    homotopy : Homotopy
        The tensors (A, N^p), real and symmetric, and the way to them.

    Returns
    -------
    status : (A, B) int64
        FOLLOWED, LOST or SINGULAR.
    """
    n = pairs.shape[2] - 1
    status = np.empty(pairs.shape[:2], np.int64)
    workers = max(1, min(numba.get_num_threads(), status.size))
    exact = homotopy._replace(gamma=complex(homotopy.gamma), tolerance=float(homotopy.tolerance))
    _track(exact, pairs, status, _room(workers, n, homotopy.order))
    return status
