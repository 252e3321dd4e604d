"""Walkers on a landscape: where their points are and how they move is its own affair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spinland_kernels import networks

from .. import checks
from ..errors import ArgumentError
from ..machines import operation
from ..rng import Purpose

if TYPE_CHECKING:
    from .protocol import Landscape


class WalkStep(NamedTuple):
    """State of all walkers after a step: arrays (W,) in float64."""

    step: int
    values: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    distance: NDArray[np.float64]
    overlap: NDArray[np.float64]


class Walkers:
    """W walkers with Gaussian steps, for any landscape: its device moves them, the landscape evaluates them.

    Parameters
    ----------
    landscape : Landscape
        What they walk on.
    starts : array (K, dim)
        Where walks start, in the float type of the landscape.
    origin_index : integer array (W,)
        Which start each walker has.
    numbers : integer array (W,)
        Numbers of the walkers: each takes its steps from the random stream (seed, number, step).
    radius : array (K,), optional
        Length to which the walkers of each start are brought back after a step; empty for a walk in flat space.

    Raises
    ------
    ArgumentError
        Shapes that do not fit the landscape or each other, a start or a walker's number that is not there.
    """

    def __init__(
        self,
        landscape: Landscape,
        starts: ArrayLike,
        origin_index: ArrayLike,
        numbers: ArrayLike,
        radius: ArrayLike = (),
    ):
        self._landscape = landscape
        self._starts, _ = checks.point_batch("starts", starts, landscape.dim, dtype=landscape.dtype, keep=True)
        self._origin_index = checks.whole_numbers("origin_index", origin_index, len(self._starts))
        self._numbers = checks.whole_numbers("numbers", numbers, 2**32)
        if len(self._numbers) != len(self._origin_index):
            raise ArgumentError("numbers", f"{len(self._origin_index)}, one for each walker", len(self._numbers))
        self._radius = checks.float_array("radius", radius, ndim=1, keep=True)
        if len(self._radius) not in (0, len(self._starts)) or not np.all(self._radius > 0):
            raise ArgumentError(
                "radius", f"nothing, or {len(self._starts)} lengths above 0, one for each start", self._radius
            )

    def walk(self, sigma: float, n_steps: int, seed: int) -> Iterator[WalkStep]:
        """States at steps 0 ... ``n_steps``; a step adds σ times a normal number to each coordinate."""
        kernel = operation("walk", self._landscape.device)
        points = self._starts[self._origin_index]
        walkers = kernel.hold(networks.Walkers(points, self._starts, self._origin_index, self._numbers, self._radius))
        for step in range(n_steps + 1):
            stream = networks.Stream(np.uint64(seed), int(Purpose.WALK), step)
            distance, overlap = kernel.advance(walkers, sigma if step else 0.0, stream)
            if not np.isfinite(distance).all():
                raise ArgumentError("sigma", f"steps after {step} of which all points are finite", sigma)
            values, accuracy = self._landscape.evaluate_held(walkers)
            yield WalkStep(step, values, accuracy, distance, overlap)
