"""Lines through a landscape: the loss between two points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError
from ..execution.engines import Executor
from ..execution.rows import gathered
from ..landscape.protocol import Landscape
from ..landscape.work import over
from ..machines import single_threaded
from ..progress import Advance
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from .barriers import barrier_height, with_ends
from .inputs import a_landscape
from .scan import scan_slice


@dataclass(frozen=True, eq=False, kw_only=True)
class Line(Measured):
    """A landscape along one or several lines.

    Attributes
    ----------
    alphas : array (A,)
        Where on the line: 0 at the start, 1 at the end.
    values, accuracy : array (A,) or (B, A)
        Value and accuracy at each place; one row a line where several were asked for. Accuracy is NaN where
        it has no meaning.
    label : str
        What the line is, for a figure's legend.
    ends : array (2,) or (B, 2), optional
        Values at the start and at the end, whether or not they are among ``alphas``.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "alphas": ("alphas",),
        "values": ("line", "alphas"),
        "accuracy": ("line", "alphas"),
    }

    alphas: NDArray[np.float64]
    values: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    label: str
    ends: NDArray[np.float64] | None = None

    @property
    def barrier(self) -> NDArray[np.float64]:
        """Largest value from start to end less the larger of the two ends: (B,), (1,) for one line.

        Of the places in ``alphas``, in whatever order. NaN without ``ends`` where these do not hold 0 and 1.
        """
        ends = None if self.ends is None else np.atleast_2d(self.ends)
        return barrier_height(self.alphas, np.atleast_2d(self.values), ends)


def line(
    landscape: Landscape,
    start: ArrayLike,
    end: ArrayLike,
    alphas: ArrayLike,
    *,
    path: str | None = None,
    label: str = "",
    executor: Executor | None = None,
) -> Line:
    """Evaluate a landscape along the line from ``start`` to ``end``.

    From the initialisation to a solution, or between two solutions: Goodfellow, Vinyals, Saxe,
    "Qualitatively characterizing neural network optimization problems" (arXiv:1412.6544).

    Parameters
    ----------
    landscape : Landscape
        Any landscape.
    start, end : array (dim,) or (B, dim)
        Ends of the line, or of B lines; one point may serve with a batch of others.
    alphas : array (A,)
        Places on the line, any real numbers in any order: 0 is the start, 1 the end. Both are always
        evaluated, for :attr:`Line.barrier`.
    path : "straight", "great_circle" or None
        ``"straight"`` goes through start + α (end − start). ``"great_circle"`` turns from the direction of the
        start to that of the end at a constant rate, while the norm changes linearly: on a sphere the path
        stays on it. None: straight in flat space, a great circle on a sphere.
    label : str
        Kept with the result.
    executor : Executor, optional
        Where to compute, as for :func:`train`; the bits are the same.

    Returns
    -------
    Line
        Values (A,) for one line, (B, A) for several.

    Raises
    ------
    ArgumentError
        Points of another length, numbers that are not finite, no ``alphas``; a great circle through
        opposite points or the origin of the space; ends off the landscape's sphere.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> bowl = sl.FunctionLandscape(lambda w: (w**2).sum(axis=1), dim=2)
    >>> sl.line(bowl, [0, 0], [2, 0], [0, 0.5, 1]).values
    array([0., 1., 4.])
    """
    a_landscape(landscape)
    starts, ends, single = _ends(landscape, start, end)
    space = landscape.geometry.space
    if landscape.geometry.radius is not None:
        starts, ends = space.on("start", starts), space.on("end", ends)
    places = checks.float_array("alphas", alphas, shape=(None,))
    if places.size == 0:
        raise ArgumentError("alphas", "at least one number", "none")
    if path is None:
        path = "great_circle" if space.curved else "straight"
    checks.choice("path", path, _FAMILIES)
    every, chosen, outer = with_ends(places)
    plan = _Plan(starts, ends, every, path)
    lines = over(_lines, landscape, len(starts), executor, plan, description="lines", ticks=every.size)
    values, accuracy = gathered(len(starts), lines)
    first = 0 if single else slice(None)
    return Line(
        alphas=places.copy(),
        values=values[:, chosen][first],
        accuracy=accuracy[:, chosen][first],
        label=label,
        ends=values[:, outer][first],
        **quantity_of(landscape),
        provenance=record_on(landscape, "line", {"start": starts, "end": ends, "alphas": places, "path": path}),
    )


@dataclass(frozen=True)
class _Plan:
    """Lines from ``starts`` to ``ends``, both (B, dim), at ``alphas`` (A,)."""

    starts: NDArray[Any]
    ends: NDArray[Any]
    alphas: NDArray[np.float64]
    path: str


def _lines(
    landscape: Landscape, rows: NDArray[np.int64], plan: _Plan, *, advance: Advance
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values and accuracies (R, A) of some lines."""
    values, accuracy = np.empty((2, len(rows), plan.alphas.size))
    for place, b in enumerate(rows):
        with single_threaded():  # scalar products of long vectors depend on the threads of BLAS
            directions, coefficients = _FAMILIES[plan.path](plan.starts[b], plan.ends[b], plan.alphas)
        values[place], accuracy[place] = scan_slice(landscape, plan.starts[b], directions, coefficients, advance)
    return values, accuracy


def _ends(landscape: Landscape, start: ArrayLike, end: ArrayLike) -> tuple[NDArray[Any], NDArray[Any], bool]:
    """Both ends as (B, dim), and whether one line was meant."""
    starts, one_start = checks.point_batch("start", start, landscape.dim, dtype=landscape.dtype)
    ends, one_end = checks.point_batch("end", end, landscape.dim, dtype=landscape.dtype)
    if not one_start and not one_end and len(starts) != len(ends):
        raise ArgumentError("end", f"one point or {len(starts)}, as many as start", f"{len(ends)}")
    lines = len(ends) if one_start else len(starts)
    if lines == 0:
        raise ArgumentError("start", "at least one point", "none")
    shape = (lines, landscape.dim)
    return np.broadcast_to(starts, shape), np.broadcast_to(ends, shape), one_start and one_end


def _straight(
    start: NDArray[Any], end: NDArray[Any], alphas: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Direction (1, dim) and coefficients (A, 1) of start + α (end − start)."""
    return (end - start)[None], alphas[:, None]


def _great_circle(
    start: NDArray[Any], end: NDArray[Any], alphas: NDArray[np.float64]
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Directions (2, dim) and coefficients (A, 2), relative to the start, of the arc from start to end.

    The arc lies in the plane of start and of the part of end orthogonal to it, e:
    w(α) = r(α) (cos(αθ) start/|start| + sin(αθ) e), r(α) = |start| + α (|end| − |start|).
    """
    a, b = start.astype(np.float64), end.astype(np.float64)
    norm_a, norm_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if norm_a == 0 or norm_b == 0:
        raise ArgumentError("start" if norm_a == 0 else "end", "a point other than the origin of the sphere")
    a, b = a / norm_a, b / norm_b
    apart, together = float(np.linalg.norm(a - b)), float(np.linalg.norm(a + b))
    if together < 1e-7:
        raise ArgumentError("end", "a point not opposite to the start, which many great circles join")
    angle = 2 * np.arctan2(apart, together)
    across = b - (a @ b) * a
    across -= (a @ across) * a  # once more: for close points the first result is mostly rounding
    length = float(np.linalg.norm(across))
    if length > 0:
        across *= norm_a / length
    ratio = 1 + alphas * (norm_b / norm_a - 1)
    coefficients = np.stack([ratio * np.cos(alphas * angle) - 1, ratio * np.sin(alphas * angle)], axis=1)
    return np.stack([start, across.astype(start.dtype)]), coefficients


_FAMILIES: dict[str, Callable[..., Any]] = {"straight": _straight, "great_circle": _great_circle}
