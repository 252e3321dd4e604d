"""Distances of all pairs of replicas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import spinland as sl

from . import machine
from .compare import BOTH, Bound, Contender, Operation, Scaling, in_threads
from .peers import torch_on

_OURS = "benchmarks.distances:spinland_distances"


def operations(quick: bool) -> list[Operation]:
    """Few long rows, and many shorter ones."""
    return [distances(20, 9000), distances(150, 300)] if quick else [distances(200, 407_050), distances(2000, 101_770)]


def scaling(quick: bool) -> list[Scaling]:
    """Cost against replicas and parameters."""
    replicas = (20, 40) if quick else (100, 200, 400, 800, 1600)
    parameters = (2000, 9000) if quick else (25_000, 50_000, 100_000, 400_000)
    return [
        Scaling("distances", "replicas", _OURS, "n", replicas, {"dim": 20_000}, BOTH),
        Scaling("distances", "parameters", _OURS, "dim", parameters, {"n": 200}, BOTH),
    ]


def _rows(n: int, dim: int) -> Any:
    """Independent rows, as the parameters of trained replicas nearly are, and two that are close."""
    rows = 0.05 * np.random.default_rng(0).standard_normal((n, dim), dtype=np.float32)
    rows[1] = rows[0] + np.float32(1e-3) * rows[1]
    return rows


def spinland_distances(n: int, dim: int, device: str = "cpu") -> Callable[[], Any]:
    """Ours."""
    rows = _rows(n, dim)
    return lambda: sl.distances(rows, condensed=True, device=device)


def scipy_distances(n: int, dim: int, some: int) -> Callable[[], Any]:
    """SciPy's loop in float64 over the first ``some`` rows."""
    from scipy.spatial.distance import pdist

    rows = _rows(n, dim)[:some]
    return lambda: pdist(rows)


def torch_distances(n: int, dim: int, mode: str, device: str = "cpu") -> Callable[[], Any]:
    """PyTorch's cdist, by matrix products or by differences; ``notes``: how far off the close pair is."""
    import torch

    rows = _rows(n, dim)
    tensor = torch.from_numpy(rows).to(torch_on(device))
    upper = np.triu_indices(n, 1)
    exact = float(np.linalg.norm(rows[0].astype(np.float64) - rows[1]))

    def call() -> Any:
        with torch.inference_mode():
            square = torch.cdist(tensor, tensor, compute_mode=mode).cpu().numpy()
        call.notes = {"error of the close pair": abs(float(square[0, 1]) / exact - 1)}  # type: ignore[attr-defined]
        return square[upper]

    return call


def distances(n: int, dim: int) -> Operation:
    """All pairs in float32; SciPy on some of the rows where all would take minutes."""
    same = {"n": n, "dim": dim}
    some = n if n < 1000 else 200
    pairs = n * (n - 1) / 2
    share = some * (some - 1) / 2 / pairs
    scipy = Contender(
        "SciPy pdist",
        "benchmarks.distances:scipy_distances",
        {**same, "some": some},
        share=share,
        compared=some == n,
        tolerance=1e-6,
    )
    by_products = Contender(
        "PyTorch cdist",
        "benchmarks.distances:torch_distances",
        {**same, "mode": "use_mm_for_euclid_dist"},
        setting="products",
        needs="torch",
        machines=BOTH,
    )
    by_differences = Contender(
        "PyTorch cdist, differences",
        "benchmarks.distances:torch_distances",
        {**same, "mode": "donot_use_mm_for_euclid_dist"},
        needs="torch",
        tolerance=1e-4,
        machines=BOTH,
    )
    torch = [*in_threads(by_products), *([by_differences] if n < 1000 else [])]
    return Operation(
        "distances",
        f"all pairs of {n} × {dim} parameters, float32",
        Contender("spinland", _OURS, same, machines=BOTH),
        (scipy, *torch),
        {"SciPy pdist": 20.0, "PyTorch cdist": 1.2},
        2e-3,
        (Bound(machine.GEMM32, 2.0 * pairs * dim), Bound(machine.READ, 4.0 * n * dim)),
        "pair",
        pairs,
        rounds=5 if n < 1000 else 3,
        remark="The matrix product of cdist loses the digits of close pairs: see its note.",
    )
