"""One path: its points, and a step of its control vectors.

A gradient is handed to all control vectors PART numbers at a time, and the next point is formed from them while they
are in the first-level cache: a step reads and writes each vector once.
"""

from ..jit import block
from ..training import blocks
from ..training.blocks import State
from . import formula

#: Numbers that are worked through together: eight vectors of them, 32 KiB in float32, fit into the first-level cache.
PART = 1024


@block
def combine(controls, shares, point, low, high):
    """Entries ``low … high−1`` of Σ_k shares_k controls_k (V, dim)."""
    at = point[low:high]
    at[:] = 0
    for k in range(controls.shape[0]):
        share, control = shares[k], controls[k, low:high]
        if share != 0:
            for i in range(at.shape[0]):
                at[i] = formula.added(at[i], share, control[i])


@block
def _follow(controls, moments, shares, gradient, low, high, step):
    """One step of the free control vectors on entries ``low … high−1``."""
    first, second, free = moments
    optimiser, c, passed = step
    for f in range(free.shape[0]):
        share = shares[free[f]]
        for i in range(high - low):
            passed[i] = formula.passed(share, gradient[low + i])
        blocks.update(State(controls[free[f]], first[f], second[f]), low, high, passed, optimiser, c)


@block
def follow(controls, moments, shares, gradient, step):
    """One step of the free control vectors (V, dim) along the gradient (dim,) at the point with these shares.

    ``moments`` are the first and second ones, and which control vectors they belong to; ``step`` is an optimiser, its
    numbers, and workspace (PART).
    """
    zero, dim = 0, gradient.shape[0]
    for low in range(zero, dim, PART):
        _follow(controls, moments, shares, gradient, low, min(low + PART, dim), step)


@block
def follow_and_combine(controls, moments, shares, following, at, begin, step):
    """The same along the gradient that ``at`` keeps, from ``begin`` on, and its point at the shares that follow."""
    dim = at.first.shape[0]
    for low in range(begin, dim, PART):
        high = min(low + PART, dim)
        _follow(controls, moments, shares, at.first, low, high, step)
        combine(controls, following, at.point, low, high)
