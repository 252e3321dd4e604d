"""Work that is nothing but its own overhead: functions of a module, for workers to import."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray


def rows_of(about: Any, rows: NDArray[np.int64], nbytes: int = 8) -> NDArray[np.float32]:
    """Rows of ``nbytes`` bytes each, without any computation."""
    return np.zeros((len(rows), nbytes // 4), np.float32)


def worker_of(about: Any, rows: NDArray[np.int64]) -> int:
    """Which process it is; slow enough that others get their turn."""
    time.sleep(0.05)
    return os.getpid()


def canary(about: Any) -> NDArray[np.float64]:
    """A piece of it."""
    return np.ones(2)
