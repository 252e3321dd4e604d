"""What a launch brings along beside the workspaces of the training (:mod:`..training.work`).

The first layer of sparse samples lies in panels; where the samples are dense these are empty:

    path      vectors (R, V + F + 1, dim)    | control vectors: V | first moments of the free ones: F | 1 to work in |
              second (R, F, dim)             both also in panels of the first weight, (…, size)
    worker    point (dim)                    and in panels (size)

An optimiser without moments has no rows for them, and ``second`` is one number wide.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..lanes import panels
from ..networks import Network, Paths
from ..training.work import Prepared
from ..vectors import aligned


class Room(NamedTuple):
    """Workspaces as drawn above, for all paths and all workers."""

    vectors: NDArray[Any]
    second: NDArray[Any]
    vector_panels: NDArray[Any]
    second_panels: NDArray[Any]
    point: NDArray[Any]
    point_panels: NDArray[Any]


def make_room(paths: Paths, workers: int, network: Network, data: Prepared) -> Room:
    """Room for all paths and for the points of the workers, zero everywhere."""
    x, (count, vectors, dim), free = data.samples.x, paths.controls.shape, len(paths.free)
    row = panels.padded(int(network.widths[1]), x.itemsize) if data.lists.starts.shape[0] else 0
    size = (int(network.widths[0]) + 1) * row  # a row for the bias follows, which a product begins with
    rows = vectors + (free if paths.first.size else 0) + 1

    def room(*shape: int) -> NDArray[Any]:
        made = aligned(int(np.prod(shape[:-1])), shape[-1], x.dtype).reshape(*shape[:-1], -1)
        made.fill(0)  # what fills up a panel is multiplied with
        return made

    second = free, dim if paths.second.size else 1, size if paths.second.size else 1
    return Room(
        room(count, rows, dim),
        room(count, *second[:2]),
        room(count, rows, size),
        room(count, free, second[2]),
        room(workers, dim),
        room(workers, size),
    )
