"""Walks on the sphere at equal overlap with their start: the scale on which networks and glasses compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..landscape.protocol import Landscape
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from ..statistics.uncertainty import standard_error
from . import inputs
from .correlation.pairs import sphere_pairs
from .walks import random_walk


@dataclass(frozen=True, eq=False, kw_only=True)
class OverlapProfile(Measured):
    """Mean value along random walks on a sphere, by the overlap q with the start.

    Attributes
    ----------
    overlap : array (B,)
        Mean overlap in each bin, falling; the first is 1, the start itself.
    value, value_error : array (B,)
        Mean value, and its standard error over origins (over walkers for a single origin).
    rise, rise_error : array (B,)
        The same of the normalised rise (v − v_start)/(v_typical − v_start): 0 at the start, 1 where nothing of
        it is left. For walks from a stationary point of a pure spherical glass its mean is 1 − q^p. The error
        counts that of ``typical``, which all origins share.
    start, typical, typical_error : array (K,)
        For each origin: its value, and the mean value at random points of its sphere with its standard error.
    radius : array (K,)
        Norms of the origins.
    n_walkers, n_steps : int
        Walkers from each origin, and their steps.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "overlap": ("overlap",),
        "value": ("overlap",),
        "value_error": ("overlap",),
        "rise": ("overlap",),
        "rise_error": ("overlap",),
    }

    overlap: NDArray[np.float64]
    value: NDArray[np.float64]
    value_error: NDArray[np.float64]
    rise: NDArray[np.float64]
    rise_error: NDArray[np.float64]
    start: NDArray[np.float64]
    typical: NDArray[np.float64]
    typical_error: NDArray[np.float64]
    radius: NDArray[np.float64]
    n_walkers: int
    n_steps: int


def overlap_profile(
    landscape: Landscape,
    origin: ArrayLike,
    n_steps: int = 100,
    n_walkers: int = 8,
    seed: int = 0,
    *,
    last: float = 0.05,
    n_bins: int = 20,
    n_typical: int = 256,
) -> OverlapProfile:
    """Walk from points on their spheres, any landscape at the same pace, and sort the values by overlap.

    The step is such that the overlap with a start of mean norm falls as q(t) = last^(t/T) on average, whatever
    the landscape. Positions of one overlap are isotropic about the start, so the profile does not
    depend on the steps. From a stationary point of a pure spherical glass of energy e per spin the mean energy
    is e q^p: Cov(H(σ), H(σ')) = N q^p, and E(H(σ') | H(σ), ∇H(σ) = 0) has no other part as the energy
    and the gradient at one point are independent. That the point is a minimum changes this by O(1/N).

    Parameters
    ----------
    landscape : Landscape
        Any landscape. A network walks on the sphere of the norm of each origin.
    origin : array (dim,) or (K, dim)
        Solutions or minima.
    n_steps : int
        Steps T of each walk.
    n_walkers : int
        Walkers from each origin.
    seed : int
        64-bit seed of the walks and of the random points.
    last : float
        Mean overlap at the end, between 0 and 1.
    n_bins : int
        Bins of equal width between ``last`` and 1; those that no walker visits are left out.
    n_typical : int
        Random points of the sphere, for the typical value.

    Returns
    -------
    OverlapProfile

    Raises
    ------
    ArgumentError
        Points of another length, at zero or off the landscape's sphere; numbers out of range.
    """
    landscape = inputs.a_landscape(landscape)
    starts = inputs.origins(landscape, origin)
    n_steps = checks.integer("n_steps", n_steps, minimum=1)
    n_walkers = checks.integer("n_walkers", n_walkers, minimum=1)
    last = checks.real("last", last, above=0, maximum=0.99)
    n_bins = checks.integer("n_bins", n_bins, minimum=1)
    checks.room("n_bins", n_bins, 16 * 8 * n_bins)
    n_typical = checks.integer("n_typical", n_typical, minimum=2)
    checks.room("n_typical", n_typical, 2 * 8 * n_typical * landscape.dim)
    seed = rng.seed64("seed", seed)
    starts = landscape.geometry.space.on("origin", starts)
    radius = np.linalg.norm(starts.astype(np.float64), axis=1)
    pace = np.sqrt(last ** (-2 / n_steps) - 1)
    sigma = float(pace * radius.mean() / np.sqrt(landscape.dim))
    walk = random_walk(landscape, starts, sigma or 1.0, n_steps, n_walkers, seed, "sphere")
    typical, typical_error = _typical(landscape, radius, n_typical, seed)
    values, overlaps = (array.reshape(len(starts), n_walkers, -1) for array in (walk.values, walk.overlap))
    start = values[:, 0, 0]
    if not (np.abs(typical - start) > 1e-12 * np.abs(start)).all():
        raise ArgumentError("landscape", "one whose value at random points differs from that at the origin", landscape)
    rises = (values - start[:, None, None]) / (typical - start)[:, None, None]
    edges = np.append(np.linspace(last, 1, n_bins + 1)[:-1], 1 - 1e-9)
    q, value, value_error, rise, rise_error = _binned(edges, overlaps, values, rises)
    # Random points are the same for all origins: an error of their mean moves all rises together.
    common = rise * float(np.mean(typical_error / (typical - start)))
    rise_error = np.hypot(rise_error, common)
    arguments = {
        "origin": starts,
        "n_steps": n_steps,
        "n_walkers": n_walkers,
        "last": last,
        "n_bins": n_bins,
        "n_typical": n_typical,
    }
    return OverlapProfile(
        overlap=q,
        value=value,
        value_error=value_error,
        rise=rise,
        rise_error=rise_error,
        start=start,
        typical=typical,
        typical_error=typical_error,
        radius=radius,
        n_walkers=n_walkers,
        n_steps=n_steps,
        **quantity_of(landscape),
        provenance=record_on(landscape, "overlap_profile", arguments, seed=seed),
    )


def _typical(
    landscape: Landscape, radius: NDArray[np.float64], n: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean value at random points of each sphere and its error, (K,) each; the directions are common to all."""
    values = np.empty((n, len(radius)))
    known: dict[float, NDArray[np.float64]] = {}
    for k, length in enumerate(radius):
        if float(length) not in known:
            points = [
                sphere_pairs(seed, np.array([i]), landscape.dim, float(length))[0, 0].astype(landscape.dtype)
                for i in range(n)
            ]
            known[float(length)] = np.concatenate(
                [landscape.value(np.stack(points[low : low + 64])) for low in range(0, n, 64)]
            )
        values[:, k] = known[float(length)]
    return values.mean(axis=0), standard_error(values)


def _binned(
    edges: NDArray[np.float64], overlaps: NDArray[Any], values: NDArray[Any], rises: NDArray[Any]
) -> tuple[NDArray[np.float64], ...]:
    """Mean overlap, value, its error, rise, its error in each bin, q falling; arrays (K, W, T+1) come in."""
    bin_ = np.digitize(overlaps, edges) - 1
    rows = []
    for b in range(len(edges) - 1, -1, -1):
        here = bin_ == b
        groups = here.any(axis=(1, 2))
        if not groups.any():
            continue
        # Several origins: one number each. A single one: one number for each of its walkers.
        axis = (1, 2) if len(here) > 1 else 2
        weight = here.sum(axis=axis)
        there = weight > 0
        row = [overlaps[here].mean()]
        for array in (values, rises):
            means = (np.where(here, array, 0).sum(axis=axis)[there] / weight[there]).ravel()
            row += [means.mean(), float(standard_error(means))]
        rows.append(row)
    return tuple(np.array(rows).T)
