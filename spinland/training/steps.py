"""One step of an optimiser on arrays of any shape, in NumPy: for what has few numbers, as coordinates of a subspace."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinland_kernels.networks import ADAM, MOMENTUM


def step(rule: int, c: NDArray[Any], w: NDArray[Any], g: NDArray[Any], moments: NDArray[Any]) -> None:
    """Change ``w`` and its ``moments`` (2, ...) in place, as the kernels do (``training/formula.py``).

    Parameters
    ----------
    rule : int
        SGD, MOMENTUM or ADAM.
    c : array (8,)
        The optimiser's numbers for this step (:class:`spinland_kernels.networks.Rule`).
    w, g : arrays of one shape
        What is moved, and the gradient.
    moments : array (2, *shape)
        First and second moment; those that the rule lacks are left alone.
    """
    g = g + c[1] * w
    first, second = moments
    if rule == ADAM:
        first += c[3] * (g - first)
        second *= c[4]
        second += c[5] * (g * g)
        w *= c[2]
        w -= c[0] * (first / (np.sqrt(second) * c[6] + c[7]))
    elif rule == MOMENTUM:
        first *= c[2]
        first += g
        w -= c[0] * (c[3] * g + c[4] * first)
    else:
        w -= c[0] * g
