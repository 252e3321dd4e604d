"""What a launch of the network kernels brings along: samples, their lists, and workspaces.

Workspaces of a worker, for a tile of T samples; T' is T filled up to whole vectors, and M'
likewise (panels are drawn in :mod:`..lanes.panels`):

    acts       | layer 1: T × M_1' | layer 2: T × M_2' | … | outputs: T' × k' |     each layer in panels
    deltas     the same places: derivatives of the loss by these
    tangents   the same places: derivatives of ``acts`` along a vector
    r_deltas   the same places: derivatives of ``deltas`` along it
    outputs    k' × T'               the outputs, then the derivative of the loss by them, as columns
    r_outputs  k' × T'               the same along the vector
    scratch    SCRATCH × T'          see :mod:`.scores` and :mod:`.columns`
    one        1                     the factor with which the derivatives of biases are products, too

``output``, in the passes, is where the outputs begin in ``acts``, and so in the three that are laid out alike.
Of all workers together each has one axis more in front.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numba
from numpy.typing import NDArray

from ..jit import block
from ..lanes import panels
from ..networks import Network, Samples
from ..sparse.lists import DENSE_EVALUATION, Nonzeros, is_sparse, lists_of, no_lists
from ..vectors import aligned
from . import scores
from .layers import tile_rows

_BLOCK = 64  # samples in a block of the lists by input: of the widest panels 32 KiB, a first-level cache


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
        tile = tile_rows(self.samples.x.shape[0])
        return tile - tile % _BLOCK or tile

    @cached_property
    def by_sample(self) -> Nonzeros:
        """Numbers other than zero, sample by sample."""
        x = self.samples.x
        return lists_of(x) if self.sparse else no_lists(x.dtype)

    @cached_property
    def by_input(self) -> Nonzeros:
        """The same, input by input; a tile is a whole number of blocks of samples."""
        x, columns = self.samples.x, min(_BLOCK, self.tile)
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
    outputs: NDArray[Any]
    r_outputs: NDArray[Any]
    scratch: NDArray[Any]
    one: NDArray[Any]


def make_work(items: int, network: Network, data: Data, passes: int) -> Work:
    """Workspaces for as many workers as are of use, with the first ``passes`` of acts, deltas, tangents, r_deltas."""
    x = data.samples.x
    workers = min(numba.get_num_threads(), max(1, items))
    wide, *layers = (panels.padded(int(n), x.itemsize) for n in (min(data.tile, len(x)), *network.widths[1:]))
    outputs = wide * layers[-1]
    sizes = (
        *(wide * sum(layers) if number < passes else 0 for number in range(4)),
        outputs,
        outputs if passes > 2 else 0,
        wide * scores.SCRATCH,
        1,
    )
    work = Work(*(aligned(workers, size, x.dtype) for size in sizes))
    work.one.fill(1)
    return work


@block
def of_worker(work, w):
    """The workspaces of worker ``w``."""
    values = work.acts[w], work.deltas[w], work.tangents[w], work.r_deltas[w]
    return Work(*values, work.outputs[w], work.r_outputs[w], work.scratch[w], work.one[w])
