"""What a launch of the swap kernel brings along: exchanges in its own types, samples, and workspaces.

A tile has T samples, a multiple of the lanes; M units of the layer, k of the next, S numbers of swaps, 2P exchanged
units. Workspaces of a worker, rows of a tile:

    z          M × T          pre-activations of the layer
    base       k × T          those of the next layer
    kept       | S_1: k × T | S_2: k × T | …      without what the first S_1, S_2, … pairs contribute
    moving     k × T          what the exchanged units contribute at α
    outgoing   2P × k         weights of what leaves the exchanged units
    factors    2P × k         the same at α, with their sign
    h          2P × lanes     activations of the exchanged units, for one set of lanes
    scratch    3 × T          see :func:`..mlp.columns.score`
    layers     | widest × T | widest × T |        two layers' turn and turn about

Of all workers together each is flat, with one axis in front.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from ..jit import block
from ..mlp import layers as network_layers
from ..networks import Exchanges, Network, Samples
from ..vectors import BYTES

GROUP = 512  # trials in one item: enough that the work per tile is shared


def tile_samples(n_samples: int) -> int:
    """Samples in a tile: at least 16 tiles where there are enough samples, at most 256; a multiple of 32."""
    return int(min(256, max(32, -(-n_samples // 512) * 32)))


class Prepared(NamedTuple):
    """Samples made ready for this machine.

    Attributes
    ----------
    samples : Samples
        As they were given.
    tail : float array (T', D)
        Those of the last tile, if it is not full, with rows of zeros after them: whole vectors.
    tile : int
        Samples in a tile.
    """

    samples: Samples
    tail: NDArray[Any]
    tile: int

    @property
    def tiles(self) -> int:
        """Number of tiles: so many partial sums a launch keeps of each loss."""
        return -(-self.samples.x.shape[0] // self.tile)


class Moves(NamedTuple):
    """Exchanges as the loops take them: ``alphas`` and ``betas`` = 1 − α in the float type of the samples."""

    layer: int
    pairs: NDArray[np.int64]
    swaps: NDArray[np.int64]
    alphas: NDArray[Any]
    betas: NDArray[Any]


class Work(NamedTuple):
    """Workspaces as drawn above."""

    z: NDArray[Any]
    base: NDArray[Any]
    kept: NDArray[Any]
    moving: NDArray[Any]
    outgoing: NDArray[Any]
    factors: NDArray[Any]
    h: NDArray[Any]
    scratch: NDArray[Any]
    layers: NDArray[Any]


def prepared_of(samples: Samples) -> Prepared:
    """Samples, with the last tile filled up."""
    x = samples.x
    tile = tile_samples(len(x))
    rest = x[len(x) - len(x) % tile :]
    lanes = BYTES // x.itemsize
    tail = np.zeros((-(-len(rest) // lanes) * lanes, x.shape[1]), x.dtype)
    tail[: len(rest)] = rest
    return Prepared(samples, tail, tile)


def moves_of(exchanges: Exchanges, dtype: Any) -> Moves:
    """Exchanges in the types of the loops."""
    alphas = np.asarray(exchanges.alphas)
    return Moves(
        int(exchanges.layer),
        np.ascontiguousarray(exchanges.pairs, np.int64),
        np.asarray(exchanges.swaps, np.int64),
        np.asarray(alphas, dtype),
        np.asarray(1 - alphas, dtype),
    )


def make_work(items: int, network: Network, prepared: Prepared, moves: Moves) -> Work:
    """Workspaces for as many workers as are of use."""
    x, widths = prepared.samples.x, network.widths
    rows = prepared.tile if len(x) >= prepared.tile else len(prepared.tail)
    units, k = int(widths[moves.layer + 1]), int(widths[moves.layer + 2])
    workers, moved = min(numba.get_num_threads(), items), moves.pairs.shape[1]
    sizes = (
        units * rows,
        k * rows,
        len(moves.swaps) * k * rows,
        k * rows,
        moved * k,
        moved * k,
        moved * (BYTES // x.itemsize),
        3 * rows,
        2 * network_layers.widest(widths) * rows,
    )
    return Work(*(np.empty((workers, size), x.dtype) for size in sizes))


@block
def of_worker(work, w, network, moves, rows):
    """The workspaces of worker ``w`` for a tile of ``rows`` samples, as matrices where they are drawn as such."""
    units, k = network.widths[moves.layer + 1], network.widths[moves.layer + 2]
    n_swaps, moved = moves.swaps.shape[0], moves.pairs.shape[1]
    return Work(
        network_layers.matrix(work.z[w], 0, units, rows),
        network_layers.matrix(work.base[w], 0, k, rows),
        work.kept[w][: n_swaps * k * rows].reshape((n_swaps, k, rows)),
        network_layers.matrix(work.moving[w], 0, k, rows),
        network_layers.matrix(work.outgoing[w], 0, moved, k),
        network_layers.matrix(work.factors[w], 0, moved, k),
        work.h[w],
        network_layers.matrix(work.scratch[w], 0, 3, rows),
        work.layers[w],
    )
