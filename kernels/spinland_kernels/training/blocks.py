"""Steps of the optimisers on stretches of a parameter vector.

A ``state`` is a parameter vector with its moments; ``c`` holds the numbers of the optimiser for one step (see
:class:`..networks.Rule`), in the float type of the weights.
"""

from typing import Any, NamedTuple

from numpy.typing import NDArray

from ..jit import block
from ..networks import ADAM, KEEP, MOMENTUM
from . import formula


class State(NamedTuple):
    """Parameters (dim,) and moments (dim,); those that an optimiser lacks are empty. Of G replicas, (G, dim)."""

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
def update(state, low, high, gradient, optimiser, c):
    """One step on entries ``low ... high-1``."""
    w, g = state.point[low:high], gradient[: high - low]
    if optimiser == ADAM:
        _adam(w, g, state.first[low:high], state.second[low:high], c)
    elif optimiser == MOMENTUM:
        _momentum(w, g, state.first[low:high], c)
    elif optimiser == KEEP:
        state.first[low:high] = g
    else:
        _sgd(w, g, c)


@block
def all_finite(values):
    """Whether a flat array holds neither NaN nor infinity."""
    others = 0
    for i in range(values.shape[0]):
        others += values[i] - values[i] != 0  # counted without a branch, so that it vectorises
    return others == 0
