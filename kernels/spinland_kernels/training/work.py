"""What a launch of the training brings along: lists of the samples, and workspaces.

Workspaces of a worker, for a batch of T samples; T' and M' are filled up to whole vectors (:mod:`.columns`):

    order      the samples of an epoch: n
    x          T' × D'            the batch as rows, where the samples are dense
    labels     T                  targets   T × k          whichever there are
    acts       | inputs: D' × T' | layer 1: M_1' × T' | … | outputs: k' × T' |        as columns
    turned     T' × widest'       activations or derivatives of one layer as rows, or in panels
    deltas     | widest' × T' | widest' × T' |             derivatives of two layers in turn, as columns
    gradient   of a part of a layer: PART numbers, or a row, or a bias
    scratch    SCRATCH × T'       see :mod:`..mlp.scores`
    rows       lists of the batch by sample       columns    by input, in parts of PART samples
    tile       PART × columns of a block

Where the samples are sparse the inputs are lists, and ``acts`` begins with layer 1.

Of all workers together each has one axis more in front.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from ..jit import block
from ..lanes import panels
from ..mlp.scores import SCRATCH
from ..networks import Batches, Network, Replicas, Samples
from ..sparse.lists import DENSE_TRAINING, Nonzeros, is_sparse, lists_of, no_lists
from ..vectors import aligned
from .blocks import State
from .columns import PART as PART_OF_GRADIENT
from .lists import INPUTS, PART


class Prepared(NamedTuple):
    """Samples made ready for this machine.

    Attributes
    ----------
    samples : Samples
        As they were given.
    lists : Nonzeros
        By sample; without blocks where the samples are dense.
    """

    samples: Samples
    lists: Nonzeros


class Buffers(NamedTuple):
    """Workspaces as drawn above but for the lists; those that are not used are empty."""

    order: NDArray[np.int64]
    x: NDArray[Any]
    labels: NDArray[np.int64]
    targets: NDArray[Any]
    acts: NDArray[Any]
    turned: NDArray[Any]
    deltas: NDArray[Any]
    gradient: NDArray[Any]
    scratch: NDArray[Any]
    tile: NDArray[Any]


class Work(NamedTuple):
    """Workspaces of one worker. Of all workers the parts go separately: parallel loops take no tuples of tuples."""

    buffers: Buffers
    rows: Nonzeros
    columns: Nonzeros


def prepared_of(samples: Samples) -> Prepared:
    """Samples and their lists."""
    x = samples.x
    return Prepared(samples, lists_of(x) if is_sparse(x, DENSE_TRAINING) else no_lists(x.dtype))


def _lists_of_workers(workers: int, rows: int, data: Prepared) -> tuple[Nonzeros, Nonzeros]:
    """Room for lists of a batch, by sample and by input."""
    whole, dtype = data.lists, data.samples.x.dtype
    blocks = whole.starts.shape[0]
    longest = int(np.diff(whole.starts).sum(axis=0).max()) if blocks else -1
    most = rows * longest + 1  # one more: a number that turns out to be zero is written, too
    parts, inputs = (-(-rows // PART), data.samples.x.shape[1]) if blocks else (0, 0)

    def room(n: int, length: int, columns: int) -> Nonzeros:
        return Nonzeros(
            aligned(workers, max(0, most), dtype),
            aligned(workers, max(0, most), np.uint16),
            np.empty((workers, n, length + 1), np.int64),
            columns,
        )

    return room(blocks, rows, whole.columns), room(parts, inputs, PART)


def make_work(
    replicas: Replicas, batches: Batches, network: Network, data: Prepared
) -> tuple[Buffers, Nonzeros, Nonzeros]:
    """Workspaces for as many workers as are of use, and room for the lists of their batches."""
    x, labels, targets = data.samples[:3]
    n, rows, listed = x.shape[0], min(batches.size, x.shape[0]), data.lists.starts.shape[0] > 0
    workers = min(numba.get_num_threads(), replicas.points.shape[0])
    wide, *widths = (panels.padded(int(width), x.itemsize) for width in (rows, *network.widths))
    widest = max(widths[1:])
    by_sample, by_input = _lists_of_workers(workers, rows, data)
    buffers = Buffers(
        np.empty((workers, n), np.int64),
        aligned(workers, 0 if listed else wide * widths[0], x.dtype),
        np.empty((workers, rows if labels.size else 0), np.int64),
        np.empty((workers, rows if targets.size else 0, network.widths[-1]), x.dtype),
        aligned(workers, wide * sum(widths[1 if listed else 0 :]), x.dtype),
        aligned(workers, wide * widest, x.dtype),
        aligned(workers, 2 * wide * widest, x.dtype),
        aligned(workers, max(PART_OF_GRADIENT, INPUTS * panels.lanes_of(0, widths[1], x.itemsize), *widths), x.dtype),
        aligned(workers, SCRATCH * wide, x.dtype),
        aligned(workers, PART * data.lists.columns if listed else 0, x.dtype),
    )
    for filling in (buffers.x, buffers.acts):
        filling.fill(0)  # what fills up a vector is multiplied with, and never read
    return buffers, by_sample, by_input


def make_panels(replicas: Replicas, network: Network, data: Prepared) -> State:
    """Room for the first weights and their moments in panels, empty where the samples are dense.

    A row for the bias follows, which a product begins with.
    """
    x, widths = data.samples.x, network.widths
    row = panels.padded(int(widths[1]), x.itemsize) if data.lists.starts.shape[0] else 0
    size, vectors = (int(widths[0]) + 1) * row, (replicas.points, replicas.first, replicas.second)
    state = State(*(aligned(len(v), size if v.size else 0, x.dtype) for v in vectors))
    state.point[:, size - row :] = 0
    return state


@block
def _lists_of_worker(lists, w):
    return Nonzeros(lists.values[w], lists.places[w], lists.starts[w], lists.columns)


@block
def of_worker(buffers, rows, columns, w):
    """The workspaces of worker ``w``."""
    b = buffers
    own = Buffers(
        b.order[w],
        b.x[w],
        b.labels[w],
        b.targets[w],
        b.acts[w],
        b.turned[w],
        b.deltas[w],
        b.gradient[w],
        b.scratch[w],
        b.tile[w],
    )
    return Work(own, _lists_of_worker(rows, w), _lists_of_worker(columns, w))


@block
def of_replica(state, r):
    """Parameters and moments of replica ``r``."""
    return State(state.point[r], state.first[r], state.second[r])
