"""Trajectories as what is looked at: series of points in time, without their drift."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, eigsh

from .. import checks
from ..arrays import Owner
from ..errors import ArgumentError
from ..machines import single_threaded
from .recording import Trajectory

Array = NDArray[np.float64]

PER = ("step", "epoch")

_NOTHING = 1e-12
"""Share of the largest squared width below which a mode is rounding."""


@dataclass(frozen=True)
class Series(Owner):
    """Points (R, T, P) at equal times, ``spacing`` apart.

    The unit of time is an epoch for a :class:`Trajectory`, else a record. ``alive`` tells which replicas of the
    trajectory they are.
    """

    points: NDArray[Any]
    spacing: float
    alive: NDArray[np.int64]
    sampling: str
    steps_per_epoch: int

    @property
    def per_epoch(self) -> int:
        """Records in an epoch."""
        return max(1, round(1 / self.spacing))


def series_of(trajectory: Any, per: str, least: int) -> Series:
    """A trajectory, or points (R, T, P) or (T, P), record by record or once an epoch.

    Raises
    ------
    ArgumentError
        Nothing of the kind, fewer than ``least`` records, all replicas diverged, epochs of what has none, numbers whose
        squares have no sum.
    """
    checks.choice("per", per, PER)
    if isinstance(trajectory, Trajectory):
        alive = np.flatnonzero(~trajectory.diverged)
        if not alive.size:
            raise ArgumentError("trajectory", "one of which a replica did not diverge", "one where all did")
        points = trajectory.points if alive.size == len(trajectory.points) else trajectory.points[alive]
        each = trajectory.per_epoch if per == "epoch" else 1
        found = Series(
            points[:, ::each], each / trajectory.per_epoch, alive, trajectory.sampling, trajectory.steps_per_epoch
        )
    else:
        points = checks.float_array("trajectory", trajectory)
        if points.ndim not in (2, 3) or 0 in points.shape:
            raise ArgumentError("trajectory", "a Trajectory, or points (R, T, P) or (T, P)", f"shape {points.shape}")
        if per == "epoch":
            raise ArgumentError("per", "'step' for points, which know of no epochs", per)
        points = points if points.ndim == 3 else points[None]
        found = Series(points, 1.0, np.arange(len(points)), "", 1)
    if found.points.dtype == np.float64:  # in which squares are taken, so that those of float32 fit
        checks.squarable("trajectory", found.points, found.points[0].size)
    if found.points.shape[1] < least:
        raise ArgumentError("trajectory", f"at least {least} records", found.points.shape[1])
    return found


def without_drift(points: NDArray[Any]) -> Array:
    """Points (T, P) in float64 less the straight line in time that is nearest to them."""
    found = points.astype(np.float64)
    time = np.arange(len(found)) - (len(found) - 1) / 2
    found -= found.mean(axis=0)
    found -= np.outer(time, time @ found / (time @ time))
    return found


def principal(centred: Array, most: int) -> tuple[Array, Array]:
    """Leading principal directions (K, P) of centred points (T, P), and the points along them (T, K).

    Fewer than ``most`` where no more vary. Of many points with many parameters by Lanczos' method, else from the
    smaller one of both matrices of inner products.
    """
    size, wide = centred.shape
    turned = centred if size > wide else centred.T
    few = turned.shape[1]
    with single_threaded():
        if few > 3 * most + 100:
            start = np.ones(few) / np.sqrt(few)
            product = LinearOperator((few, few), matvec=lambda v: turned.T @ (turned @ np.ravel(v)), dtype=np.float64)
            values, vectors = eigsh(product, most, which="LA", v0=start)
        else:
            values, vectors = np.linalg.eigh(turned.T @ turned)
        order = np.argsort(values)[::-1][:most]
        order = order[values[order] > _NOTHING * max(float(values.max()), np.finfo(float).tiny)]
        vectors = vectors[:, order]
        directions = vectors.T if size > wide else vectors.T @ centred
        directions = directions / np.linalg.norm(directions, axis=1, keepdims=True)
        return np.ascontiguousarray(directions), centred @ directions.T


def runs(n: int, replicas: int, least: int = 8) -> list[slice]:
    """Runs that n records of each of some replicas are cut into, so that there are ``least`` of them in all."""
    edges = np.linspace(0, n, -(-least // replicas) + 1).astype(int)
    return [slice(int(low), int(high)) for low, high in pairwise(edges)]
