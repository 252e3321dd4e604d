"""The glass on an affine family of points: a contraction, after which nothing depends on the number of spins."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spinland_kernels.types import GAUSSIAN, Couplings

from ..machines import operation
from .affine import coefficient_batch
from .index_sets import packed

_CENTRE = 1e-24  # |w|² below this share of what it is a difference of is rounding


class GlassSlice:
    """Energy per spin on the radial projection of origin + Σ c_k direction_k onto the sphere.

    H is a homogeneous polynomial: on the family it is the energy of a glass of K + 1 spins (1, c_1, …, c_K),
    whose couplings are those of the large one contracted with origin and directions. The projection divides by
    (|w|²/N)^{p/2}. At the centre of the sphere, which has no projection, the value is NaN.

    Parameters
    ----------
    tables : dict
        For each order p the contracted tensor (K+1, …, K+1), H/N in it.
    gram : array (K+1, K+1)
        Scalar products of origin and directions, divided by N.
    device : str
        Where values are computed.
    """

    def __init__(self, tables: Mapping[int, NDArray[np.float64]], gram: NDArray[np.float64], device: str = "cpu"):
        self._device = device
        given = {p: packed(table) for p, table in tables.items()}
        self._couplings = {p: Couplings(values, len(gram), p, 0, 0, GAUSSIAN) for p, values in given.items()}
        self._prepared: dict[int, Any] = {}
        self._gram = gram

    def __getstate__(self) -> dict[str, Any]:
        """All but what the kernels have made ready: that lies on a device, and is made again."""
        return {**self.__dict__, "_prepared": {}}

    @property
    def n_directions(self) -> int:
        """Number of directions K."""
        return len(self._gram) - 1

    def value(self, coefficients: ArrayLike) -> Any:
        """Energies per spin (P,) at coefficients (P, K); a float for (K,)."""
        c, single = coefficient_batch(coefficients, self.n_directions)
        spins = np.concatenate([np.ones((len(c), 1)), c], axis=1)
        values, square = np.zeros(len(c)), np.zeros(len(c))
        parts = np.zeros(len(c))
        for a, b in combinations_with_replacement(range(len(self._gram)), 2):
            share = (1 + (a != b)) * self._gram[a, b] * spins[:, a] * spins[:, b]
            square += share
            parts += np.abs(share)
        square[square <= _CENTRE * parts] = np.nan
        kernel = operation("pspin", self._device)
        for p, couplings in self._couplings.items():
            if p not in self._prepared:
                self._prepared[p] = kernel.prepare(couplings)
            energy, _ = kernel.values_and_gradients(spins, couplings, self._prepared[p])
            values += energy * square ** (-p / 2)
        return float(values[0]) if single else values

    def evaluate(self, coefficients: ArrayLike) -> tuple[Any, Any]:
        """Values, and NaN for the accuracy, which a glass does not have."""
        values = self.value(coefficients)
        return (values, float("nan")) if np.ndim(values) == 0 else (values, np.full(len(values), np.nan))
