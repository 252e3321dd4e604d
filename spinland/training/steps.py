"""One step of an optimiser on arrays of any shape, in NumPy: for what has few numbers, as coordinates of a subspace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from spinland_kernels.networks import ADAM, MOMENTUM

#: Arrays of one shape, or one array that holds them.
Moments: TypeAlias = Sequence[NDArray[Any]] | NDArray[Any]


def step(rule: int, c: NDArray[Any], w: NDArray[Any], g: NDArray[Any], moments: Moments) -> None:
    """Change ``w`` and its ``moments`` (2, ...) in place, as the kernels do (``training/formula.py``).

    Parameters
    ----------
    rule : int
        SGD, MOMENTUM or ADAM.
    c : array (8,)
        The optimiser's numbers for this step (:class:`spinland_kernels.networks.Rule`).
    w, g : arrays of one shape
        What is moved, and the gradient.
    moments : array (2, *shape), or two arrays
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
