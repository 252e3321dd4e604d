"""What a launch brings along beside the workspaces of the training (:mod:`..training.work`).

The first layer of sparse samples lies in panels, those of a point, its gradient, the control vectors and their
moments; where the samples are dense they are empty:

    path      controls (R, V, size)   first (R, F, size)   second (R, F, size)      panels of the first weight
    worker    point (dim)   gradient (dim)   and the same in panels   passed (PART)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..lanes import panels
from ..networks import Network, Paths
from ..training.work import Prepared
from ..vectors import aligned
from .blocks import PART


class Room(NamedTuple):
    """Workspaces as drawn above, for all workers."""

    controls: NDArray[Any]
    first: NDArray[Any]
    second: NDArray[Any]
    point: NDArray[Any]
    gradient: NDArray[Any]
    point_panels: NDArray[Any]
    gradient_panels: NDArray[Any]
    passed: NDArray[Any]


def make_room(paths: Paths, workers: int, network: Network, data: Prepared) -> Room:
    """Room for the panels of all paths, and for the points of the workers."""
    x, (count, vectors, dim), free = data.samples.x, paths.controls.shape, len(paths.free)
    row = panels.padded(int(network.widths[1]), x.itemsize) if data.lists.starts.shape[0] else 0
    size = (int(network.widths[0]) + 1) * row  # a row for the bias follows, which a product begins with

    def room(*shape: int) -> NDArray[Any]:
        return aligned(int(np.prod(shape[:-1])), shape[-1], x.dtype).reshape(*shape[:-1], -1)

    first, second = (room(count, free, size if moment.size else 0) for moment in (paths.first, paths.second))
    made = Room(
        room(count, vectors, size),
        first,
        second,
        room(workers, dim),
        room(workers, dim),
        room(workers, size),
        room(workers, size),
        room(workers, PART),
    )
    for filled in (made.controls, made.first, made.second, made.gradient, made.point_panels, made.gradient_panels):
        filled.fill(0)  # what fills up a panel is multiplied with; a gradient is written over what was there
    return made
