"""The machine: what it is, and the peaks that an operation is measured against."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np

from spinland import provenance

from . import cards
from .cards import CARD32, CARD64, COPY

_PACKAGES = ("numpy", "scipy", "numba", "fastcluster", "torch", "jax", "loss-landscapes", "curvlinops-for-pytorch")

#: What can be measured against, with units.
FMA32, FMA64 = "float32 FMA, GFLOP/s", "float64 FMA, GFLOP/s"
GEMM32, GEMM64 = "float32 matrix product, GFLOP/s", "float64 matrix product, GFLOP/s"
READ = "reading memory, GB/s"

#: What takes the place of a peak of the cores on a card.
ON_A_CARD = {FMA32: CARD32, GEMM32: CARD32, FMA64: CARD64, GEMM64: CARD64, READ: COPY}


def description(device: str = "cpu") -> dict[str, Any]:
    """Processor, caches, cores, load and the versions of the packages; None for one that is missing.

    Of a card also what it is, its driver and its compilers.
    """
    here = {
        "processor": _field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "family and model": f"{_field('/proc/cpuinfo', 'cpu family')}, {_field('/proc/cpuinfo', 'model')}",
        "vectors": _vectors(),
        "caches": _caches(),
        "memory GB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {"spinland": _commit() or provenance.version()} | {name: _version(name) for name in _PACKAGES},
    }
    return here if device == "cpu" else here | {"card": cards.description(device)}


def _field(path: str, name: str) -> str | None:
    try:
        lines = Path(path).read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.split(":")[0].strip() == name)
    except (OSError, StopIteration):
        return None


def _vectors() -> str:
    flags = (_field("/proc/cpuinfo", "flags") or "").split()
    return next((name for name in ("avx512f", "avx2", "avx", "sse2") if name in flags), "unknown")


def _caches() -> dict[str, str]:
    found = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            level, kind, size = ((index / name).read_text().strip() for name in ("level", "type", "size"))
        except OSError:
            continue
        found[f"L{level} {kind.lower()}"] = size
    return found


def _commit() -> str | None:
    """Commit of the checkout that this is, with a plus if it holds changes; None elsewhere."""
    here = Path(__file__).parents[1]
    try:
        words = ["git", "-C", str(here), "describe", "--always", "--abbrev=10", "--dirty=+", "--exclude=*"]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip() or None
    except (OSError, subprocess.CalledProcessError):
        return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _best(call: Callable[[], Any], rounds: int) -> float:
    call()
    times = []
    for _ in range(rounds):
        sleep(0.02)
        start = perf_counter()
        call()
        times.append(perf_counter() - start)
    return min(times)


def _chains(lanes: int) -> Any:
    """A compiled function: ``count`` turns of 12 independent chains of fused multiply-adds on one core."""
    from llvmlite import ir
    from numba import extending, njit, prange
    from numba.core import cgutils

    width = 12

    @extending.intrinsic  # type: ignore[untyped-decorator]
    def turns(typingctx: Any, factor: Any, count: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kind = ir.VectorType(args[0].type, lanes)
            place = builder.insert_element(ir.Constant(kind, ir.Undefined), args[0], ir.IntType(32)(0))
            mask = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
            spread = builder.shuffle_vector(place, ir.Constant(kind, ir.Undefined), mask)
            name = f"llvm.fma.v{lanes}{'f64' if isinstance(args[0].type, ir.DoubleType) else 'f32'}"
            fma = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind, kind, kind]), name)
            sums = [cgutils.alloca_once(builder, kind) for _ in range(width)]
            for total in sums:
                builder.store(spread, total)
            with cgutils.for_range(builder, args[1]):
                for total in sums:
                    builder.store(builder.call(fma, [builder.load(total), spread, spread]), total)
            result = builder.load(sums[0])
            for total in sums[1:]:
                result = builder.fadd(result, builder.load(total))
            return builder.extract_element(result, ir.IntType(32)(0))

        return factor(factor, count), code

    @njit(parallel=True)  # type: ignore[untyped-decorator]
    def run(factor: Any, count: Any, out: Any) -> None:
        for core in prange(out.shape[0]):
            out[core] = turns(factor, count)

    def flops(count: int, cores: int) -> float:
        return 2.0 * width * lanes * count * cores

    return run, flops


def _fma(dtype: str, quick: bool) -> float:
    """GFLOP/s of fused multiply-adds on all cores."""
    import numba

    size = 64 if _vectors() == "avx512f" else 32
    run, flops = _chains(size // np.dtype(dtype).itemsize)
    cores, count = numba.get_num_threads(), 10_000 if quick else 5_000_000
    out = np.empty(cores, dtype)
    factor = out.dtype.type(0.5)
    return 1e-9 * flops(count, cores) / _best(lambda: run(factor, count, out), 3 if quick else 15)


def _reading(quick: bool) -> float:
    """GB/s of reading an array beyond the caches on all cores."""
    import numba
    from numba import njit, prange

    @njit(parallel=True, fastmath=True)  # type: ignore[untyped-decorator]
    def read(x: Any, out: Any) -> None:
        size = x.shape[0] // (8 * out.shape[0])
        for part in prange(out.shape[0]):
            streams = x[8 * part * size : 8 * (part + 1) * size].reshape((8, size))
            total = x[0] * 0
            for i in range(size):
                for k in range(8):
                    total += streams[k, i]
            out[part] = total

    x = np.ones(1 << (20 if quick else 27), np.float32)
    out = np.empty(numba.get_num_threads(), np.float32)
    rounds = 3 if quick else 11
    streams = x.nbytes / _best(lambda: read(x, out), rounds)
    # A product of a matrix and a vector does little but read, and libraries do it well.
    matrix = x.reshape(-1, 1024)
    vector, product = matrix[0].copy(), np.empty(len(matrix), np.float32)
    return 1e-9 * max(streams, x.nbytes / _best(partial(np.matmul, matrix, vector, out=product), rounds))


def _products(dtype: str, quick: bool) -> float:
    """GFLOP/s of a square matrix product by the better of NumPy's and SciPy's BLAS."""
    from scipy.linalg import blas

    size, rounds = (256, 3) if quick else (3072, 5)
    a = np.asfortranarray(np.ones((size, size), dtype))
    b, c = a.copy(order="F"), np.empty_like(a)
    multiply = blas.sgemm if dtype == "float32" else blas.dgemm
    seconds = [
        _best(partial(np.matmul, a, b, out=c), rounds),
        _best(partial(multiply, 1, a, b, c=c, overwrite_c=1), rounds),
    ]
    return 2e-9 * size**3 / min(seconds)


def peaks(quick: bool, device: str = "cpu") -> dict[str, float]:
    """What the machine can do at most, on all cores; best of several rounds. Of a card, what CuPy reaches there."""
    if device != "cpu":
        rounds = 3 if quick else 15
        return {name: 1e-9 * amount / _best(call, rounds) for name, amount, call in cards.yardsticks(device, quick)}
    return {
        FMA32: _fma("float32", quick),
        FMA64: _fma("float64", quick),
        GEMM32: _products("float32", quick),
        GEMM64: _products("float64", quick),
        READ: _reading(quick),
    }
