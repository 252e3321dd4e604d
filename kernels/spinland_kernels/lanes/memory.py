"""Memory whose rows begin where a cache line does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..vectors import BYTES


def aligned(rows: int, size: int, dtype: DTypeLike) -> NDArray[Any]:
    """Array (rows, ≥ size) whose rows begin at whole vectors: one that straddles two cache lines costs twice."""
    kind = np.dtype(dtype)
    lanes = BYTES // kind.itemsize
    stride = -(-size // lanes) * lanes
    memory = np.empty(rows * stride + lanes, kind)
    skip = -memory.ctypes.data % BYTES // kind.itemsize
    return memory[skip : skip + rows * stride].reshape(rows, stride)
