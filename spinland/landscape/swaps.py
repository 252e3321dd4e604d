"""The loss between a network and its copies with hidden neurons exchanged."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spinland_kernels.networks import Exchanges

from .. import budget, checks
from ..errors import ArgumentError
from ..machines import operation
from .samples import Samples


class NeuronSwaps:
    """Networks whose neurons of one hidden layer are exchanged in pairs, and the ways to these copies.

    The copy computes the same function. Only the exchanged neurons are recomputed on the way.

    Parameters
    ----------
    samples : Samples
        What the loss is averaged over, for which network, and where.
    layer : int
        Hidden layer, counted from 0.

    Raises
    ------
    ArgumentError
        A network without hidden layers, or no such layer.
    """

    def __init__(self, samples: Samples, layer: int):
        network = samples.network
        if network.n_hidden_layers == 0:
            raise ArgumentError("landscape", "a network with a hidden layer", network)
        self.layer = checks.integer("layer", layer, minimum=0, maximum=network.n_hidden_layers - 1)
        self.width = network.widths[self.layer + 1]
        self._samples = samples

    def trials_at_once(self, n_swaps: int, n_alphas: int) -> int:
        """How many trials one call should have at most, for the memory that it takes; no bit depends on it."""
        tiles = self._samples.prepared("swap").tiles
        return budget.fitting(budget.SWAP_SUMS, 2 * 8 * tiles * n_swaps * n_alphas)

    def losses(
        self, origin: NDArray[Any], pairs: NDArray[np.int64], swaps: NDArray[np.int64], alphas: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean loss and accuracy of (1 − α) w + α P w, each (R, S, A).

        Parameters
        ----------
        origin : array (dim,)
            The network w, in the float type of the landscape.
        pairs : integer array (R, 2P)
            Exchanged neurons of each trial: columns 2p and 2p + 1 are pair p.
        swaps : integer array (S,)
            Rising numbers of pairs; the first S of a trial are exchanged.
        alphas : array (A,)
            Places on the way: 0 is the network, 1 its copy.
        """
        samples = self._samples
        exchanges = Exchanges(self.layer, pairs, swaps, alphas)
        loss, accuracy = operation("swap", samples.device).losses(
            samples.compress(origin), exchanges, samples.architecture, samples.prepared("swap")
        )
        return loss, accuracy
