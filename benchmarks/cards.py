"""The card that a run is on: what it is, and what CuPy's product and copy reach there."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

from spinland_kernels import devices

CARD32, CARD64 = "float32 product of CuPy, GFLOP/s", "float64 product of CuPy, GFLOP/s"
COPY = "copying the card's memory, GB/s"


def number(device: str) -> int:
    """Of the card: 1 for ``"cuda:1"``."""
    return int(device.partition(":")[2] or 0)


def description(device: str) -> dict[str, str]:
    """Device, card, driver and compilers; and CuPy's version, or why there is no yardstick."""
    from spinland_kernels import jit_cuda

    return {
        "device": device,
        "name": jit_cuda.names()[number(device)],
        "driver": "none" if jit_cuda.SIMULATED else _driver(),
        "compiler": devices.compiler(),
        "yardstick": _cupy(device)[1],
    }


def words(card: dict[str, str]) -> str:
    """The same in one line."""
    return f"{card['name']}, driver {card['driver']}, compiled by {card['compiler']}; {card['yardstick']}"


def _driver() -> str:
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        told = subprocess.run(query, check=True, capture_output=True, text=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        told = []
    return told[0] if told else "unknown"


def _cupy(device: str) -> tuple[Any, str]:
    """CuPy and its version; or None, and why."""
    if find_spec("cupy") is None:
        return None, "CuPy is missing"
    try:
        import cupy

        cupy.cuda.Device(number(device)).compute_capability  # noqa: B018  asks the card
    except Exception as problem:  # noqa: BLE001  it says in many ways that it does not fit
        return None, f"CuPy finds no card: {problem}".splitlines()[0]
    return cupy, f"CuPy {cupy.__version__}"


def yardsticks(device: str, quick: bool) -> Iterator[tuple[str, float, Callable[[], Any]]]:
    """Name of a peak, operations or bytes, and the call that does them; nothing where CuPy finds no card.

    Products are exact: CuPy leaves TF32 off where nobody asks for it.
    """
    cupy, _ = _cupy(device)
    if cupy is None:
        return

    def finished(work: Callable[[], Any]) -> None:
        work()
        cupy.cuda.get_current_stream().synchronize()

    with cupy.cuda.Device(number(device)):
        size = 256 if quick else 8192
        for name, dtype in ((CARD32, "float32"), (CARD64, "float64")):
            a, b, c = (cupy.ones((size, size), dtype) for _ in range(3))
            yield name, 2.0 * size**3, partial(finished, partial(cupy.matmul, a, b, out=c))
        del a, b, c
        source, target = (cupy.ones((1 << 16) if quick else (1 << 28), "float32") for _ in range(2))
        yield COPY, 2.0 * source.nbytes, partial(finished, partial(cupy.copyto, target, source))
        del source, target
        cupy.get_default_memory_pool().free_all_blocks()
