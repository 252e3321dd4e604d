"""Errors of traces and of spectral densities of Hessians."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinland.curvature.densities import spectral_density
from spinland.curvature.quadrature import broadened
from spinland.curvature.traces import METHODS, hessian_trace
from spinland.landscape.function import FunctionLandscape

from .coverage import Entry

_SIZE, _WIDTH = 120, 0.2
_SPECTRA = {
    "decaying": np.concatenate([[20.0, 10.0, 5.0, 3.0], np.exp(-np.linspace(0, 6, _SIZE - 4))]),
    "semicircle": 2 * np.cos(np.pi * (np.arange(_SIZE) + 0.5) / _SIZE),
}


def _quadric(eigenvalues: NDArray[np.float64]) -> FunctionLandscape:
    """A function whose Hessian has these eigenvalues, in a basis of its own."""
    basis = np.linalg.qr(np.random.default_rng(7).normal(size=(_SIZE, _SIZE)))[0]
    matrix = (basis * eigenvalues) @ basis.T
    return FunctionLandscape(lambda w: np.sum(w @ matrix * w, axis=1) / 2, _SIZE, lambda w: w @ matrix)


def _trace(landscape: FunctionLandscape, method: str, seed: int) -> tuple[Any, Any]:
    found = hessian_trace(landscape, np.zeros(_SIZE), 48, method, seed)
    return found.value, found.error


def _density(landscape: FunctionLandscape, places: NDArray[np.float64], seed: int) -> tuple[Any, Any]:
    found = spectral_density(landscape, np.zeros(_SIZE), 10, 40, seed, n_extremes=4, width=_WIDTH)
    return np.interp(places, found.grid, found.density), np.interp(places, found.grid, found.error)


def entries() -> Iterator[Entry]:
    """Traces by each method, and a density at some places."""
    for name, eigenvalues in _SPECTRA.items():
        landscape, truth = _quadric(eigenvalues), float(eigenvalues.sum())
        for method in METHODS:
            measure = partial(_trace, landscape, method)
            yield Entry(f"trace of the Hessian, {method}", f"{name} spectrum, 48 products", measure, truth)
    eigenvalues, places = _SPECTRA["semicircle"], np.linspace(-1.5, 1.5, 7)
    truth_there = broadened(eigenvalues, np.full(_SIZE, 1 / _SIZE), places, _WIDTH)
    measure_there = partial(_density, _quadric(eigenvalues), places)
    yield Entry("spectral density", "semicircle, 10 probes", measure_there, truth_there)
