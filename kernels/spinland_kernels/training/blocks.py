"""Steps of the optimisers on stretches of a parameter vector.

A ``state`` is a parameter vector with its moments; ``c`` holds the numbers of the optimiser for one step (see
:class:`..networks.Rule`), in the float type of the weights.
"""

from typing import Any, NamedTuple

from numpy.typing import NDArray

from ..jit import block
from ..networks import ADAM, MOMENTUM, SGD
from ..path.formula import added, passed_on
from . import formula

#: Numbers of the vectors of a path that are worked through together, 4 KiB each in float32.
PART = 1024


class State(NamedTuple):
    """Parameters (dim,) and moments (dim,); those that an optimiser lacks are empty. Of G replicas, (G, dim).

    Or a point of a path (dim,), in ``first`` the vectors that it is combined of, and second moments (F, dim).
    """

    point: NDArray[Any]
    first: NDArray[Any]
    second: NDArray[Any]


@block
def _sgd(w, g, c):
    rate, decay = c[0], c[1]
    for i in range(w.shape[0]):
        w[i] = formula.sgd(w[i], g[i], rate, decay)


@block
def _momentum(w, g, first, c):
    rate, decay, mu, along_gradient, along_buffer = c[0], c[1], c[2], c[3], c[4]
    for i in range(w.shape[0]):
        w[i], first[i] = formula.momentum(w[i], g[i], first[i], rate, decay, mu, along_gradient, along_buffer)


@block
def _adam(w, g, first, second, c):
    rate, decay, shrink, rest_1, beta_2, rest_2, scale, eps = c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
    for i in range(w.shape[0]):
        along = formula.decayed(w[i], g[i], decay)
        first[i], second[i] = formula.adam_moments(along, first[i], second[i], rest_1, beta_2, rest_2)
        w[i] = formula.adam(w[i], first[i], second[i], rate, shrink, scale, eps)


@block
def step_of(w, g, first, second, optimiser, c):
    """One step of a stretch (n,) along its gradient (n,); moments that the optimiser lacks are empty."""
    if optimiser == ADAM:
        _adam(w, g, first, second, c)
    elif optimiser == MOMENTUM:
        _momentum(w, g, first, c)
    else:
        _sgd(w, g, c)


@block
def combine(vectors, shares, point, low, high):
    """Entries ``low … high−1`` of the point Σ_k shares_k vectors_k, over as many vectors as there are shares."""
    at = point[low:high]
    at[:] = 0
    for k in range(shares.shape[0]):
        share, vector = shares[k], vectors[k, low:high]
        if share != 0:
            for i in range(at.shape[0]):
                at[i] = added(at[i], share, vector[i])


@block
def _follow(point, vectors, second, low, high, gradient, optimiser, c):
    """One step of the free vectors that a point is combined of, and the point at the shares that follow.

    Rows of ``vectors``: the V that are combined; first moments of the F that are free; one to work in. Rows of c: the
    numbers of the optimiser; shares; those that follow; 1 for free vectors, 0 for fixed ones, −1 for what is left over.
    PART numbers at a time, so that all of them are in the first-level cache.
    """
    zero, work, lacking = 0, vectors.shape[0] - 1, vectors[0, :0]
    count, free = zero, zero
    while count < c.shape[1] and c[3, count] >= 0:
        count += 1
    for begin in range(low, high, PART):
        end, free = min(begin + PART, high), zero
        g, some = gradient[begin - low : end - low], vectors[work, begin:end]
        for k in range(count):
            if c[3, k] > 0:
                for i in range(g.shape[0]):
                    some[i] = passed_on(c[1, k], g[i])
                first, second_of = lacking, lacking
                if optimiser != SGD:
                    first = vectors[count + free, begin:end]
                if optimiser == ADAM:
                    second_of = second[free, begin:end]
                step_of(vectors[k, begin:end], some, first, second_of, optimiser, c[0])
                free += 1
        combine(vectors, c[2, :count], point, begin, end)


@block
def _update(point, first, second, low, high, gradient, optimiser, c):
    """One step of a point, or of the vectors that it is combined of: which one, the compiler sees by ``first``."""
    if first.ndim == 1:
        step_of(point[low:high], gradient[: high - low], first[low:high], second[low:high], optimiser, c)
    else:
        _follow(point, first, second, low, high, gradient, optimiser, c)


@block
def update(state, low, high, gradient, optimiser, c):
    """One step on entries ``low ... high-1``."""
    _update(state.point, state.first, state.second, low, high, gradient, optimiser, c)


@block
def all_finite(values):
    """Whether a flat array holds neither NaN nor infinity."""
    others = 0
    for i in range(values.shape[0]):
        others += values[i] - values[i] != 0  # counted without a branch, so that it vectorises
    return others == 0
