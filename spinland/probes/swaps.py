"""Networks against copies of themselves with hidden neurons exchanged (protocol 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import arrays, checks, rng
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..execution.rows import gathered
from ..landscape.protocol import Landscape
from ..landscape.work import over
from ..progress import Advance
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from ..statistics.uncertainty import grouped_error
from . import inputs
from .barriers import barrier_height, with_ends


@dataclass(frozen=True, eq=False, kw_only=True)
class SwapInterpolation(Measured):
    """Loss on the straight line from a network to its copy with S pairs of hidden neurons exchanged.

    Attributes
    ----------
    swaps : integer array (S,)
        Numbers of exchanged pairs.
    alphas : array (A,)
        Places on the line: 0 is the network, 1 its copy.
    values, accuracy : array (S, R, A)
        Mean loss and accuracy for each of R trials; accuracy is NaN where there are no labels.
    layer : int
        Hidden layer whose neurons were exchanged; 0 is the first.
    width : int
        Number of its neurons, M.
    origin_index : integer array (R,)
        Which origin each trial belongs to.
    ends : array (S, R, 2), optional
        Mean loss at the network and at its copy, whether or not they are among ``alphas``.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "swaps": ("swaps",),
        "alphas": ("alphas",),
        "origin_index": ("trial",),
        "values": ("swaps", "trial", "alphas"),
        "accuracy": ("swaps", "trial", "alphas"),
    }

    swaps: NDArray[np.int64]
    alphas: NDArray[np.float64]
    values: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    layer: int
    width: int
    origin_index: NDArray[np.int64]
    ends: NDArray[np.float64] | None = None

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean loss over trials, (S, A)."""
        return np.asarray(self.values.mean(axis=1))

    @property
    def error(self) -> NDArray[np.float64]:
        """Standard error of :attr:`mean`, (S, A): over trials for one origin, over origins for several."""
        return grouped_error(np.moveaxis(self.values, 1, 0), self.origin_index)

    @property
    def barrier(self) -> NDArray[np.float64]:
        """Highest loss on the way less the higher of its two ends, (S, R), of the places in ``alphas``.

        NaN without ``ends`` where these do not hold 0 and 1.
        """
        return barrier_height(self.alphas, self.values, self.ends)

    @property
    def barrier_mean(self) -> NDArray[np.float64]:
        """Mean barrier over trials, (S,)."""
        return np.asarray(self.barrier.mean(axis=1))

    @property
    def barrier_error(self) -> NDArray[np.float64]:
        """Standard error of :attr:`barrier_mean`, (S,): over trials for one origin, over origins for several."""
        return grouped_error(self.barrier.T, self.origin_index)


def _swaps(swaps: ArrayLike, width: int) -> NDArray[np.int64]:
    array = np.atleast_1d(arrays.given("swaps", swaps))
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        raise ArgumentError("swaps", "one whole number or a vector of them", swaps)
    if array.min() < 0 or array.max() > width // 2:
        raise ArgumentError(
            "swaps", f"numbers of pairs from 0 to M/2 = {width // 2}", f"{array.min()} to {array.max()}"
        )
    return array.astype(np.int64)


def swap_pairs(seed: int, layer: int, trials: NDArray[np.int64], n_pairs: int, width: int) -> NDArray[np.int64]:
    """Exchanged neurons of some trials, (len(trials), 2 n_pairs): columns 2p and 2p+1 are pair p.

    They are the head of a random permutation of the layer's neurons, one for each (seed, layer, trial), so
    pairs are disjoint, and the first S pairs are the same for every larger S.
    """
    pairs = np.empty((len(trials), 2 * n_pairs), np.int64)
    for row, trial in enumerate(trials):
        pairs[row] = rng.permutation(seed, rng.Purpose.SWAP, int(trial), layer, width)[: 2 * n_pairs]
    return pairs


def swap_interpolation(
    landscape: Landscape,
    origin: ArrayLike,
    swaps: ArrayLike,
    alphas: ArrayLike,
    n_trials: int,
    layer: int = 0,
    seed: int = 0,
    *,
    executor: Executor | None = None,
) -> SwapInterpolation:
    """Loss of (1 − α) w + α P w, where P exchanges S random pairs of hidden neurons (arXiv:2407.20724, fig. 3).

    P w computes the same function as w, so both ends have the loss of w; what lies between is a barrier.
    P exchanges the incoming weights, the biases and the outgoing weights of the neurons. Only the 2S
    exchanged neurons are recomputed along the way; the result is that of plain evaluation to rounding.

    Parameters
    ----------
    landscape : NetworkLandscape
        Network and data.
    origin : array (dim,) or (K, dim)
        Networks w; ``n_trials`` trials for each.
    swaps : int or integer array (S,)
        Numbers of pairs, 0 ... M/2 for a layer of M neurons, in any order. The sets of pairs are nested
        within a trial.
    alphas : float or array (A,)
        Places on the line, increasing, 0 at the network and 1 at its copy. Both ends are always evaluated.
    n_trials : int
        Random choices of pairs for each origin. Trial r of origin k is addressed by (seed, k·n_trials + r).
    layer : int
        Hidden layer, counted from 0.
    seed : int
        64-bit seed.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    SwapInterpolation

    Raises
    ------
    ArgumentError
        Not a network, no hidden layer, a layer that is not there, S above M/2 or below 0, no trials.

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((64, 8, 10))
    >>> landscape = sl.NetworkLandscape(network, "digits")
    >>> swap = sl.swap_interpolation(landscape, network.initialize(1)[0], [0, 4], [0, 0.5, 1], n_trials=3)
    >>> swap.values.shape
    (2, 3, 3)
    >>> float(swap.barrier_mean[0])  # no pair is exchanged
    0.0
    """
    exchanges = inputs.a_landscape(landscape).swaps(layer)
    counts = _swaps(swaps, exchanges.width)
    at = inputs.ascending("alphas", alphas)
    n_trials = checks.integer("n_trials", n_trials, minimum=1)
    checks.room("n_trials", n_trials, 4 * 8 * n_trials * counts.size * at.size)
    seed = rng.seed64("seed", seed)
    starts = inputs.origins(landscape, origin)
    # Both ends are those of one network, but the copy's sums are rounded in another order.
    every = np.union1d(with_ends(at)[0], [])
    increasing, place = np.unique(counts, return_inverse=True)
    plan = _Plan(starts, increasing, every, n_trials, exchanges.layer, seed)
    size, total = exchanges.trials_at_once(len(increasing), len(every)), len(starts) * n_trials
    trials = over(_trials, landscape, total, executor, plan, description="neuron swaps", size=size)
    values, accuracy = (np.ascontiguousarray(np.moveaxis(part, 1, 0)[place]) for part in gathered(total, trials))
    chosen, outer = np.searchsorted(every, at), np.searchsorted(every, every[with_ends(every)[2]])
    arguments = {"origin": starts, "swaps": counts, "alphas": at, "n_trials": n_trials, "layer": exchanges.layer}
    return SwapInterpolation(
        swaps=counts,
        alphas=at,
        values=values[..., chosen],
        accuracy=accuracy[..., chosen],
        layer=exchanges.layer,
        width=exchanges.width,
        origin_index=np.repeat(np.arange(len(starts)), n_trials),
        ends=values[..., outer],
        **quantity_of(landscape),
        provenance=record_on(landscape, "swap_interpolation", arguments, seed=seed),
    )


@dataclass(frozen=True)
class _Plan:
    """Checked arguments: ``starts`` (K, dim), rising ``swaps`` (S,), ``alphas`` (A,)."""

    starts: NDArray[Any]
    swaps: NDArray[np.int64]
    alphas: NDArray[np.float64]
    n_trials: int
    layer: int
    seed: int


def _trials(
    landscape: Landscape, rows: NDArray[np.int64], plan: _Plan, *, advance: Advance
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values and accuracies (R, S, A) of some trials."""
    exchanges = landscape.swaps(plan.layer)
    values = np.empty((len(rows), len(plan.swaps), len(plan.alphas)))
    accuracy = np.empty_like(values)
    origins = rows // plan.n_trials
    for k in np.unique(origins):
        own = origins == k
        pairs = swap_pairs(plan.seed, plan.layer, rows[own], int(plan.swaps[-1]), exchanges.width)
        values[own], accuracy[own] = exchanges.losses(plan.starts[k], pairs, plan.swaps, plan.alphas)
        advance(len(pairs))
    return values, accuracy
