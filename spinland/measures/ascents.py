"""The highest value near a point: in a box, and on the surface of a ball, by L-BFGS.

What is found is a local maximum, a lower bound of the true one: L-BFGS-B goes up and does not look elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..landscape.protocol import Landscape

Array = NDArray[np.float64]
Function = Callable[[Array], tuple[float, Array]]


_GAP = 1e-3  # of the rise, below which an ascent in a box has converged
_HALVINGS = 12  # of a step between corners that does not lead up


class Ascent(NamedTuple):
    """Rise above the point after a few steps, and at the end; whether that has converged."""

    few: float
    most: float
    converged: bool


def _value_and_gradient(landscape: Landscape, point: Array) -> tuple[float, Array]:
    value, gradient = landscape.value_and_gradient(point)
    if not np.isfinite(value):
        raise ArgumentError("landscape", "finite values in the neighbourhood of the points", value)
    return float(value), np.asarray(gradient, np.float64)


def in_box(landscape: Landscape, point: Array, width: float, start: Array, few: int, most: int) -> Ascent:
    """Rise on the box |y_i| ≤ width (|x_i| + 1) from a start (dim,) in it, in units of the half sides.

    After ``few`` steps of L-BFGS-B on f(x + y) as it stands the way goes from corner to corner: to the one that the
    gradient points to, or part of the way to it where that is not higher. It has converged where what the gradient
    promises up to the best corner (Frank and Wolfe's gap) is below 1e-3 of the rise: 0 at a corner that it points to.
    """
    base, _ = _value_and_gradient(landscape, point)
    sides = width * (np.abs(point) + 1)

    def down(y: Array) -> tuple[float, Array]:
        value, gradient = _value_and_gradient(landscape, point + y)
        return -value, -gradient

    bounds = scipy.optimize.Bounds(-sides, sides)
    found = scipy.optimize.minimize(
        down, start * sides, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": few}
    )
    low, high, converged = -float(found.fun) - base, *_to_corners(landscape, point, base, found.x, sides, most)
    return Ascent(low, max(low, high - base), converged)


def _to_corners(
    landscape: Landscape, point: Array, base: float, start: Array, sides: Array, most: int
) -> tuple[float, bool]:
    """Value after at most so many steps between corners, and whether no corner is better by the gradient."""
    place = start
    value, gradient = _value_and_gradient(landscape, point + place)
    for _ in range(most):
        corner = np.where(gradient > 0, sides, np.where(gradient < 0, -sides, place))
        ahead = float(gradient @ (corner - place))
        if ahead <= _GAP * max(value - base, 0.0):
            return value, True
        for half in range(_HALVINGS):
            there = place + 0.5**half * (corner - place)
            height, slope = _value_and_gradient(landscape, point + there)
            if height > value:
                place, value, gradient = there, height, slope
                break
        else:
            return value, False
    return value, False


def on_shell(
    landscape: Landscape, point: Array, radius: float, lengths: Array | None, start: Array, most: int
) -> Ascent:
    """Rise at distance ``radius`` of the point: after one normalised gradient step, and at the end of an ascent.

    The distance is measured in units of ``lengths`` (dim,) in each coordinate, where these are given; on a sphere along
    great circles. ``start`` (dim,) is a random direction: where the gradient is zero the ascent begins along it.
    """
    space = landscape.geometry.space
    size = float(space.radii(point[None])[0])
    cosine, sine = (np.cos(radius / size), size * np.sin(radius / size)) if space.curved else (1.0, radius)
    stretch = np.ones(len(point)) if lengths is None else lengths

    def tangent(vector: Array) -> Array:
        return np.asarray(space.tangent(point[None], vector[None])[0])

    base, slope = _value_and_gradient(landscape, point)
    uphill, aside = tangent(stretch * slope), tangent(start)

    def rise(u: Array) -> tuple[float, Array]:
        along = tangent(u)
        norm = float(np.linalg.norm(along))
        along /= norm
        value, gradient = _value_and_gradient(landscape, cosine * point + sine * stretch * along)
        pull = tangent(stretch * gradient)
        return value - base, sine / norm * (pull - (pull @ along) * along)

    aside /= np.linalg.norm(aside)
    steep = float(np.linalg.norm(uphill))
    first = uphill / steep if steep > 0 else aside
    one, _ = rise(first)
    # A little aside: an eigenvector of the Hessian, too, is a direction from which nothing leads further.
    begin = first + 0.03 * aside
    scale = max(abs(rise(begin)[0]), float(np.finfo(landscape.dtype).eps) * max(abs(base), 1e-30))
    high, converged = _climb(rise, begin, scale, most, landscape.dtype)
    return Ascent(one, max(one, high), converged)


def _climb(function: Function, start: Array, scale: float, most: int, dtype: Any) -> tuple[float, bool]:
    """Value and convergence after at most so many steps of L-BFGS up; values are in units of ``scale``."""

    def down(u: Array) -> tuple[float, Array]:
        value, gradient = function(u)
        return -value / scale, -gradient / scale

    found = scipy.optimize.minimize(
        down,
        start,
        jac=True,
        method="L-BFGS-B",
        options={
            "maxiter": most,
            "maxfun": 20 * most + 20,
            "ftol": max(1e-9, 5 * float(np.finfo(dtype).eps)),
            "gtol": 3e-3 / np.sqrt(len(start)),  # the value is off by the square of that, in units of the scale
        },
    )
    return -scale * float(found.fun), bool(found.success)
