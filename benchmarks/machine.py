"""The machine: what it is, and the peaks that an operation is measured against."""

from __future__ import annotations

import os
import platform
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any

import numba
import numpy as np
from numba import prange

_PACKAGES = ("spinland", "numpy", "scipy", "numba", "torch")


def description() -> dict[str, Any]:
    """Processor, cores, load and the versions of the packages; None for one that is missing."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": numba.config.NUMBA_NUM_THREADS,
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


@numba.njit(parallel=True, fastmath=True)
def _read(x: Any, out: Any) -> None:
    size = x.shape[0] // out.shape[0]
    for part in prange(out.shape[0]):
        total = x[0]
        for i in range(part * size, (part + 1) * size):
            total += x[i]
        out[part] = total


def _best(call: Any, rounds: int) -> float:
    call()
    times = []
    for _ in range(rounds):
        start = perf_counter()
        call()
        times.append(perf_counter() - start)
    return min(times)


def peaks(quick: bool) -> dict[str, float]:
    """GFLOP/s of a square matrix product in both float types, GB/s of reading an array beyond the caches."""
    size, rounds = (256, 3) if quick else (2048, 7)
    found = {}
    for name in ("float32", "float64"):
        a = np.ones((size, size), name)
        b, c = a.copy(), np.empty_like(a)
        found[f"{name} GFLOP/s"] = 2e-9 * size**3 / _best(partial(np.matmul, a, b, out=c), rounds)
    x, out = np.ones(1 << (20 if quick else 26)), np.empty(64)
    found["read GB/s"] = 1e-9 * x.nbytes / _best(lambda: _read(x, out), rounds)
    return found
