"""Bases of paths w(t) = Σ_k φ_k(t) θ_k, t from 0 to 1: how much each control vector counts at a place.

    bezier   Bernstein polynomials of degree V − 1        the curve is pulled by its control points
    chain    hat functions with their tops at k/(V − 1)   straight pieces from one control point to the next
    sine     1 − t, sin(πt), sin(2πt), …, t               the line, and displacements θ_1, θ_2, … from it

At t = 0 and t = 1 the first and the last share are 1 and all others 0, exactly.
"""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BASES = ("bezier", "chain", "sine")


def shares(basis: str, t: Array, n_controls: int) -> Array:
    """φ_k(t) of V control vectors at places t (...): (..., V) in float64.

    Timur Garipov and others, arXiv:1802.10026, section 3, have the first two, for one bend.
    """
    at = np.asarray(t, np.float64)[..., None]
    last = n_controls - 1
    k = np.arange(n_controls)
    if basis == "bezier":
        return np.asarray(np.array([comb(last, int(i)) for i in k], np.float64) * at**k * (1 - at) ** (last - k))
    if basis == "chain":
        return np.asarray(np.maximum(0.0, 1 - np.abs(last * at - k)))
    waves = np.where((at > 0) & (at < 1), np.sin(np.pi * k * at), 0.0)
    waves[..., 0], waves[..., last] = 1 - at[..., 0], at[..., 0]
    return np.asarray(waves)


def displaced(basis: str) -> bool:
    """Whether the vectors between the ends are displacements from the line, not points."""
    return basis == "sine"
