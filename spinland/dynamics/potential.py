"""Franz and Parisi's potential: free energy at a given overlap with a reference, on any landscape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

from .. import budget, checks, rng
from ..arrays import sealed
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..execution.rows import gathered
from ..landscape.protocol import Landscape
from ..landscape.work import over
from ..progress import Advance
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from ..statistics import chains
from ..statistics.uncertainty import standard_error
from . import inputs
from .fixed_overlap import FixedOverlap
from .hamiltonian import Hamiltonian

_ROUNDING = 1e-9  # spread of a force that does not depend on where a chain is, relative to it


@dataclass(frozen=True, eq=False, kw_only=True)
class Potential(Measured):
    """Potential of R references at Q overlaps, from W chains at each.

    Attributes
    ----------
    temperature : float
        T of the configurations.
    overlap : array (Q,)
        q, rising.
    value, error : array (Q,)
        V(q) in the unit of the landscape's value, per spin for a glass: mean over references and standard error. 0 at
        the overlap nearest to 0.
    force, force_error : array (Q,)
        Mean of ∂H/∂q over the extent, whose integral V is but for the room.
    room : array (Q,)
        What V would be without a landscape: −T (dim − 3)/2 ln(1 − q²) over the extent, 0 where V is.
    energy, energy_error : array (Q,)
        Mean value of the landscape.
    memory : array (Q,)
        Integrated autocorrelation time of the force, in samples; mean over references. NaN where it does not vary.
    acceptance : array (Q,)
        Share of the trajectories that were accepted.
    potentials : array (R, Q)
        V(q) of each reference.
    points : array (R, Q, W, dim)
        Last configuration of each chain, in the float type of the landscape.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "overlap": ("overlap",),
        **dict.fromkeys(("value", "error", "force", "force_error", "room", "energy", "energy_error"), ("overlap",)),
        "memory": ("overlap",),
        "acceptance": ("overlap",),
    }

    temperature: float
    overlap: NDArray[np.float64]
    value: NDArray[np.float64]
    error: NDArray[np.float64]
    force: NDArray[np.float64]
    force_error: NDArray[np.float64]
    room: NDArray[np.float64]
    energy: NDArray[np.float64]
    energy_error: NDArray[np.float64]
    memory: NDArray[np.float64]
    acceptance: NDArray[np.float64]
    potentials: NDArray[np.float64]
    points: NDArray[Any]


def franz_parisi(
    landscape: Landscape | Sequence[Landscape],
    reference: ArrayLike,
    overlaps: ArrayLike,
    temperature: float,
    n_samples: int = 400,
    seed: int = 0,
    *,
    walkers: int = 2,
    n_warmup: int | None = None,
    leapfrog: int = 8,
    executor: Executor | None = None,
) -> Potential:
    r"""Potential V(q) = −(T/extent) ln P(q) of a reference, P the density of its overlap with configurations at T.

    All is on the sphere through the reference: that of a glass, or |w| = \|reference\| about 0 in flat space, where
    configurations have the weight exp(−H/T) relative to the uniform measure of that sphere. At each overlap chains
    sample the part of it that has this overlap, exactly (see ``fixed_overlap.py``), and V is the integral of the mean
    force by a cubic spline through the overlaps, plus the room that is left at q, (1 − q²)^{(dim − 3)/2}, in closed
    form (Franz and Parisi, J. Phys. I 5, 1401 (1995)).

    For a network take references in one form, such as ``sl.symmetry.canonical``: copies that are relabelled or rescaled
    are the same function at other overlaps. Where the sampled ``points`` are copies of the reference at a small overlap
    only aligning them tells.

    Parameters
    ----------
    landscape : Landscape or sequence of Landscape
        Any landscape, or several instances of one dimension, each with one reference.
    reference : array (dim,) or (R, dim)
        References; as many as instances where there are several. On the sphere, where the landscape lives on one.
    overlaps : array (Q,)
        Cosines q with the reference, rising, in (−1, 1); so dense that the force between them is smooth.
    temperature : float
        T > 0.
    n_samples : int
        Trajectories of each chain after the warm-up, each a sample; at least 20.
    seed : int
        64-bit seed. Chain w at overlap k of reference r has the number (rQ + k)W + w.
    walkers : int
        Chains W at each overlap, from independent random starts.
    n_warmup : int, optional
        Trajectories before, in which steps are fitted; by default half of ``n_samples``.
    leapfrog : int
        Steps of a trajectory; a gradient each.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    Potential
        Errors are over references, which include those of sampling; with one reference they come from blocks of its
        chains, and V has the error of a sum of independent forces.

    Raises
    ------
    ArgumentError
        Overlaps outside (−1, 1) or not rising, references off the sphere or 0, a temperature that is not positive.

    Warns
    -----
    ShortRunWarning
        Errors from blocks of one reference may be too small.
    """
    items, single = inputs.landscapes(landscape)
    targets = _references(items, single, reference)
    q = checks.float_array("overlaps", overlaps, ndim=1)
    if len(q) < 2 or np.abs(q).max() >= 1 or np.any(np.diff(q) <= 0):
        raise ArgumentError("overlaps", "two numbers or more in (-1, 1), strictly increasing", q.tolist())
    if items[0].dim < 4:
        raise ArgumentError("landscape", "one of four dimensions or more, so that there is something to sample")
    temperature = checks.real("temperature", temperature, above=0)
    n_samples = checks.integer("n_samples", n_samples, minimum=20)
    walkers = checks.integer("walkers", walkers, minimum=1)
    n_warmup = n_samples // 2 if n_warmup is None else checks.integer("n_warmup", n_warmup, minimum=0)
    leapfrog = checks.integer("leapfrog", leapfrog, minimum=1)
    seed = rng.seed64("seed", seed)
    rows = len(targets) * len(q) * walkers
    checks.room("walkers", walkers, 8 * rows * (5 * n_samples + 8 * items[0].dim))
    plan = _Plan(targets, q, temperature, n_samples, walkers, n_warmup, leapfrog, seed)
    moved = over(
        _moved,
        items,
        rows,
        executor,
        plan,
        description="fixed overlaps",
        size=budget.fitting(budget.STARTS, 8 * items[0].dim),
        ticks=n_warmup + n_samples,
    )
    parts = _parts(gathered(rows, moved), plan)
    arguments = {
        "reference": targets,
        "overlaps": q,
        "temperature": temperature,
        "n_samples": n_samples,
        "walkers": walkers,
        "n_warmup": n_warmup,
        "leapfrog": leapfrog,
    }
    return Potential(
        temperature=temperature,
        overlap=q,
        **_integrated(parts, q, temperature, items[0]),
        **quantity_of(items[0]),
        provenance=record_on(items, "franz_parisi", arguments, seed=seed),
    )


def _references(items: list[Landscape], single: bool, reference: ArrayLike) -> NDArray[np.float64]:
    """References (R, dim), brought exactly onto the sphere of a landscape that has one."""
    dim = items[0].dim
    targets = checks.float_array("reference", reference, ndim=(1, 2))
    targets = targets[None] if targets.ndim == 1 else targets
    wrong = len(targets) == 0 if single else len(targets) != len(items)
    if targets.shape[1] != dim or wrong:
        raise ArgumentError("reference", f"shape ({'any' if single else len(items)}, {dim})", f"shape {targets.shape}")
    checks.squarable("reference", targets, dim)
    if not np.all(np.any(targets != 0, axis=1)):
        raise ArgumentError("reference", "points other than 0, with which there is an overlap")
    return np.asarray(items[0].geometry.space.on("reference", targets))


@dataclass(frozen=True)
class _Plan:
    """Checked arguments; ``references`` (R, dim)."""

    references: NDArray[np.float64]
    overlaps: NDArray[np.float64]
    temperature: float
    n_samples: int
    walkers: int
    n_warmup: int
    leapfrog: int
    seed: int

    @property
    def n_chains(self) -> int:
        """Chains of each reference."""
        return len(self.overlaps) * self.walkers


def _moved(
    items: list[Landscape], rows: NDArray[np.int64], plan: _Plan, *, advance: Advance
) -> tuple[NDArray[Any], ...]:
    """Forces and values (R, n), acceptance (R,) and last points (R, dim) of the chains ``rows``."""
    forces, values = np.empty((2, len(rows), plan.n_samples))
    acceptance, points = np.zeros(len(rows)), np.empty((len(rows), items[0].dim), items[0].dtype)
    of = rows // plan.n_chains
    for r in np.unique(of):
        own = np.flatnonzero(of == r)
        targets = np.repeat(plan.references[r][None], len(own), axis=0)
        q = np.repeat(plan.overlaps, plan.walkers)[rows[own] - r * plan.n_chains]
        hamiltonian = Hamiltonian(items[r % len(items)])
        chain = FixedOverlap(hamiltonian, targets, q, plan.temperature, plan.seed, rows[own], plan.leapfrog)
        for _ in range(plan.n_warmup):
            chain.move(fit=True)
            advance(len(own))
        for k in range(plan.n_samples):
            acceptance[own] += chain.move() / plan.n_samples
            forces[own, k], values[own, k] = chain.force, chain.values
            advance(len(own))
        points[own] = chain.points
    return forces, values, acceptance, points


def _parts(found: list[NDArray[Any]], plan: _Plan) -> list[dict[str, NDArray[Any]]]:
    """Forces and values (n, Q, W) of each reference, acceptance (Q, W), last points (Q, W, dim)."""
    shape, parts = (len(plan.overlaps), plan.walkers), []
    for r in range(len(plan.references)):
        forces, values, acceptance, points = (part[r * plan.n_chains : (r + 1) * plan.n_chains] for part in found)
        parts.append(
            {
                "forces": np.ascontiguousarray(forces.T).reshape(-1, *shape),
                "values": np.ascontiguousarray(values.T).reshape(-1, *shape),
                "acceptance": acceptance.reshape(shape),
                "points": points.reshape(*shape, -1),
            }
        )
    return parts


def _integrated(
    parts: list[dict[str, NDArray[Any]]], q: NDArray[np.float64], temperature: float, landscape: Landscape
) -> dict[str, Any]:
    """Fields of the result: means over references, their errors, and the integral of the force."""
    origin = int(np.abs(q).argmin())
    integral = CubicSpline(q, np.eye(len(q)), bc_type="natural" if len(q) == 2 else "not-a-knot").antiderivative()(q)
    weights = integral - integral[origin]
    room = -0.5 * temperature * (landscape.dim - 3) / landscape.extent * np.log1p(-q * q)
    room -= room[origin]
    forces, energies = (np.stack([part[k].mean(axis=(0, 2)) for part in parts]) for k in ("forces", "values"))
    potentials = forces @ weights.T + room
    memory = np.mean([_memory(part["forces"]) for part in parts], axis=0)
    if len(parts) > 1:
        error, force_error, energy_error = (standard_error(x) for x in (potentials, forces, energies))
    else:
        blocks = chains.block_count(len(parts[0]["forces"]), float(np.fmax.reduce(memory)))
        force_error, energy_error = (chains.chain_error(parts[0][k], blocks) for k in ("forces", "values"))
        error = np.sqrt(weights**2 @ force_error**2)
    return {
        "value": potentials.mean(axis=0),
        "error": error,
        "force": forces.mean(axis=0),
        "force_error": force_error,
        "room": room,
        "energy": energies.mean(axis=0),
        "energy_error": energy_error,
        "memory": memory,
        "acceptance": np.mean([part["acceptance"].mean(axis=1) for part in parts], axis=0),
        "potentials": sealed(potentials),
        "points": sealed(np.stack([part["points"] for part in parts])),
    }


def _memory(forces: NDArray[np.float64]) -> NDArray[np.float64]:
    """Autocorrelation times (Q,) of forces (n, Q, W); NaN where they vary by rounding alone."""
    spread, size = forces.std(axis=(0, 2)), np.abs(forces).max(axis=(0, 2))
    return np.where(spread > _ROUNDING * size, chains.autocorrelation_time(forces), np.nan)
