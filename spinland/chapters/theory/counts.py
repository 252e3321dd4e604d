"""Numbers of critical points: exact means of one glass, and of the glasses that stand for networks of many depths."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import spinland as sl

from ...provenance import record
from ...results import Result

_MOST_EXACT = 30  # spins up to which numbers by index are computed: they take a minute there


@dataclass(frozen=True, eq=False, kw_only=True)
class CountsTheory(Result):
    """Exact mean numbers of critical points.

    Attributes
    ----------
    sizes : (K,) int64
        Numbers of spins N, those whose critical points are looked for.
    by_index : (K, max N) float64
        Mean number of each index; NaN beyond N−1, and for more than 30 spins.
    n_spins : int
        The settings' number of spins.
    log_total : float
        Natural logarithm of the mean number of all critical points of that many spins.
    log_complex : float
        The same of their complex critical points, pairs ±σ counted once.
    """

    sizes: NDArray[np.int64]
    by_index: NDArray[np.float64]
    n_spins: int
    log_total: float
    log_complex: float


def counts_theory(order: int, sizes: tuple[int, ...], n_spins: int) -> CountsTheory:
    """Exact mean numbers of critical points of the small sizes by index, and of the large one."""
    by_index = np.full((len(sizes), max(sizes)), np.nan)
    for row, n in zip(by_index, sizes, strict=True):
        if n <= _MOST_EXACT:
            row[:n] = sl.theory.mean_critical_points_by_index(n, order)
    return CountsTheory(
        sizes=np.array(sizes),
        by_index=by_index,
        n_spins=n_spins,
        log_total=float(sl.theory.mean_critical_points(n_spins, order, log=True)),
        log_complex=math.log(sl.theory.complex_critical_points(n_spins, order)),
        provenance=record("counts_theory", {"order": order, "sizes": sizes, "n_spins": n_spins}, dtype=np.float64),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class DepthTheory(Result):
    """Critical points of the glasses that stand for networks of one number of weights and several depths.

    Attributes
    ----------
    n_parameters : int
        Weights of every network.
    depths : (D,) int64
        Weight layers H.
    n_spins : (D,) float64
        Λ of each.
    log_complex : (D,) float64
        Natural logarithm of the number of complex critical points.
    log_real : (D,) float64
        Leading exponential of the mean number of real ones, Λ · ½ log(H−1).
    """

    n_parameters: int
    depths: NDArray[np.int64]
    n_spins: NDArray[np.float64]
    log_complex: NDArray[np.float64]
    log_real: NDArray[np.float64]


def depth_theory(n_parameters: int) -> DepthTheory:
    """Numbers of critical points at depths 2 to 30, as far as there are weights enough."""
    result = sl.theory.critical_points_by_depth(n_parameters, range(2, min(30, n_parameters) + 1))
    return DepthTheory(
        n_parameters=n_parameters,
        depths=result.depths,
        n_spins=result.n_spins,
        log_complex=result.log_complex,
        log_real=result.complexity,
        provenance=record("depth_theory", {"n_parameters": n_parameters}, dtype=np.float64),
    )
