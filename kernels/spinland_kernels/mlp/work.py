"""What a launch of the network kernels brings along: samples, their lists, and workspaces.

Workspaces of a worker, for a tile of T samples:

    acts       | layer 1: T × M_1 | layer 2: T × M_2 | … | outputs: T × k |      a row for each sample
    deltas     the same places: derivatives of the loss by these
    tangents   the same places: derivatives of ``acts`` along a vector
    r_deltas   the same places: derivatives of ``deltas`` along it
    sums       T rows of a panel of the first layer (see :mod:`..sparse.panels`)
    scores     | outputs as columns: k × T' | 3 × T' |      T' is T filled up to whole vectors, see :mod:`.scores`

``output``, in the passes, is where the outputs begin in ``acts``, and so in the three that are laid out alike.
Of all workers together each has one axis more in front.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from ..jit import block
from ..networks import Network, Samples
from ..sparse import panels
from ..sparse.lists import BLOCK, DENSE_EVALUATION, Nonzeros, is_sparse, lists_of, no_lists
from ..vectors import aligned
from . import layers, scores

_TILE = 256  # samples in a tile of sparse ones, at most: their sums of a panel stay in the second-level cache


class Data(NamedTuple):
    """Samples as the loops take them.

    Attributes
    ----------
    samples : Samples
        As they were given.
    rows, columns : Nonzeros
        Lists by sample, for the product with a weight; by input, for that with a derivative, whose blocks are of
        samples. Without blocks where the samples are dense, or nobody wants them.
    tile : int
        Samples in a tile, a function of the samples alone; a whole number of blocks.
    """

    samples: Samples
    rows: Nonzeros
    columns: Nonzeros
    tile: int


class Prepared:
    """Samples made ready for this machine; lists are made when they are first wanted."""

    def __init__(self, samples: Samples):
        self.samples = samples
        self.sparse = is_sparse(samples.x, DENSE_EVALUATION)

    @property
    def tile(self) -> int:
        """Samples in a tile."""
        tile = layers.tile_rows(self.samples.x.shape[0])
        return min(tile - tile % BLOCK or tile, _TILE) if self.sparse else tile

    @cached_property
    def by_sample(self) -> Nonzeros:
        """Numbers other than zero, sample by sample."""
        x = self.samples.x
        return lists_of(x) if self.sparse else no_lists(x.dtype)

    @cached_property
    def by_input(self) -> Nonzeros:
        """The same, input by input; a tile is a whole number of blocks of samples."""
        x, columns = self.samples.x, min(BLOCK, self.tile)
        return lists_of(x.T, columns) if self.sparse else no_lists(x.dtype, columns)

    @cached_property
    def for_values(self) -> Data:
        """What forward passes read."""
        return Data(self.samples, self.by_sample, no_lists(self.samples.x.dtype), self.tile)

    @cached_property
    def for_derivatives(self) -> Data:
        """What forward and backward passes read."""
        return Data(self.samples, self.by_sample, self.by_input, self.tile)


class Work(NamedTuple):
    """Workspaces as drawn above; those that a pass does not use are empty."""

    acts: NDArray[Any]
    deltas: NDArray[Any]
    tangents: NDArray[Any]
    r_deltas: NDArray[Any]
    sums: NDArray[Any]
    scores: NDArray[Any]


def make_work(items: int, network: Network, data: Data, passes: int) -> Work:
    """Workspaces for as many workers as are of use, with the first ``passes`` of acts, deltas, tangents, r_deltas."""
    x = data.samples.x
    rows = min(data.tile, x.shape[0])
    workers = min(numba.get_num_threads(), max(1, items))
    each = rows * layers.kept(network.widths)
    row = min(panels.widest_row(x.itemsize), panels.padded(network.widths[1], x.itemsize))
    nothing = np.empty((workers, 0), x.dtype)
    acts, deltas, tangents, r_deltas = (
        aligned(workers, each, x.dtype) if number < passes else nothing for number in range(4)
    )
    sums = aligned(workers, rows * row, x.dtype) if data.rows.starts.shape[0] else nothing
    outputs = np.empty((workers, scores.work_size(rows, int(network.widths[-1]))), x.dtype)
    return Work(acts, deltas, tangents, r_deltas, sums, outputs)


@block
def of_worker(work, w):
    """The workspaces of worker ``w``."""
    return Work(work.acts[w], work.deltas[w], work.tangents[w], work.r_deltas[w], work.sums[w], work.scores[w])
