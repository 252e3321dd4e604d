"""A ladder of temperatures on the sphere: exact moves at each of them, and exchange between neighbours."""

from __future__ import annotations

import numpy as np

from ..progress import Advance
from ..rng import Purpose, fill_normals, fill_uniforms
from .hamiltonian import Array, Hamiltonian, dots

_TARGET = 0.6  # acceptance to which the moves are tuned; 0.574 is best in many dimensions
_ROUND = 10  # sweeps between two adjustments while tuning


class Ladder:
    """C copies of K temperatures; row c·K + k of the points is copy c at temperature k.

    A move proposes the tangent vector v = −h∇H + sqrt(2Th) ξ, followed by rescaling to the sphere, and is accepted
    with Metropolis' and Hastings' probability (MALA). A point and its proposal determine v and the vector of the
    way back; the factor between a tangent vector's volume and the sphere's depends on the angle between the two
    points alone, so it is the same both ways and drops out. With it the weight exp(−H/T) is kept exactly.
    """

    def __init__(self, hamiltonian: Hamiltonian, temperatures: Array, points: Array, seed: int, first: int):
        self.hamiltonian, self.seed = hamiltonian, seed
        self.n_temperatures, self.n_copies = len(temperatures), len(points) // len(temperatures)
        self.temperatures = np.tile(temperatures, self.n_copies)
        self.radii = hamiltonian.radii(points)
        self.points = hamiltonian.retract(points, self.radii)
        self.values, self.gradient = hamiltonian.value_gradient(self.points)
        self.rows = first + np.arange(len(points))
        self.sweeps = 0
        self.move_size = np.full(self.n_temperatures, 0.02)
        self.walker = np.tile(np.arange(self.n_temperatures), (self.n_copies, 1))
        self._travel = np.zeros(self.walker.shape, np.int64)  # 0 new, 1 from the coldest, 2 from the hottest
        self.reset()

    def reset(self) -> None:
        """Forget what was counted."""
        self.counted = 0
        self.moved = np.zeros(self.n_temperatures)
        self.swapped = np.zeros(self.n_temperatures - 1)
        self.offered = np.zeros(self.n_temperatures - 1)
        self.round_trips = np.zeros(self.n_copies, np.int64)
        self._travel[:] = 0

    def tune(self, n_sweeps: int, advance: Advance) -> None:
        """Sweep, and fit the size of the moves of each temperature to the acceptance."""
        for k in range(n_sweeps):
            self.sweep()
            advance()
            if (k + 1) % _ROUND == 0:
                share = self.moved / self.counted
                gain = max(1.0, 4.0 / (1 + k / (4 * _ROUND)))  # large steps first
                self.move_size *= np.exp(gain * (share - _TARGET))
                self.reset()
        self.reset()

    def sweep(self) -> None:
        """One move of every row, then exchange of neighbours: even pairs and odd pairs by turns."""
        chance = np.empty((len(self.rows), 2))
        fill_uniforms(chance, self.seed, Purpose.EXCHANGE, self.rows, self.sweeps)
        self._move(np.log(chance[:, 0]))
        self._exchange(np.log(chance[:, 1].reshape(self.n_copies, -1)))
        self._count_trips()
        self.sweeps += 1
        self.counted += 1

    def _move(self, log_chance: Array) -> None:
        h, spread = np.tile(self.move_size, self.n_copies), 4 * self.temperatures
        normal = np.empty(self.points.shape)
        fill_normals(normal, self.seed, Purpose.THERMAL, self.rows, self.sweeps)
        noise = self.hamiltonian.tangent(self.points, normal)
        forth = -h[:, None] * self.gradient + np.sqrt(2 * self.temperatures * h)[:, None] * noise
        points = self.hamiltonian.retract(self.points + forth, self.radii)
        values, gradient = self.hamiltonian.value_gradient(points)
        cosine = dots(self.points, points) / self.radii**2
        back = self.points / cosine[:, None] - points
        there, home = forth + h[:, None] * self.gradient, back + h[:, None] * gradient
        log_ratio = self.hamiltonian.extent * (self.values - values) / self.temperatures + (
            dots(there, there) - dots(home, home)
        ) / (spread * h)
        good = log_chance < log_ratio
        self.points[good], self.values[good], self.gradient[good] = points[good], values[good], gradient[good]
        self.moved += good.reshape(self.n_copies, -1).mean(axis=0)

    def _exchange(self, log_chance: Array) -> None:
        cold = np.arange(self.sweeps % 2, self.n_temperatures - 1, 2)
        beta = 1 / self.temperatures[: self.n_temperatures]
        energy = self.hamiltonian.extent * self.values.reshape(self.n_copies, -1)
        log_ratio = (beta[cold] - beta[cold + 1]) * (energy[:, cold] - energy[:, cold + 1])
        copies, pairs = np.nonzero(log_chance[:, cold] < log_ratio)
        a = copies * self.n_temperatures + cold[pairs]
        for array in (self.points, self.values, self.gradient, self.walker.reshape(-1)):
            array[a], array[a + 1] = array[a + 1], array[a]
        self.swapped[cold] += np.bincount(pairs, minlength=len(cold)) / self.n_copies
        self.offered[cold] += 1

    def _count_trips(self) -> None:
        """A round trip leads from the coldest temperature to the hottest and back."""
        copies = np.arange(self.n_copies)
        top, bottom = self.walker[:, -1], self.walker[:, 0]
        self.round_trips += (self._travel[copies, bottom] == 2) & (self.n_temperatures > 1)
        self._travel[copies, bottom] = 1
        self._travel[copies, top] = np.where(self._travel[copies, top] > 0, 2, 0)
