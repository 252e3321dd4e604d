"""Cost of our contender against one of its arguments."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from . import worker
from .compare import Scaling
from .processes import Process


@dataclass
class Measured:
    """Cost against size: seconds (values,) and the slope of log(seconds) against log(size) over the larger half."""

    name: str
    axis: str
    values: list[int]
    seconds: list[float]
    arguments: dict[str, Any]  # that stayed the same
    slope: float
    fitted: int  # index of the first size that the slope was fitted to

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure(scaling: Scaling, threads: int, calls: int = 5) -> Measured:
    """Time our contender at each size, all in one process: the best of so many calls."""
    process = Process(
        worker.sweep, threads, scaling.factory, scaling.arguments, scaling.argument, list(scaling.values), calls
    )
    try:
        seconds = [float(process.receive()) for _ in scaling.values]
    finally:
        process.end()
    half = min(len(seconds) // 2, max(0, len(seconds) - 3))
    logs = np.log(np.array(scaling.values[half:], float)), np.log(seconds[half:])
    slope = float(np.polyfit(*logs, 1)[0]) if len(seconds) > 1 else float("nan")
    return Measured(scaling.name, scaling.axis, list(scaling.values), seconds, scaling.arguments, slope, half)
