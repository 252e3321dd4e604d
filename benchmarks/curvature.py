"""Leading eigenvalues, trace and spectral density of the Hessian of a network's loss.

Peers are in :mod:`.curvature_peers`. Each search for eigenvalues is stopped by its own rule; ours, whose residuals are
below 2e-5 of the largest eigenvalue, by a stricter one than PyHessian's. Random vectors of the trace and of the density
are the same for ours and PyTorch, so that results agree but for rounding; curvlinops draws its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import spinland as sl

from . import machine, network
from .compare import BOTH, Bound, Contender, Operation, Scaling, in_threads
from .images import source

_HERE, _PEERS = "benchmarks.curvature:", "benchmarks.curvature_peers:"
PAIRS, PRODUCTS, PROBES, STEPS = 10, 60, 8, 40
_WIDTH = 0.5  # to which eigenvalues are broadened where moments are taken

_AIM = 3.0


def operations(quick: bool) -> list[Operation]:
    """One large network, and a small one, after a little training."""
    large: dict[str, Any] = {"data": "images", "n": 500 if quick else 10_000, "hidden": 32 if quick else 512}
    small: dict[str, Any] = {"data": "digits", "n": 1797, "hidden": 32}
    return [of(same) for same in (large,) + (() if quick else (small,)) for of in (eigenvalues, trace, density)]


def scaling(quick: bool) -> list[Scaling]:
    """Cost of the leading eigenvalues against the samples."""
    sizes = (100, 200) if quick else (1000, 2500, 5000, 10_000)
    same = {"data": "images", "hidden": 32 if quick else 128}
    return [Scaling("leading eigenvalues", "samples", f"{_HERE}spinland_eigenvalues", "n", sizes, same, BOTH)]


def _words(same: dict[str, Any]) -> str:
    inputs, data = (784, source()) if same["data"] == "images" else (64, "digits")
    return f"{inputs}-{same['hidden']}-10, {same['n']} samples ({data}), float32"


def _peer(name: str, of: str, way: str, same: dict[str, Any], **more: Any) -> list[Contender]:
    """A peer with one thread, and with all."""
    needs, machines = ("curvlinops", ("cpu",)) if name.startswith("curvlinops") else ("torch", BOTH)
    return in_threads(Contender(name, _PEERS + of, same, way, needs=needs, machines=machines, **more))


def eigenvalues(same: dict[str, Any]) -> Operation:
    """The ten largest.

    Of the digits' the tenth is nearly as large as a negative one, between which power iteration ends.
    """
    return Operation(
        "leading eigenvalues",
        f"{PAIRS} of {_words(same)}",
        Contender("spinland", f"{_HERE}spinland_eigenvalues", same, machines=BOTH),
        (
            *_peer("PyTorch", "torch_eigenvalues", "as PyHessian", same),
            *_peer("SciPy", "scipy_eigenvalues", "eigsh, backward twice", same, tolerance=1e-4),
            *_peer("curvlinops", "curvlinops_eigenvalues", "eigsh", same, tolerance=1e-4),
        ),
        {"PyTorch": _AIM, "curvlinops": _AIM},
        0.02 if same["data"] == "images" else 0.12,
        rounds=3,
        remark="of SciPy's products ours has one for each pair and twelve more, for certificates and for copies of "
        "eigenvalues that a search from one vector cannot find",
    )


def trace(same: dict[str, Any]) -> Operation:
    """Hutchinson's estimate from the same vectors; XTrace beside it, whose estimate is another."""
    ours = Contender("spinland", f"{_HERE}spinland_trace", {**same, "method": "hutchinson"}, machines=BOTH)
    other = Contender("spinland, XTrace", f"{_HERE}spinland_trace", {**same, "method": "xtrace"}, tolerance=0.5)
    everything, needed = network.operations_of(same["data"], same["n"], same["hidden"], 3 * PRODUCTS, 7 * PRODUCTS)
    return Operation(
        "trace of the Hessian",
        f"{PRODUCTS} products, {_words(same)}",
        ours,
        (
            other,
            *_peer("PyTorch", "torch_trace", "as PyHessian", same),
            *_peer("curvlinops", "curvlinops_trace", "Hutchinson", same, tolerance=0.5),
            *_peer("curvlinops, XTrace", "curvlinops_xtrace", "", same, tolerance=0.5),
        ),
        {"PyTorch": _AIM, "curvlinops": _AIM},
        1e-3,
        (Bound(machine.GEMM32, everything), Bound(machine.FMA32, needed)),
        "product",
        PRODUCTS,
        rounds=3,
        remark="estimates from other vectors differ by the errors of both",
    )


def density(same: dict[str, Any]) -> Operation:
    """Moments of the density from the same probes; with extreme eigenvalues taken out first beside it."""
    ours = Contender("spinland", f"{_HERE}spinland_density", {**same, "extremes": 0}, machines=BOTH)
    way = "16 extreme eigenvalues first"
    return Operation(
        "spectral density",
        f"{PROBES} probes of {STEPS} steps, {_words(same)}",
        ours,
        (
            Contender(f"spinland, {way}", f"{_HERE}spinland_density", {**same, "extremes": 16}, compared=False),
            *_peer("PyTorch", "torch_density", "as PyHessian", same),
            *_peer("curvlinops", "curvlinops_density", "as Papyan", same, compared=False),
        ),
        {"PyTorch": _AIM, "curvlinops": _AIM},
        1e-3,
        unit="product",
        count=PROBES * STEPS,
        rounds=3,
        remark="compared by the traces of H, H² and H³",
    )


@cache
def point(data: str, n: int, hidden: int) -> Any:
    """A network after some steps of training, where its Hessian has outliers."""
    x, y = network.samples(data, n)
    shape = sl.ReLUNetwork((x.shape[1], hidden, 10))
    run = sl.train(shape, (x, y, x[:10], y[:10]), 1, sl.SGD(0.1), 50, 2, seed=5, evaluate="none")
    return np.array(run.params[0])


def spinland_eigenvalues(data: str, n: int, hidden: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours."""
    landscape, at = network.landscape(data, n, hidden, device), point(data, n, hidden)
    return lambda: sl.eigenpairs(landscape, at, PAIRS).values


def spinland_trace(data: str, n: int, hidden: int, method: str, device: str = "cpu") -> Callable[[], Any]:
    """Ours, by one of its methods."""
    landscape, at = network.landscape(data, n, hidden, device), point(data, n, hidden)
    return lambda: np.array([sl.hessian_trace(landscape, at, PRODUCTS, method).value])


def spinland_density(data: str, n: int, hidden: int, extremes: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours; traces of the first three powers of the Hessian from moments of the broadened density."""
    landscape, at = network.landscape(data, n, hidden, device), point(data, n, hidden)

    def call() -> Any:
        found = sl.spectral_density(landscape, at, PROBES, STEPS, n_extremes=extremes, width=_WIDTH)
        first, second, third = (np.trapezoid(found.grid**k * found.density, found.grid) for k in (1, 2, 3))
        return landscape.dim * np.array([first, second - _WIDTH**2, third - 3 * _WIDTH**2 * first])

    return call
