"""What a launch of the slice kernel brings along: the family made ready, and workspaces.

Samples lie in lanes, the numbers of one vector: a tile of T samples is ``sets`` sets of ``lanes``, and the last set is
filled up. K directions and the origin are n = K + 1 vectors. Workspaces of a worker:

    products   M_1 × T                     first layer's pre-activations of one vector, as the library leaves them
    z          | set 0: n rows | set 1: n rows | …            a row is M_1 × lanes
    later      | point 0: size | point 1: size | …            parameters after the first layer of a group of points
    acts       | UNITS × lanes | h of each point: widest × lanes | one to spare |
    out        | point 0: k × step | point 1: k × step | …    outputs; step = sets · lanes
    scratch    3 × step                                       see :func:`..mlp.columns.score`

A layer of ``later``, (out, in), lies in groups of up to ROWS rows, nearly equal, each transposed; then its bias:

    | W[0:6, 0], W[0:6, 1], … | W[6:11, 0], W[6:11, 1], … | b |      11 rows in two groups

Of all workers together each has one axis more in front.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from ..jit import block
from ..mlp import layers
from ..networks import Network, Samples
from ..vectors import BYTES, ROWS

#: Hidden units combined at once: they and their sources fit a core's first cache, for one set of lanes.
UNITS = 64


class Prepared(NamedTuple):
    """An affine family and the samples made ready for this machine.

    Attributes
    ----------
    vectors : float array (n, dim)
        The origin and the directions.
    tails : float array (n, size)
        Their parameters after the first layer, packed as drawn above.
    samples : Samples
        What the loss is averaged over.
    """

    vectors: NDArray[Any]
    tails: NDArray[Any]
    samples: Samples


class Cut(NamedTuple):
    """How the work is cut; a function of shapes alone.

    Attributes
    ----------
    tile : int
        Samples in a tile.
    points : int
        Points in a block, which share the pre-activations of a tile.
    group : int
        Points that share one reading of these.
    """

    tile: int
    points: int
    group: int


class Work(NamedTuple):
    """Workspaces as drawn above."""

    products: NDArray[Any]
    z: NDArray[Any]
    later: NDArray[Any]
    acts: NDArray[Any]
    out: NDArray[Any]
    scratch: NDArray[Any]


def cut_of(network: Network, prepared: Prepared) -> Cut:
    """Tiles of at most 256 samples: so many that combining the later parameters costs little for each.

    Blocks of so many points that the pre-activations add little to the cost of each; groups whose later parameters
    stay in a core's cache.
    """
    later = max(1, prepared.tails.shape[1])
    return Cut(
        layers.tile_rows(prepared.samples.x.shape[0]),
        int(min(4096, max(64, 4 * network.widths[0]))),
        int(min(8, max(1, 65536 // later))),
    )


def packed(vectors: NDArray[Any], network: Network) -> NDArray[Any]:
    """Parameters (n, size) of the layers after the first, packed as drawn above; zeros where there is no bias."""
    widths, bias = [int(width) for width in network.widths], network.bias
    parts = []
    at = widths[1] * (widths[0] + bias)
    for fan_in, fan_out in pairwise(widths[1:]):
        weight = vectors[:, at : at + fan_out * fan_in].reshape(-1, fan_out, fan_in)
        at += fan_out * fan_in
        row = 0
        for left in range(-(-fan_out // ROWS), 0, -1):
            rows = -(-(fan_out - row) // left)
            parts.append(weight[:, row : row + rows].transpose(0, 2, 1).reshape(len(vectors), -1))
            row += rows
        parts.append(vectors[:, at : at + fan_out] if bias else np.zeros_like(vectors[:, :fan_out]))
        at += fan_out if bias else 0
    return np.concatenate(parts, axis=1) if parts else vectors[:, :0]


def make_work(items: int, network: Network, prepared: Prepared, cut: Cut) -> Work:
    """Workspaces for as many workers as are of use."""
    dtype, widths = prepared.samples.x.dtype, network.widths
    workers = min(numba.get_num_threads(), max(1, items))
    lanes = BYTES // dtype.itemsize
    sets = -(-min(cut.tile, prepared.samples.x.shape[0]) // lanes)
    n, size = prepared.tails.shape
    return Work(
        np.empty((workers, widths[1] * sets * lanes), dtype),
        np.empty((workers, sets * n, widths[1] * lanes), dtype),
        np.empty((workers, cut.group * size), dtype),
        np.empty((workers, (UNITS + (cut.group + 1) * layers.widest(widths)) * lanes), dtype),
        np.empty((workers, cut.group * widths[-1] * sets * lanes), dtype),
        np.empty((workers, 3 * sets * lanes), dtype),
    )


@block
def of_worker(work, w):
    """The workspaces of worker ``w``."""
    return Work(work.products[w], work.z[w], work.later[w], work.acts[w], work.out[w], work.scratch[w])
