"""Two times of any dynamics: how much of a point is left, and how far it has gone, a time t after the time t_w."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks
from ..errors import ArgumentError
from ..provenance import fingerprint, record
from ..results import Result
from ..statistics.uncertainty import jackknife_error
from . import inputs
from .disorder import disorder_mean

_SAME = 1e-9  # relative difference of two times that are one

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class TwoTimeCorrelation(Result):
    """Correlation and displacement of W walkers between t_w and t_w + t; with instances, a leading axis for them.

    Attributes
    ----------
    waiting_times : array (K,)
        t_w.
    times : array (T,)
        t.
    correlations : array (W, K, T) or (instances, W, K, T)
        C(t_w + t, t_w), the cosine of the two points.
    displacements : array (W, K, T) or (instances, W, K, T)
        Mean squared displacement of a coordinate, |w(t_w + t) − w(t_w)|²/dim.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "waiting_times": ("waiting_times",),
        "times": ("times",),
        "correlations": ("walker", "waiting_times", "times"),
        "displacements": ("walker", "waiting_times", "times"),
    }

    waiting_times: Array
    times: Array
    correlations: Array
    displacements: Array

    @property
    def correlation(self) -> Array:
        """C averaged over walkers and instances, (K, T)."""
        return disorder_mean(self.correlations, 2)[0]

    @property
    def correlation_error(self) -> Array:
        """Standard error of :attr:`correlation`, (K, T): over instances, over walkers where there is one."""
        return disorder_mean(self.correlations, 2)[1]

    @property
    def displacement(self) -> Array:
        """Mean squared displacement averaged as C is, (K, T)."""
        return disorder_mean(self.displacements, 2)[0]

    @property
    def displacement_error(self) -> Array:
        """Standard error of :attr:`displacement`, (K, T)."""
        return disorder_mean(self.displacements, 2)[1]

    def diffusion_exponent(self, first: float = 0.0) -> tuple[Array, Array]:
        """Exponent a of |Δw|² ∝ t^a at each waiting time, and its error, (K,).

        Slope of the logarithms of the mean by least squares, from the time ``first`` on; 1 is diffusion, 2 is motion
        straight ahead, 0 a walker that is caged. Error by jackknife over walkers, or over instances.
        """
        later = self._later(first)
        return self._slopes(self.displacements, np.broadcast_to(self.times, self.correlation.shape), later)

    def decay_exponent(self, first: float = 0.0) -> tuple[Array, Array]:
        """Exponent b of C ∝ (1 + t/t_w)^(−b) at each waiting time above 0, and its error, (K,).

        NaN where the mean is not above 0, and at t_w = 0.

        Free diffusion from a start near 0 has b = 1/2: the norm grows as the root of the time, and nothing is
        forgotten otherwise. From the time ``first`` on; error as for :meth:`diffusion_exponent`.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = 1 + self.times / self.waiting_times[:, None]
        later = self._later(first)
        slopes, error = self._slopes(self.correlations, ratio, later)
        return -slopes, error

    def ageing_exponent(self, first: float = 0.0) -> tuple[float, float]:
        """Exponent μ of ageing and its error: displacements are a function of t/t_w^μ.

        The plane ln |Δw|² = a (ln t − μ ln t_w) + b through all t_w above 0 and all t from ``first`` on, by least
        squares: exact where the function is a power. Where it bends, t and t_w should have the same range. 0: nothing
        ages, 1: the only time is the age (full ageing), beyond 1 or below 0 it slows down more or speeds up. The unit
        of time does not matter. Error by jackknife over walkers, or over instances; NaN where nothing moves.

        Raises
        ------
        ArgumentError
            Fewer than two waiting times above 0, or fewer than three times t.
        """
        old, later = self.waiting_times > 0, self._later(first)
        if old.sum() < 2:
            raise ArgumentError("waiting_times", "two above 0 or more", self.waiting_times.tolist())
        self._refuse_few(later)
        x, y = np.log(self.times[later]), np.log(self.waiting_times[old])
        x, y = x - x.mean(), y - y.mean()

        def exponents(displacement: Array) -> Array:
            """Of (..., K, T); both slopes by themselves, as the times of all t_w are the same."""
            with np.errstate(divide="ignore", invalid="ignore"):
                heights = np.log(displacement)
                along, aside = np.mean(heights @ x, axis=-1) / (x @ x), np.mean(y @ heights, axis=-1) / (y @ y)
                found = -aside / along
            return np.where(np.isfinite(found), found, np.nan)

        each = self._each(self.displacements)[:, old][..., later]
        value, error = self._with_error(each, exponents)
        return float(value), float(error)

    def _later(self, first: float) -> NDArray[np.bool_]:
        """Which times are ``first`` or later, and not 0."""
        return np.asarray((self.times >= checks.real("first", first)) & (self.times > 0))

    def _slopes(self, samples: Array, at: Array, later: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Slopes of the logarithm of the mean of samples against that of ``at`` (K, T), and their errors."""
        self._refuse_few(later)
        with np.errstate(divide="ignore", invalid="ignore"):
            x = np.log(at[:, later])
            x = x - x.mean(axis=1, keepdims=True)

        def slopes(means: Array) -> Array:
            with np.errstate(divide="ignore", invalid="ignore"):
                found = np.sum(x * np.log(means), axis=-1) / np.sum(x * x, axis=1)
            return np.where(np.isfinite(found), found, np.nan)

        return self._with_error(self._each(samples)[..., later], slopes)

    @staticmethod
    def _refuse_few(later: NDArray[np.bool_]) -> None:
        """Refuse less than three times."""
        if later.sum() < 3:
            raise ArgumentError("first", "a time that leaves three later ones or more", f"{int(later.sum())} times")

    @staticmethod
    def _each(samples: Array) -> Array:
        """Samples (n, K, T) of walkers, or means over those of an instance."""
        return samples.mean(axis=1) if samples.ndim == 4 else samples

    @staticmethod
    def _with_error(each: Array, statistic: Callable[[Array], Array]) -> tuple[Array, Array]:
        """A statistic of the mean of samples (n, K, T), and its error by jackknife; NaN for one sample."""
        n = len(each)
        value = statistic(each.mean(axis=0))
        without = (each.sum(axis=0) - each) / max(n - 1, 1)
        return value, jackknife_error(statistic(without)) if n > 1 else np.full(value.shape, np.nan)


def two_times(
    trajectories: ArrayLike, when: ArrayLike, waiting_times: ArrayLike, times: ArrayLike
) -> TwoTimeCorrelation:
    """Correlation and displacement between two times of any dynamics, from where it was at some times.

    Langevin dynamics measures both on its way (:attr:`Langevin.two_times`); the snapshots of a training are
    trajectories with the epochs as times.

    Parameters
    ----------
    trajectories : array (W, n, dim)
        Points of W walkers or replicas, none of them 0.
    when : array (n,)
        Their times, strictly rising.
    waiting_times : array (K,)
        t_w, from 0 on, rising, each of them among ``when``.
    times : array (T,)
        t, from 0 on, rising; each t_w + t is among ``when``.

    Returns
    -------
    TwoTimeCorrelation

    Raises
    ------
    ArgumentError
        Shapes that do not fit, times that do not rise or at which there is no point.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> straight = np.arange(1.0, 5.0)[:, None] * np.ones(3)
    >>> sl.two_times(straight[None], [0, 1, 2, 3], [0], [1, 2]).displacements[0, 0]
    array([1., 4.])
    """
    at = inputs.rising("when", when)
    points = checks.float_array("trajectories", trajectories, ndim=3)
    if points.shape[1] != len(at) or 0 in points.shape:
        raise ArgumentError("trajectories", f"shape (any, {len(at)}, any), a point for each time", points.shape)
    checks.squarable("trajectories", points, points.shape[2])
    waits, delays = inputs.rising("waiting_times", waiting_times), inputs.rising("times", times)
    first = _places("waiting_times", waits, at)
    norms = np.sqrt(np.einsum("wni,wni->wn", points, points))
    if not np.all(norms > 0):
        raise ArgumentError("trajectories", "points other than 0, which have a direction")
    shape = (len(points), len(waits), len(delays))
    correlations, displacements = np.empty(shape), np.empty(shape)
    for k, place in enumerate(first):
        later = _places("times", waits[k] + delays, at)
        for j, other in enumerate(later):
            change = points[:, other] - points[:, place]
            displacements[:, k, j] = np.einsum("wi,wi->w", change, change) / points.shape[2]
            product = np.einsum("wi,wi->w", points[:, other], points[:, place])
            correlations[:, k, j] = product / (norms[:, other] * norms[:, place])
    arguments = {"when": at, "waiting_times": waits, "times": delays}
    return TwoTimeCorrelation(
        waiting_times=waits,
        times=delays,
        correlations=correlations,
        displacements=displacements,
        provenance=record("two_times", arguments, data=fingerprint(points), dtype=points.dtype),
    )


def _places(name: str, wanted: Array, at: Array) -> NDArray[np.int64]:
    """Which of the times each wanted one is."""
    places = np.abs(at - wanted[:, None]).argmin(axis=1)
    missing = np.abs(at[places] - wanted) > _SAME * np.maximum(1.0, wanted)
    if missing.any():
        raise ArgumentError(name, "times t_w and t_w + t that are among when", f"{wanted[missing][0]:g}")
    return np.asarray(places)
