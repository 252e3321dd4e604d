"""Leading eigenvalues, trace and spectral density of the Hessian of a network's loss.

Peers are algorithms, written here in PyTorch on products by double backward: those of PyHessian (Yao et al.,
arXiv:1912.07145: power iteration with deflation, Hutchinson's trace, Lanczos quadrature with full reorthogonalisation)
and of curvlinops (SciPy's ``eigsh`` on a linear operator). Each is stopped by its own rule; ours, whose residuals are
below 2e-5 of the largest eigenvalue, by a stricter one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import spinland as sl

from . import network
from .compare import BOTH, Contender, Operation, Scaling, in_threads
from .images import source

_HERE = "benchmarks.curvature:"
_PAIRS, _PRODUCTS, _PROBES, _STEPS = 10, 60, 8, 40
_ITERATIONS, _CHANGE = 100, 1e-3  # PyHessian's: of power iteration at most, and at which it ends


def operations(quick: bool) -> list[Operation]:
    """One large network, after a little training."""
    same: dict[str, Any] = {"data": "images", "n": 500 if quick else 10_000, "hidden": 32 if quick else 512}
    work = f"784-{same['hidden']}-10, {same['n']} samples ({source()}), float32"
    ours = "XTrace against Hutchinson's trace: they differ by the errors of both"
    return [
        _operation("leading eigenvalues", f"{_PAIRS} of {work}", "eigenvalues", same, 0.02, ("PyTorch", "SciPy")),
        _operation("trace of the Hessian", f"{_PRODUCTS} products, {work}", "trace", same, 0.5, ("PyTorch",), ours),
        _operation(
            "spectral density",
            f"{_PROBES} probes of {_STEPS} steps, {work}",
            "density",
            same,
            0.5,
            ("PyTorch",),
            "compared by their means; ours takes 16 extreme eigenvalues out first, which is part of its time",
        ),
    ]


def scaling(quick: bool) -> list[Scaling]:
    """Cost of the leading eigenvalues against the samples."""
    sizes = (100, 200) if quick else (1000, 2500, 5000, 10_000)
    same = {"data": "images", "hidden": 32 if quick else 128}
    return [Scaling("leading eigenvalues", "samples", f"{_HERE}spinland_eigenvalues", "n", sizes, same, BOTH)]


def _operation(
    name: str, work: str, of: str, same: dict[str, Any], tolerance: float, peers: tuple[str, ...], remark: str = ""
) -> Operation:
    ways = {"PyTorch": "as PyHessian", "SciPy": "eigsh, as curvlinops"}
    factories = {"PyTorch": f"torch_{of}", "SciPy": f"scipy_{of}"}
    others = [
        Contender(peer, _HERE + factories[peer], same, ways[peer], needs="torch", machines=BOTH) for peer in peers
    ]
    return Operation(
        name,
        work,
        Contender("spinland", f"{_HERE}spinland_{of}", same, machines=BOTH),
        tuple(one for peer in others for one in in_threads(peer)),
        dict.fromkeys(peers, 3.0),
        tolerance,
        rounds=3,
        remark=remark,
    )


@cache
def _point(data: str, n: int, hidden: int) -> Any:
    """A network after some steps of training, where its Hessian has outliers."""
    x, y = network.samples(data, n)
    shape = sl.ReLUNetwork((x.shape[1], hidden, 10))
    run = sl.train(shape, (x, y, x[:10], y[:10]), 1, sl.SGD(0.1), 50, 2, seed=5, evaluate="none")
    return np.array(run.params[0])


def spinland_eigenvalues(data: str, n: int, hidden: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours."""
    landscape, point = network.landscape(data, n, hidden, device), _point(data, n, hidden)
    return lambda: sl.eigenpairs(landscape, point, _PAIRS).values


def spinland_trace(data: str, n: int, hidden: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours."""
    landscape, point = network.landscape(data, n, hidden, device), _point(data, n, hidden)
    return lambda: np.array([sl.hessian_trace(landscape, point, _PRODUCTS).value])


def spinland_density(data: str, n: int, hidden: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours."""
    landscape, point = network.landscape(data, n, hidden, device), _point(data, n, hidden)
    return lambda: np.array([sl.spectral_density(landscape, point, _PROBES, _STEPS).mean])


def _torch_product(data: str, n: int, hidden: int, device: str) -> tuple[Any, Any]:
    """A product with the Hessian by double backward, and the point."""
    import torch

    x, y = network.torch_samples(data, n, device)
    at = torch.from_numpy(_point(data, n, hidden)).to(x.device).requires_grad_()
    (gradient,) = torch.autograd.grad(network.torch_loss(at, x, y, hidden), at, create_graph=True)

    def product(vector: Any) -> Any:
        return torch.autograd.grad(gradient, at, vector, retain_graph=True)[0]

    return product, at.detach()


def torch_eigenvalues(data: str, n: int, hidden: int, device: str = "cpu") -> Callable[[], Any]:
    """Power iteration, each vector orthogonal to those before it."""
    import torch

    def call() -> Any:
        torch.manual_seed(0)
        product, at = _torch_product(data, n, hidden, device)
        values: list[float] = []
        vectors: list[Any] = []
        while len(values) < _PAIRS:
            v, value = torch.randn_like(at), None
            for _ in range(_ITERATIONS):
                for other in vectors:
                    v = v - (v @ other) * other
                v = v / v.norm()
                multiplied = product(v)
                before, value = value, float(multiplied @ v)
                v = multiplied / multiplied.norm()
                if before is not None and abs(value - before) / (abs(value) + 1e-6) < _CHANGE:
                    break
            values.append(float(value or 0.0))
            vectors.append(v)
        return np.sort(np.array(values))[::-1]

    return call


def scipy_eigenvalues(data: str, n: int, hidden: int, device: str = "cpu") -> Callable[[], Any]:
    """ARPACK on a linear operator."""
    import torch
    from scipy.sparse.linalg import LinearOperator, eigsh

    def call() -> Any:
        product, at = _torch_product(data, n, hidden, device)

        def multiply(vector: Any) -> Any:
            return product(torch.from_numpy(np.asarray(vector, np.float32).ravel()).to(at.device)).cpu().numpy()

        size = at.shape[0]
        operator = LinearOperator((size, size), matvec=multiply, dtype=np.float32)
        start = np.random.default_rng(0).normal(size=size).astype(np.float32)
        return eigsh(operator, _PAIRS, which="LA", return_eigenvectors=False, v0=start)[::-1].astype(np.float64)

    return call


def torch_trace(data: str, n: int, hidden: int, device: str = "cpu") -> Callable[[], Any]:
    """Hutchinson's estimate with signs."""
    import torch

    def call() -> Any:
        torch.manual_seed(0)
        product, at = _torch_product(data, n, hidden, device)
        found = []
        for _ in range(_PRODUCTS):
            v = torch.randint_like(at, 2) * 2 - 1
            found.append(float(product(v) @ v))
        return np.array([np.mean(found)])

    return call


def torch_density(data: str, n: int, hidden: int, device: str = "cpu") -> Callable[[], Any]:
    """Lanczos quadrature, every vector orthogonalised to all before it; the mean of its nodes."""
    import torch

    def call() -> Any:
        torch.manual_seed(0)
        product, at = _torch_product(data, n, hidden, device)
        means = []
        for _ in range(_PROBES):
            v = torch.randint_like(at, 2) * 2 - 1
            basis, diagonal, beside = [v / v.norm()], [], []
            for _ in range(_STEPS):
                after = product(basis[-1])
                diagonal.append(float(after @ basis[-1]))
                for other in basis:
                    after = after - (after @ other) * other
                beside.append(float(after.norm()))
                basis.append(after / after.norm())
            matrix = np.diag(diagonal) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1)
            nodes, inner = np.linalg.eigh(matrix)
            means.append(float(nodes @ inner[0] ** 2))
        return np.array([np.mean(means)])

    return call
