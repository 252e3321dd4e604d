"""Equilibrium of a glass by replica exchange: energy, specific heat and the distribution of overlaps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import budget, checks, rng
from ..errors import ArgumentError
from ..landscape.protocol import Landscape
from ..progress import track
from ..provenance import record_on
from ..quantities import Measured, quantity_of
from ..statistics import chains, histograms
from ..statistics.uncertainty import standard_error
from . import inputs
from .hamiltonian import Hamiltonian, dots
from .ladder import Ladder


@dataclass(frozen=True, eq=False, kw_only=True)
class ReplicaExchange(Measured):
    """Samples at K temperatures from C copies; with a list of instances arrays have a leading axis for them.

    Attributes
    ----------
    temperatures : array (K,)
        Rising.
    extent : int
        Factor between value and H: N of a glass.
    energies : array (n, K, C) or (instances, n, K, C)
        Value of the n samples: H/N of a glass.
    overlaps : array (n, K, C(C−1)/2) or (instances, n, K, C(C−1)/2)
        Cosine of two copies at one temperature.
    move_acceptance, move_sizes : array (K,) or (instances, K)
        Share of the moves that were accepted, and the time step h to which they were tuned.
    swap_acceptance : array (K−1,) or (instances, K−1)
        Share of the exchanges of temperatures k and k + 1 that were accepted.
    round_trips : integer array (C,) or (instances, C)
        Ways of a walker from the coldest temperature to the hottest and back.
    points : array (K, C, dim) or (instances, K, C, dim)
        The last sample.
    symmetric : bool
        Whether H(−σ) = H(σ), as in a glass whose orders are all even: then q and −q are equally likely.
    """

    temperatures: NDArray[np.float64]
    extent: int
    energies: NDArray[np.float64]
    overlaps: NDArray[np.float64]
    move_acceptance: NDArray[np.float64]
    move_sizes: NDArray[np.float64]
    swap_acceptance: NDArray[np.float64]
    round_trips: NDArray[np.int64]
    points: NDArray[Any]
    symmetric: bool = False

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean energy (K,) over samples, copies and instances."""
        return np.asarray(np.mean([e.mean(axis=(0, 2)) for e in self._energies], axis=0))

    @property
    def error(self) -> NDArray[np.float64]:
        """Standard error of :attr:`mean` (K,): over instances, or over blocks of the samples of the only one.

        Blocks, of all errors of this result, are 40 times the largest of the autocorrelation times, 5 to 20 of them.
        A `ShortRunWarning` says where the run is too short for that.
        """
        if len(self._energies) > 1:
            return standard_error(np.stack([e.mean(axis=(0, 2)) for e in self._energies]))
        return chains.chain_error(self._energies[0], self._blocks())

    @property
    def autocorrelation_time(self) -> NDArray[np.float64]:
        """Integrated autocorrelation time of the energy (K,), in samples; the mean over instances."""
        return np.mean([chains.autocorrelation_time(e) for e in self._energies], axis=0)

    @property
    def overlap_autocorrelation_time(self) -> NDArray[np.float64]:
        """The same of the overlap of two copies (K,): at low temperature much longer. NaN for one copy.

        What a run has not met it cannot tell: in a run of fewer than about 200 of these times they are too small.
        """
        return np.mean([chains.autocorrelation_time(q) for q in self._overlaps], axis=0)

    def specific_heat(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Specific heat per spin d(H/N)/dT (K,) from the fluctuations of H, and its error.

        Returns
        -------
        heat, error : array (K,)
            N Var(H/N)/T²; the error is over instances, or over blocks of the samples of the only one.
        """
        factor = self.extent / self.temperatures**2
        return self._estimate(self._energies, lambda s: factor * s.var(axis=(0, 2)))

    def overlap_density(
        self, bins: int = 50, *, folded: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """P(q) at each temperature.

        Parameters
        ----------
        bins : int
            Bins between −1 and 1, or between 0 and 1.
        folded : bool
            The density of |q|, for a glass of even order, where the sign of q means nothing.

        Returns
        -------
        edges : array (bins + 1,)
        density, error : array (K, bins)
            The error is over instances, or over blocks of the samples of the only one.

        Raises
        ------
        ArgumentError
            There is one copy only, so there are no overlaps.
        """
        bins = checks.integer("bins", bins, minimum=1)
        checks.room("bins", bins, 4 * 8 * bins * self.overlaps.size)
        edges = np.linspace(0 if checks.boolean("folded", folded) else -1, 1, bins + 1)
        if self.overlaps.shape[-1] == 0:
            raise ArgumentError("copies", "two copies or more, whose overlap is taken", 1)
        samples = np.abs(self._overlaps) if folded else self._overlaps
        return edges, *self._estimate(samples, lambda s: histograms.density(s, edges))

    def _estimate(
        self, samples: NDArray[np.float64], estimate: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean over instances of an estimate from the samples of each, and its error."""
        values = np.stack([estimate(part) for part in samples])
        if len(values) > 1:
            return values.mean(axis=0), standard_error(values)
        return values[0], chains.block_error(samples[0], estimate, self._blocks())

    def _blocks(self) -> int:
        """Blocks for the errors of the only instance: long against all memories, as temperatures exchange theirs."""
        memories = np.append(self.autocorrelation_time, self.overlap_autocorrelation_time)
        return chains.block_count(len(self._energies[0]), float(np.fmax.reduce(memories)))

    @property
    def _energies(self) -> NDArray[np.float64]:
        return self.energies if self.energies.ndim == 4 else self.energies[None]

    @property
    def _overlaps(self) -> NDArray[np.float64]:
        return self.overlaps if self.overlaps.ndim == 4 else self.overlaps[None]


def replica_exchange(
    landscape: Landscape | Sequence[Landscape],
    temperatures: ArrayLike,
    n_sweeps: int = 2000,
    seed: int = 0,
    *,
    copies: int = 2,
    n_warmup: int | None = None,
    stride: int = 1,
) -> ReplicaExchange:
    """Sample exp(−H/T) on the sphere at several temperatures that exchange their points (parallel tempering).

    Moves are Langevin proposals accepted by Metropolis' rule, so that averages have no error of a time step;
    neighbouring temperatures exchange their points with probability min(1, exp((1/T − 1/T')(H − H')))
    (Hukushima and Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996)). The copies never meet: their overlaps are
    those of independent samples of one instance.

    Parameters
    ----------
    landscape : Landscape or sequence of Landscape
        A landscape on a sphere, such as a glass, or several instances of one dimension.
    temperatures : array (K,)
        Strictly rising, above 0. Neighbours should be so close that a good share of swaps is accepted.
    n_sweeps : int
        Sweeps after the warm-up: a move of every point and an exchange of every other pair of neighbours.
    seed : int
        64-bit seed.
    copies : int
        Independent ladders, at least 1; two or more for overlaps.
    n_warmup : int, optional
        Sweeps before, in which the moves are tuned too; by default half of ``n_sweeps``.
    stride : int
        Sweeps from one sample to the next.

    Returns
    -------
    ReplicaExchange

    Raises
    ------
    ArgumentError
        Temperatures that are not positive and rising, a landscape in flat space, fewer sweeps than the stride.
    """
    items, single = inputs.landscapes(landscape)
    if not all(item.geometry.radius is not None for item in items):
        raise ArgumentError("landscape", "a landscape on a sphere of known radius, where exp(−H/T) has a norm")
    levels = inputs.rising("temperatures", temperatures, above=0.0)
    stride = checks.integer("stride", stride, minimum=1)
    n_sweeps = checks.integer("n_sweeps", n_sweeps, minimum=stride)
    copies = checks.integer("copies", copies, minimum=1)
    n_warmup = n_sweeps // 2 if n_warmup is None else checks.integer("n_warmup", n_warmup, minimum=0)
    seed = rng.seed64("seed", seed)
    numbers = len(items) * len(levels) * (n_sweeps // stride) * (copies + copies * (copies - 1) // 2)
    most = budget.fitting(budget.EXCHANGE_SAMPLES, 8)
    if numbers > most:
        raise ArgumentError(
            "n_sweeps" if copies < 100 else "copies",
            f"samples of at most {most} numbers; stride keeps fewer of them",
            f"{numbers} numbers",
        )
    parts = []
    sweeps = n_warmup + n_sweeps // stride * stride
    with track(len(items) * sweeps, "replica exchange") as advance:
        for i, item in enumerate(items):
            ladder = _ladder(item, levels, copies, seed, i)
            ladder.tune(n_warmup, advance)
            parts.append(_sample(ladder, n_sweeps // stride, stride, advance))
    arguments = {"temperatures": levels, "n_sweeps": n_sweeps, "copies": copies, "n_warmup": n_warmup, "stride": stride}
    return ReplicaExchange(
        temperatures=levels,
        extent=Hamiltonian(items[0]).extent,
        **inputs.gather(parts, single),
        symmetric=all(item.symmetric for item in items),
        **quantity_of(items[0]),
        provenance=record_on(items, "replica_exchange", arguments, seed=seed),
    )


def _ladder(landscape: Landscape, temperatures: NDArray[np.float64], copies: int, seed: int, instance: int) -> Ladder:
    """Uniform starts; row r of instance i has the number i·(copies·K) + r in all random streams."""
    rows = copies * len(temperatures)
    points = np.empty((rows, landscape.dim))
    rng.fill_normals(points, seed, rng.Purpose.SPINS, instance * rows + np.arange(rows), 0)
    hamiltonian = Hamiltonian(landscape)
    points = hamiltonian.retract(points, hamiltonian.radii(points))
    return Ladder(hamiltonian, temperatures, points, seed, instance * rows)


def _sample(ladder: Ladder, n_samples: int, stride: int, advance: Any) -> dict[str, Any]:
    """Arrays of one instance."""
    n_copies, n_levels = ladder.n_copies, ladder.n_temperatures
    first, second = np.triu_indices(n_copies, 1)
    energies = np.empty((n_samples, n_levels, n_copies))
    overlaps = np.empty((n_samples, n_levels, len(first)))
    for n in range(n_samples):
        for _ in range(stride):
            ladder.sweep()
            advance()
        energies[n] = ladder.values.reshape(n_copies, n_levels).T
        points = ladder.points.reshape(n_copies, n_levels, -1)
        for k in range(n_levels):
            overlaps[n, k] = dots(points[first, k], points[second, k]) / ladder.radii[0] ** 2
    with np.errstate(invalid="ignore"):
        swaps = ladder.swapped / ladder.offered
    return {
        "energies": energies,
        "overlaps": overlaps,
        "move_acceptance": ladder.moved / ladder.counted,
        "move_sizes": ladder.move_size,
        "swap_acceptance": swaps,
        "round_trips": ladder.round_trips,
        "points": points.transpose(1, 0, 2).astype(ladder.hamiltonian.landscape.dtype),
    }
