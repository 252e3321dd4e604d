"""Named tuples of what flows through the kernels of networks (:mod:`.types` holds those of all kernels).

What a machine makes of them for itself (lists, panels, workspaces) lies in the folder of the kernel, in ``work.py``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Kinds of loss.
CROSS_ENTROPY, MEAN_SQUARED_ERROR = 0, 1

#: What of a Hessian: all, J' L'' J of the linearised network, or the loss's slope times the network's own bend.
WHOLE, GAUSS_NEWTON, RESIDUAL = 0, 1, 2

#: In what layers are multiplied: the type of the samples; on a card also TF32, or three products of TF32 for each.
EXACT, TF32, THRICE = 0, 1, 2


class Network(NamedTuple):
    """A fully connected network. A point is flat: layer by layer the weight (out, in) row by row, then the bias.

        point   | W_1: M_1 · M_0 | b_1: M_1 | W_2: M_2 · M_1 | b_2: M_2 | …     without the b where there is no bias

    Attributes
    ----------
    widths : int64 array (L + 1,)
        Inputs M_0, hidden units, outputs M_L of L layers.
    bias : bool
        Whether the layers have biases.
    """

    widths: NDArray[np.int64]
    bias: bool


class Samples(NamedTuple):
    """What a loss is averaged over; of labels and targets, the one that does not apply is empty.

    Attributes
    ----------
    x : float array (n, D)
        Inputs, row by row.
    labels : int64 array (n,) or (0,)
        Classes. Beside targets they serve the accuracy.
    targets : float array (n, k) or (0, k)
        Outputs that are wanted.
    kind : int
        CROSS_ENTROPY with labels, or MEAN_SQUARED_ERROR with targets.
    precision : int
        EXACT; TF32 or THRICE for float32 on a card.
    """

    x: NDArray[Any]
    labels: NDArray[np.int64]
    targets: NDArray[Any]
    kind: int
    precision: int = EXACT


def network_of(widths: ArrayLike, bias: bool) -> Network:
    """A network whose fields have the types that kernels are compiled for."""
    return Network(np.asarray(widths, np.int64), bool(bias))


def size_of(network: Network) -> int:
    """Number of parameters."""
    return sum(int(o * (i + network.bias)) for i, o in pairwise(network.widths))


#: Optimisers.
SGD, MOMENTUM, ADAM = 0, 1, 2
N_COEFFICIENTS = 8


class Rule(NamedTuple):
    """An optimiser and its numbers for each of S steps, in the float type of the weights.

        SGD        rate, decay
        MOMENTUM   rate, decay, mu, share of the gradient, share of the buffer
        ADAM       rate / (1 − beta_1^t), decay, shrink, 1 − beta_1, beta_2, 1 − beta_2, 1 / sqrt(1 − beta_2^t), eps

    Attributes
    ----------
    optimiser : int
        SGD, MOMENTUM or ADAM.
    coefficients : float array (S, N_COEFFICIENTS)
        As above, then zeros.
    """

    optimiser: int
    coefficients: NDArray[Any]


#: No orders of samples that were drawn before.
NO_ORDERS = np.empty((0, 0), np.int32)


class Replicas(NamedTuple):
    """Networks that are trained side by side; a step changes all but their numbers in place.

    Attributes
    ----------
    points : float array (G, dim)
        Parameters.
    first, second : float arrays (G, dim) or (G, 0)
        Moments; those that the optimiser lacks are empty.
    alive : bool array (G,)
        Those to train. Becomes False where outputs or parameters are not finite.
    numbers : int64 array (G,)
        Which replicas they are: the number gives the order of the samples.
    orders : int32 array (G, n) or (0, 0)
        That order, where it was drawn before: whoever launches single steps of an epoch on the cores keeps it. A card
        draws it itself.
    """

    points: NDArray[Any]
    first: NDArray[Any]
    second: NDArray[Any]
    alive: NDArray[np.bool_]
    numbers: NDArray[np.int64]
    orders: NDArray[np.int32] = NO_ORDERS


class Paths(NamedTuple):
    """Paths w(t) = Σ_k φ_k(t) θ_k of control vectors θ_k; a step changes these, their moments and ``alive``.

        controls    θ_0 | θ_1 | … | θ_V−1      those that are free move, the others never change

    Attributes
    ----------
    controls : float array (R, V, dim)
        Control vectors of R paths.
    first, second : float arrays (R, F, dim) or (R, F, 0)
        Moments of the free ones; those that the optimiser lacks are empty.
    free : int64 array (F,)
        Which of the V move.
    places : float array (R, S, V)
        φ_k at the one point of each path that each of S steps looks at.
    alive : bool array (R,)
        Those to train. Becomes False where outputs or vectors are not finite.
    numbers : int64 array (R,)
        Which paths they are: the number gives the order of the samples.
    """

    controls: NDArray[Any]
    first: NDArray[Any]
    second: NDArray[Any]
    free: NDArray[np.int64]
    places: NDArray[Any]
    alive: NDArray[np.bool_]
    numbers: NDArray[np.int64]


class Batches(NamedTuple):
    """Steps of one epoch, from ``begin`` on.

    Attributes
    ----------
    seed : uint64
        Of the order of the samples, a function of (seed, purpose, number of the replica, epoch).
    purpose, epoch : int
        See there.
    size : int
        Samples in a batch; the last of an epoch may be smaller. One batch of all samples keeps their order.
    begin : int
        First step.
    replacement : bool
        Whether every sample is drawn from all, instead of once in an epoch; not with one batch of all samples.
    """

    seed: np.uint64
    purpose: int
    epoch: int
    size: int
    begin: int
    replacement: bool = False


# Walks and exchanges


class Stream(NamedTuple):
    """Random numbers of one step of a walk: a function of (seed, purpose, number of the walker, step) alone.

    Attributes
    ----------
    seed : uint64
        64 bits.
    purpose, step : int
        32 bits each.
    """

    seed: np.uint64
    purpose: int
    step: int


class Walkers(NamedTuple):
    """B walkers; a step changes their points in place.

    Attributes
    ----------
    points : float array (B, dim)
        Where they are.
    starts : float array (K, dim)
        Where walks start.
    origin_index : int64 array (B,)
        Which start each walker has.
    numbers : int64 array (B,)
        Their numbers.
    radius : float64 array (K,) or (0,)
        Length to which the walkers of a start are brought back after a step.
    """

    points: NDArray[Any]
    starts: NDArray[Any]
    origin_index: NDArray[np.int64]
    numbers: NDArray[np.int64]
    radius: NDArray[np.float64]


class Exchanges(NamedTuple):
    """Units of a hidden layer that are exchanged, and the places on the way to it.

    Attributes
    ----------
    layer : int
        Hidden layer, 0 being the first.
    pairs : int64 array (R, 2P)
        Trial r exchanges units pairs[r, 2p] and pairs[r, 2p + 1] for p < S.
    swaps : int64 array (S,)
        Rising numbers of pairs S.
    alphas : float64 array (A,)
        0 is the network, 1 its copy.
    """

    layer: int
    pairs: NDArray[np.int64]
    swaps: NDArray[np.int64]
    alphas: NDArray[np.float64]
