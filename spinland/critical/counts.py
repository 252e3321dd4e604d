"""Numbers of critical points by index, averaged over instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import checks, rng
from ..execution.engines import Executor
from ..execution.rows import listed
from ..landscape.glass import SphericalSpinGlass
from ..landscape.work import over
from ..machines import single_threaded
from ..progress import Advance
from ..provenance import Provenance, record
from ..results import Result
from ..statistics.uncertainty import standard_error
from ..theory.polynomials import complex_critical_points
from .algebra import solvable, solve
from .points import DEFAULT_STARTS, METHODS, collect

_TOGETHER = 1 << 14  # paths that are followed in one call


@dataclass(frozen=True, eq=False, kw_only=True)
class CriticalCounts(Result):
    """Critical points of A independent instances of a glass.

    Attributes
    ----------
    counts : (A, N) int64
        Number of critical points of each index 0 … N−1 in each instance.
    complete : (A,) bool
        Whether the set of an instance is complete, proved or by saturation of the search.
    energy, index, instance : (M,) float64, int64, int64
        Energy per spin, index and instance of each critical point.
    n_spins : int
        Number of spins N.
    order : tuple of int
        Order p, or the orders of the mixture.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {"instance": ("point",), "energy": ("point",), "index": ("point",)}

    counts: NDArray[np.int64]
    complete: NDArray[np.bool_]
    energy: NDArray[np.float64]
    index: NDArray[np.int64]
    instance: NDArray[np.int64]
    n_spins: int
    order: tuple[int, ...]

    @property
    def n_instances(self) -> int:
        """Number of instances A."""
        return len(self.counts)

    @property
    def n_complete(self) -> int:
        """Number of instances whose set is complete."""
        return int(np.sum(self.complete))

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean number by index, (N,), over all instances; an incomplete one makes it too small."""
        return np.asarray(self.counts.mean(axis=0))

    @property
    def error(self) -> NDArray[np.float64]:
        """Standard error of ``mean``, (N,); for odd orders that of index k and N−1−k is one number."""
        return standard_error(self.counts.astype(np.float64))

    @property
    def total(self) -> NDArray[np.int64]:
        """Number of critical points of each instance, (A,)."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def mean_total(self) -> float:
        """Mean number of critical points of an instance."""
        return float(self.total.mean())

    @property
    def total_error(self) -> float:
        """Standard error of ``mean_total``."""
        return float(standard_error(self.total.astype(np.float64)))


def critical_point_counts(
    n_spins: int,
    order: int | Mapping[int, float],
    n_instances: int,
    seed: int = 0,
    *,
    n_starts: int | None = None,
    method: str = "auto",
    executor: Executor | None = None,
) -> CriticalCounts:
    """Count the critical points of many instances by index, to be compared with their exact mean number.

    The mean over the couplings is E N_k = 2 sqrt(2/p) (p−1)^{N/2} E_GOE[exp(−N (p−2)/(2p) λ_k²)] (Auffinger,
    Ben Arous and Černý, arXiv:1003.1129, theorem 2.1).

    Parameters
    ----------
    n_spins : int
        Number of spins N, at least 2.
    order : int or dict
        Order p, or a mixture {p: β_p}, as for :class:`SphericalSpinGlass`.
    n_instances : int
        Number of instances A. Instance a is ``SphericalSpinGlass(n_spins, order, rng.derive_seed(seed, a))``.
    seed : int
        64-bit seed.
    n_starts : int, optional
        Starts of the search in each instance, as for :func:`critical_points`.
    method : "auto", "algebra" or "search"
        As for :func:`critical_points`.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    CriticalCounts

    Raises
    ------
    ArgumentError
        Fewer than two spins, an order below 2, no instance, n_starts below 1, a method that cannot do it.
    """
    n_instances = checks.integer("n_instances", n_instances, minimum=1)
    seed = rng.seed64("seed", seed)
    checks.choice("method", method, METHODS)
    if n_starts is not None:
        n_starts = checks.integer("n_starts", n_starts, minimum=1)
    example = SphericalSpinGlass(n_spins, order, seed)
    checks.room("n_instances", n_instances, 8 * n_instances * 4 * example.n_spins)
    algebra = method != "search" and solvable(example, method)
    starts = n_starts if n_starts is not None else (0 if algebra else DEFAULT_STARTS)
    given = dict(order) if isinstance(order, Mapping) else order
    provenance = record(
        "critical_point_counts",
        {"n_spins": n_spins, "order": given, "n_instances": n_instances, "n_starts": n_starts, "method": method},
        seed=seed,
        dtype=np.float64,
    )
    together = max(1, _TOGETHER // complex_critical_points(n_spins, max(example.mixture))) if algebra else 1
    plan = _Plan(n_spins, order, seed, starts, algebra, provenance)
    words = "critical points of instances"
    with checks.renamed(n="n_starts"):
        sets = listed(n_instances, over(_sets, example, n_instances, executor, plan, description=words, size=together))
    return CriticalCounts(
        counts=np.stack([counts for counts, _, _, _ in sets]),
        complete=np.array([complete for _, complete, _, _ in sets]),
        energy=np.concatenate([energy for _, _, energy, _ in sets]),
        index=np.concatenate([index for _, _, _, index in sets]),
        instance=np.repeat(np.arange(n_instances), [len(index) for _, _, _, index in sets]),
        n_spins=example.n_spins,
        order=tuple(example.mixture),
        provenance=provenance,
    )


@dataclass(frozen=True)
class _Plan:
    """Checked arguments; ``algebra`` says whether equations are solved."""

    n_spins: int
    order: int | Mapping[int, float]
    seed: int
    n_starts: int
    algebra: bool
    provenance: Provenance


def _sets(
    example: SphericalSpinGlass, rows: NDArray[np.int64], plan: _Plan, *, advance: Advance
) -> list[tuple[NDArray[np.int64], bool, NDArray[np.float64], NDArray[np.int64]]]:
    """Counts, whether they are complete, energies and indices of some instances of the kind of an example."""
    with single_threaded():
        glasses = [SphericalSpinGlass(plan.n_spins, plan.order, rng.derive_seed(plan.seed, int(a))) for a in rows]
        solutions = solve(glasses, plan.seed) if plan.algebra else [None] * len(glasses)
        found = []
        for a, glass, solved in zip(rows, glasses, solutions, strict=True):
            one = collect(glass, solved, plan.n_starts, rng.derive_seed(plan.seed, int(a), 1), plan.provenance)
            found.append((one.counts, one.complete is True, one.energy, one.index))
    advance(len(rows))
    return found
