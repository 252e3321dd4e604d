"""The Runge–Kutta pair of Dormand and Prince on a sphere or in flat space, a step size for each start.

Dormand and Prince, J. Comput. Appl. Math. 6, 19 (1980), order 5(4), with the interpolant of order 4 of
Hairer, Nørsett and Wanner, "Solving Ordinary Differential Equations I", section II.6.

On the sphere the field is taken at the radial projection of a stage. That field is tangential at every
point of space, so the norm is conserved by the equation itself, the method keeps its order, and the
projection after a step removes only what the step has lost, O(h⁶).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .hamiltonian import Array, Hamiltonian, norms

_STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
_DENSE = (
    -12715105075 / 11282082432,
    0.0,
    87487479700 / 32700410799,
    -10690763975 / 1880347072,
    701980252875 / 199316789632,
    -1453857185 / 822651844,
    69997945 / 29380423,
)
_SAFETY, _SHRINK, _GROW = 0.9, 0.2, 5.0

Visit = Callable[[NDArray[np.int64], NDArray[np.int64], Array], None]


def _combine(weights: tuple[float, ...], slopes: list[Array]) -> Array:
    """Σ_j weights_j slopes_j, added in order."""
    total = weights[0] * slopes[0]
    for weight, slope in zip(weights[1:], slopes[1:], strict=True):
        if weight:
            total += weight * slope
    return total


def _size(vectors: Array) -> Array:
    """Root mean square coordinate of each row."""
    return norms(vectors) / np.sqrt(vectors.shape[1])


def _unit(points: Array) -> Array:
    """Unit of the tolerated error, (B,)."""
    return np.maximum(1.0, _size(points))


class Flow:
    """dσ/dt = −P∇H from points (S, dim), all starts at time 0, each with its own clock and step.

    Attributes
    ----------
    points : array (S, dim)
        Where the starts are.
    evaluations : integer array (S,)
        Gradients computed so far.
    """

    def __init__(self, hamiltonian: Hamiltonian, points: Array, tolerance: float):
        self.hamiltonian, self.tolerance = hamiltonian, tolerance
        self.radii = hamiltonian.radii(points)
        self.points = hamiltonian.retract(points, self.radii)
        self.time = np.zeros(len(points))
        self.slope = -hamiltonian.gradient(self.points)
        self.evaluations = np.ones(len(points), np.int64)
        speed = _size(self.slope)
        still = ~(speed > 0)
        self.step = np.where(still, 1.0, 0.01 * _unit(self.points) / np.where(still, 1.0, speed))

    def follow(self, times: Array, max_steps: int, visit: Visit) -> None:
        """Follow each start to the last of ``times`` (rising), or for ``max_steps`` attempted steps.

        ``visit(rows, columns, points)`` is called for starts ``rows`` at times ``columns`` as they are
        reached. The steps do not look at the times: what is found at one does not depend on the others.
        """
        rows = np.arange(len(self.points))
        due = np.searchsorted(times, self.time, side="right")  # time 0 is here already
        for column in range(int(due.max(initial=0))):
            visit(rows, np.full(len(rows), column), self.points)
        for _ in range(max_steps):
            active = np.flatnonzero(due < len(times))
            if len(active) == 0:
                return
            self._attempt(active, times, due, visit)

    def _attempt(self, rows: NDArray[np.int64], times: Array, due: NDArray[np.int64], visit: Visit) -> None:
        """One step of the starts ``rows``; those with too large an error stay and try a smaller one."""
        start, radii, step = self.points[rows], self.radii[rows], self.step[rows][:, None]
        slopes, end = [self.slope[rows]], start
        for weights in _STAGES:
            end = start + step * _combine(weights, slopes)
            slopes.append(-self.hamiltonian.gradient(self.hamiltonian.retract(end, radii)))
        self.evaluations[rows] += len(_STAGES)
        with np.errstate(invalid="ignore", over="ignore"):
            error = _size(step * _combine(_ERROR, slopes)) / (self.tolerance * _unit(start))
        good = error <= 1.0
        safe = np.where(error > 0, np.where(np.isfinite(error), error, np.inf), 1e-300)
        # error^(3/16), a little below the 1/5 of theory: square roots are rounded alike in every lane.
        root = np.sqrt(np.sqrt(np.sqrt(safe)))
        factor = np.clip(_SAFETY / (root * np.sqrt(root)), _SHRINK, np.where(good, _GROW, 1.0))
        before = self.time[rows]
        self.step[rows] *= factor
        accepted = rows[good]
        self.time[accepted] = before[good] + step[good, 0]
        self.points[accepted] = self.hamiltonian.retract(end[good], radii[good])
        self.slope[accepted] = slopes[-1][good]
        passed = good & (self.time[rows] >= times[np.minimum(due[rows], len(times) - 1)])
        if passed.any():
            dense = _Interpolant(start[passed], end[passed], step[passed], [k[passed] for k in slopes])
            self._visit(rows[passed], before[passed], radii[passed], dense, times, due, visit)

    def _visit(
        self,
        rows: NDArray[np.int64],
        before: Array,
        radii: Array,
        dense: _Interpolant,
        times: Array,
        due: NDArray[np.int64],
        visit: Visit,
    ) -> None:
        """Call ``visit`` for every requested time within the step that these starts have just made."""
        some = np.arange(len(rows))
        while len(some):
            columns = due[rows[some]]
            share = (times[columns] - before[some]) / dense.step[some, 0]
            visit(rows[some], columns, self.hamiltonian.retract(dense.at(some, share), radii[some]))
            due[rows[some]] += 1
            columns = due[rows[some]]
            left = columns < len(times)
            reached = self.time[rows[some]] >= times[np.minimum(columns, len(times) - 1)]
            some = some[left & reached]


class _Interpolant:
    """The curve within a step, for several starts."""

    def __init__(self, start: Array, end: Array, step: Array, slopes: list[Array]):
        self.start, self.step = start, step
        self.rise = end - start
        self.bend = step * slopes[0] - self.rise
        self.twist = self.rise - step * slopes[-1] - self.bend
        self.rest = step * _combine(_DENSE, slopes)

    def at(self, rows: NDArray[np.int64], share: Array) -> Array:
        """Points of some rows at a share in (0, 1] of the step."""
        a, b = share[:, None], 1 - share[:, None]
        inner = self.bend[rows] + a * (self.twist[rows] + b * self.rest[rows])
        return self.start[rows] + a * (self.rise[rows] + b * inner)
