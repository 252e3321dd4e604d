"""Search for critical points from many starts, spread over all indices and so over all energies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..landscape.glass import SphericalSpinGlass
from ..progress import track
from .newton import CONVERGED, aim, flatten, polish, rows_at_once, spectra, typical_gradient

AIMING_STEPS = 30


def find_points(glass: SphericalSpinGlass, n_starts: int, seed: int) -> NDArray[np.float64]:
    """Critical points (K, N) in which starts ended, with repetitions, in order of the starts.

    Start i is uniform on the sphere, a function of (seed, i). From even starts the gradient is made to
    vanish at once, which leads to saddles of middle index; odd ones first walk towards the index
    (i // 2) mod N, so that minima, maxima and their neighbours are met as often as the crowd between.
    """
    points = np.asarray(glass.random_points(n_starts, seed), np.float64)
    index = np.where(np.arange(n_starts) % 2 == 1, np.arange(n_starts) // 2 % glass.n_spins, -1)
    scale = typical_gradient(glass)
    converged = np.zeros(n_starts, bool)
    rows = min(rows_at_once(glass), 512)
    with track(3 * n_starts, "critical points, three stages") as advance:
        for low in range(0, n_starts, rows):
            part = slice(low, min(low + rows, n_starts))
            ends = points[part].copy()
            aimed = index[part] >= 0
            if aimed.any():
                ends[aimed] = aim(glass, ends[aimed], index[part][aimed], AIMING_STEPS)
            advance(len(ends))
            ends = flatten(glass, ends, scale)
            advance(len(ends))
            points[part] = polish(glass, ends)
            converged[part] = spectra(glass, points[part]).residual <= CONVERGED * scale
            advance(len(ends))
    return points[converged]
