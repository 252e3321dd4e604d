"""Named tuples that flow through the kernels: what a number means is its name, not its place in a list of arguments.

Numba compiles, caches and runs them in parallel loops like plain arguments. An array in a tuple has a type of its
own (read-only or not, contiguous or not), and each combination is compiled anew: the public functions bring all
arrays of a kernel to one form before they call it. Workspaces hold one part for each thread, first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

# --- glass ---------------------------------------------------------------------------------------------------


class Couplings(NamedTuple):
    """Couplings of one order of a spherical glass: given by their values, or by the stream they are drawn from.

    Attributes
    ----------
    values : (C,) float32 or float64
        a_S by rank of the index set S (see ``pspin/formula.py``); empty where they are drawn when they are needed.
    n, order : int
        Number of spins, and indices of a set.
    seed, purpose : int
        Random stream.
    disorder : int
        GAUSSIAN or SIGNS.
    """

    values: NDArray[Any]
    n: int
    order: int
    seed: int
    purpose: int
    disorder: int


# --- pairs ---------------------------------------------------------------------------------------------------


# --- networks ------------------------------------------------------------------------------------------------
