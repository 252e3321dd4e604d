"""Results of the comparison of depths: a rate for each depth, networks at one training loss, what is measured there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..quantities import Measured
from ..results import Result


@dataclass(frozen=True, eq=False, kw_only=True)
class RateSweep(Result):
    """Final losses of networks of one kind, trained at several learning rates.

    Attributes
    ----------
    rates : (L,) float64
    losses : (L, R) float64
        Mean loss per sample after the last epoch, on the training set where depths are compared, on samples that were
        held out where optimisers are; NaN for replicas that diverged.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {"rates": ("rates",), "losses": ("rates", "replica")}

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean loss (L,) over replicas; infinite where one diverged."""
        return np.asarray(np.where(np.isfinite(self.losses), self.losses, np.inf).mean(axis=1))

    @property
    def best(self) -> float:
        """The rate of the lowest mean loss, the smallest of several."""
        return float(self.rates[np.argmin(self.means)])

    @property
    def at_the_end(self) -> bool:
        """Whether it is the smallest or the largest of the rates: beyond it may be a better one."""
        return self.best in (self.rates.min(), self.rates.max())


@dataclass(frozen=True, eq=False, kw_only=True)
class MatchedReplicas(Result):
    """Replicas of one kind as they were after the first epoch with a training loss at or below a common one.

    Attributes
    ----------
    level : float
        The common training loss.
    params : float array (R, dim)
        NaN for replicas that never got there.
    epochs : (R,) float64
        The epoch; NaN for those.
    train_loss, test_loss, test_accuracy : (R,) float64
        After that epoch.
    learning_rate : float
        At which they were trained.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        name: ("replica",) for name in ("epochs", "train_loss", "test_loss", "test_accuracy")
    }

    level: float
    params: NDArray[Any]
    epochs: NDArray[np.float64]
    train_loss: NDArray[np.float64]
    test_loss: NDArray[np.float64]
    test_accuracy: NDArray[np.float64]
    learning_rate: float

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """Replicas (R,) that never got there."""
        return np.isnan(self.epochs)


@dataclass(frozen=True, eq=False, kw_only=True)
class DepthMeasures(Measured):
    """What the landscape is like around networks of one depth, a number for each replica.

    NaN for replicas that never reached the common training loss.

    Attributes
    ----------
    radius : float
        Relative distance of ``rise``.
    rise : (R,) float64
        Mean rise of the training loss along filter-normalised directions.
    roughness : (R,) float64
        Standard deviation of the increments of the loss along random walks, of steps of equal relative length.
    correlation_length : (R,) float64
        Of the fluctuations along them, in steps; NaN where they are longer than half of the walk.
    largest : (R,) float64
        Largest eigenvalue of the Hessian; NaN where it did not converge.
    trace, trace_error : (R,) float64
        Trace of the Hessian, and the error of its estimate.
    rise_far, rise_ends, rise_double : (R,) float64
        Mean rise at relative distance 1 along directions in all layers; the same directions in the first and in the
        last layer only; and these again for the loss of a softmax of the softmax (NaN without classes).
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        name: ("replica",)
        for name in (
            "rise",
            "roughness",
            "correlation_length",
            "largest",
            "trace",
            "trace_error",
            "rise_far",
            "rise_ends",
            "rise_double",
        )
    }

    radius: float
    rise: NDArray[np.float64]
    roughness: NDArray[np.float64]
    correlation_length: NDArray[np.float64]
    largest: NDArray[np.float64]
    trace: NDArray[np.float64]
    trace_error: NDArray[np.float64]
    rise_far: NDArray[np.float64]
    rise_ends: NDArray[np.float64]
    rise_double: NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class DepthComparison(Measured):
    """Networks of several depths and equally many parameters, at one training loss.

    Attributes
    ----------
    depths : (D,) int64
        Hidden layers.
    n_parameters : int
        Parameters that all should have.
    shapes : tuple of str
        Widths of each.
    residues : (D,) int64
        Parameters of each less those that it should have.
    rates : (D,) float64
        Learning rate of each.
    level : float
        Training loss at which they are compared.
    train_loss, test_loss, test_accuracy, epochs : (D, R) float64
        There; NaN for replicas that never got there.
    radius : float
        Relative distance of ``rise``.
    rise, roughness, correlation_length, largest, trace, rise_far, rise_ends, rise_double : (D, R) float64
        As in `DepthMeasures`.
    barrier_before, barrier : (D, B) float64
        Barriers on the lines between disjoint pairs of replicas, before and after alignment; NaN where there are fewer
        pairs.
    order, order_error : (D,) float64
        Effective order on the sphere of the replicas' mean norm, with its error over pairs of points.
    order_initial, order_initial_error : (D,) float64
        The same on the sphere of the norm at the start.
    log_complex : (D,) float64
        Logarithm of the number of complex critical points of the glass that stands for networks of this depth
        (`theory.critical_points_by_depth`).
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "depths": ("depths",),
        "residues": ("depths",),
        "rates": ("depths",),
        "order": ("depths",),
        "order_error": ("depths",),
        "order_initial": ("depths",),
        "order_initial_error": ("depths",),
        "log_complex": ("depths",),
        "barrier_before": ("depths", "pair"),
        "barrier": ("depths", "pair"),
        **{
            name: ("depths", "replica")
            for name in (
                "train_loss",
                "test_loss",
                "test_accuracy",
                "epochs",
                "rise",
                "roughness",
                "correlation_length",
                "largest",
                "trace",
                "rise_far",
                "rise_ends",
                "rise_double",
            )
        },
    }

    depths: NDArray[np.int64]
    n_parameters: int
    shapes: tuple[str, ...]
    residues: NDArray[np.int64]
    rates: NDArray[np.float64]
    level: float
    train_loss: NDArray[np.float64]
    test_loss: NDArray[np.float64]
    test_accuracy: NDArray[np.float64]
    epochs: NDArray[np.float64]
    radius: float
    rise: NDArray[np.float64]
    roughness: NDArray[np.float64]
    correlation_length: NDArray[np.float64]
    largest: NDArray[np.float64]
    trace: NDArray[np.float64]
    rise_far: NDArray[np.float64]
    rise_ends: NDArray[np.float64]
    rise_double: NDArray[np.float64]
    barrier_before: NDArray[np.float64]
    barrier: NDArray[np.float64]
    order: NDArray[np.float64]
    order_error: NDArray[np.float64]
    order_initial: NDArray[np.float64]
    order_initial_error: NDArray[np.float64]
    log_complex: NDArray[np.float64]
