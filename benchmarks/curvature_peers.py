"""What measures the curvature of a network elsewhere: algorithms written here in PyTorch, and curvlinops itself.

Those of PyHessian (Yao et al., arXiv:1912.07145; power iteration with deflation, Hutchinson's trace, Lanczos quadrature
with full reorthogonalisation; its own code asks for functions that PyTorch no longer has) work on products by double
backward, whose first half is kept: the quickest of the ways in :mod:`.derivatives`. SciPy's ``eigsh`` works on the
same. curvlinops has operators of its own, on samples in batches, as many vectors at once as it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from spinland.curvature.operators import hessian_at
from spinland.curvature.quadrature import FIRST

from . import network
from .curvature import PAIRS, PROBES, PRODUCTS, STEPS, point

_ITERATIONS, _CHANGE = 100, 1e-3  # PyHessian's: of power iteration at most, and at which it ends
_BATCH = 1000  # samples that go through curvlinops together


def _product(data: str, n: int, hidden: int, device: str) -> tuple[Any, Any]:
    """A product with the Hessian by double backward, and the point."""
    import torch

    x, y = network.torch_samples(data, n, device)
    at = torch.from_numpy(point(data, n, hidden)).to(x.device).requires_grad_()
    (gradient,) = torch.autograd.grad(network.torch_loss(at, x, y, hidden), at, create_graph=True)

    def product(vector: Any) -> Any:
        return torch.autograd.grad(gradient, at, vector, retain_graph=True)[0]

    return product, at.detach()


def _probes(data: str, n: int, hidden: int, device: str, first: int, count: int) -> Any:
    """The random vectors that ours takes, as tensors."""
    import torch

    landscape = network.landscape(data, n, hidden, "cpu")
    drawn = hessian_at(landscape, point(data, n, hidden)).probes(first, count, 0)
    return torch.from_numpy(drawn.astype(np.float32)).to(device)


def torch_eigenvalues(data: str, n: int, hidden: int, device: str = "cpu") -> Callable[[], Any]:
    """Power iteration, each vector orthogonal to those before it."""
    import torch

    def call() -> Any:
        torch.manual_seed(0)
        product, at = _product(data, n, hidden, device)
        values: list[float] = []
        vectors: list[Any] = []
        while len(values) < PAIRS:
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


def _eigsh(operator: Any) -> Any:
    """The largest eigenvalues of SciPy's operator, by ARPACK."""
    from scipy.sparse.linalg import eigsh

    start = np.random.default_rng(0).normal(size=operator.shape[0]).astype(np.float32)
    return eigsh(operator, PAIRS, which="LA", return_eigenvectors=False, v0=start)[::-1].astype(np.float64)


def scipy_eigenvalues(data: str, n: int, hidden: int, device: str = "cpu") -> Callable[[], Any]:
    """ARPACK on products by double backward."""
    import torch
    from scipy.sparse.linalg import LinearOperator

    def call() -> Any:
        product, at = _product(data, n, hidden, device)

        def multiply(vector: Any) -> Any:
            return product(torch.from_numpy(np.asarray(vector, np.float32).ravel()).to(at.device)).cpu().numpy()

        return _eigsh(LinearOperator((at.shape[0],) * 2, matvec=multiply, dtype=np.float32))

    return call


def torch_trace(data: str, n: int, hidden: int, device: str = "cpu") -> Callable[[], Any]:
    """Hutchinson's estimate."""
    vectors = _probes(data, n, hidden, device, 0, PRODUCTS)

    def call() -> Any:
        product, _ = _product(data, n, hidden, device)
        return np.array([np.mean([float(product(v) @ v) for v in vectors])])

    return call


def torch_density(data: str, n: int, hidden: int, device: str = "cpu") -> Callable[[], Any]:
    """Lanczos quadrature, every vector orthogonalised to all before it; traces of the first three powers."""
    probes = _probes(data, n, hidden, device, FIRST, PROBES)

    def call() -> Any:
        product, at = _product(data, n, hidden, device)
        moments = []
        for v in probes:
            basis, diagonal, beside = [v / v.norm()], [], []
            for _ in range(STEPS):
                after = product(basis[-1])
                diagonal.append(float(after @ basis[-1]))
                for other in basis:
                    after = after - (after @ other) * other
                beside.append(float(after.norm()))
                basis.append(after / after.norm())
            matrix = np.diag(diagonal) + np.diag(beside[:-1], 1) + np.diag(beside[:-1], -1)
            nodes, inner = np.linalg.eigh(matrix)
            moments.append([nodes**k @ inner[0] ** 2 for k in (1, 2, 3)])
        return at.shape[0] * np.mean(moments, axis=0)

    return call


def _operator(data: str, n: int, hidden: int) -> Any:
    """The Hessian as curvlinops has it."""
    import torch
    from curvlinops import HessianLinearOperator

    x, y = network.torch_samples(data, n, "cpu")
    layers = torch.nn.Linear(x.shape[1], hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 10)
    model = torch.nn.Sequential(*layers)
    torch.nn.utils.vector_to_parameters(torch.from_numpy(point(data, n, hidden)), model.parameters())
    batches = list(zip(x.split(_BATCH), y.split(_BATCH), strict=True))
    weights = [one for one in model.parameters() if one.requires_grad]
    return HessianLinearOperator(model, torch.nn.CrossEntropyLoss(), weights, batches, check_deterministic=False)


def curvlinops_eigenvalues(data: str, n: int, hidden: int) -> Callable[[], Any]:
    """ARPACK on its operator."""
    operator = _operator(data, n, hidden).to_scipy()
    return lambda: _eigsh(operator)


def _seeded(function: Callable[[Any, int], Any], data: str, n: int, hidden: int) -> Callable[[], Any]:
    import torch

    operator = _operator(data, n, hidden)

    def call() -> Any:
        torch.manual_seed(0)
        return np.array([float(function(operator, PRODUCTS))])

    return call


def curvlinops_trace(data: str, n: int, hidden: int) -> Callable[[], Any]:
    """Hutchinson's estimate, all vectors at once."""
    from curvlinops import hutchinson_trace

    return _seeded(hutchinson_trace, data, n, hidden)


def curvlinops_xtrace(data: str, n: int, hidden: int) -> Callable[[], Any]:
    """XTrace, half of the vectors at once."""
    from curvlinops import xtrace

    return _seeded(xtrace, data, n, hidden)


def curvlinops_density(data: str, n: int, hidden: int) -> Callable[[], Any]:
    """Lanczos quadrature without reorthogonalisation; the ends of the spectrum are told, not looked for."""
    from curvlinops import lanczos_approximate_spectrum

    operator = _operator(data, n, hidden)
    return lambda: lanczos_approximate_spectrum(operator, STEPS, num_repeats=PROBES, boundaries=(-1.0, 8.0))[1].numpy()
