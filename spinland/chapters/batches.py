"""Protocol 4: flatness, batch size and generalisation in one table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..provenance import record_on
from ..quantities import Measured, quantity_of
from ..statistics.correlation import correlation, ranks
from ..statistics.student import two_sided
from ..statistics.uncertainty import jackknife_error
from .subjects import Subject

_LARGEST = 1 - 1e-9  # of a correlation in atanh


@dataclass(frozen=True, eq=False, kw_only=True)
class BatchSizeComparison(Measured):
    """Flatness and generalisation of replicas trained with several batch sizes.

    Attributes
    ----------
    batch_sizes : (B,) int array
    train_loss, test_loss : (B, R) float arrays
        Mean loss per sample at the end (nats, or squared error).
    train_accuracy, test_accuracy : (B, R) float arrays
        NaN for regression.
    rise_filter, rise_walk : (B, R) float arrays
        Mean rise of the training loss at relative distance ``radius``, along filter-normalised directions
        and along the displacement of a random walk. The smaller, the flatter.
    radius : float
        Relative distance |δw|/|w| at which ``rise_*`` is taken.
    rank_filter, rank_walk : float
        Spearman's rank correlation of the rise with the test accuracy (with minus the test loss where there
        is no accuracy) over all replicas. Negative: the flatter, the better.
    within_filter, within_walk : (B,) float arrays
        The same correlation within each batch size, where batch size cannot be a common cause.
    within_mean_filter, within_mean_walk : float
        Their mean over the batch sizes.

    Each of these has an ``_error`` and the numbers a ``_p``. Replica r starts from the same point with every batch
    size, so errors are by jackknife over the R initial points, not over the B·R replicas, and p is the two-sided one of
    Student's t with R − 1 degrees of freedom for Fisher's atanh(ρ). NaN where ρ has none: all values equal.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "batch_sizes": ("batch_sizes",),
        "train_loss": ("batch_sizes", "replica"),
        "test_loss": ("batch_sizes", "replica"),
        "train_accuracy": ("batch_sizes", "replica"),
        "test_accuracy": ("batch_sizes", "replica"),
        "rise_filter": ("batch_sizes", "replica"),
        "rise_walk": ("batch_sizes", "replica"),
    }

    batch_sizes: NDArray[Any]
    train_loss: NDArray[Any]
    test_loss: NDArray[Any]
    train_accuracy: NDArray[Any]
    test_accuracy: NDArray[Any]
    rise_filter: NDArray[Any]
    rise_walk: NDArray[Any]
    radius: float
    rank_filter: float
    rank_filter_error: float
    rank_filter_p: float
    rank_walk: float
    rank_walk_error: float
    rank_walk_p: float
    within_filter: NDArray[Any]
    within_filter_error: NDArray[Any]
    within_walk: NDArray[Any]
    within_walk_error: NDArray[Any]
    within_mean_filter: float
    within_mean_filter_error: float
    within_mean_filter_p: float
    within_mean_walk: float
    within_mean_walk_error: float
    within_mean_walk_p: float

    @property
    def generalisation_gap(self) -> NDArray[Any]:
        """Test loss minus training loss, (B, R)."""
        return np.asarray(self.test_loss - self.train_loss)


def compare_batch_sizes(
    subject: Subject, *found: Any, sizes: tuple[int, ...], radii: tuple[float, ...], seed: int
) -> BatchSizeComparison:
    """Gather what was measured for each batch size; the radius is the second one, or the first.

    Parameters
    ----------
    subject : Subject
        The network.
    found : results
        The ensemble, the flatness along filter-normalised directions and that along walks of the first size; those of
        the second; and so on.
    sizes, radii, seed
        Of the settings.
    """
    at = min(1, len(radii) - 1)
    ensembles = found[::3]
    rise = {
        kind: np.stack([result.rise[:, at] for result in found[1 + k :: 3]])
        for k, kind in enumerate(("filter", "walk"))
    }

    def last(field: str) -> NDArray[Any]:
        return np.stack([getattr(ensemble, field)[:, -1] for ensemble in ensembles])

    quality = last("test_accuracy")
    if np.isnan(quality).all():
        quality = -last("test_loss")
    landscape = subject.landscape
    return BatchSizeComparison(
        provenance=record_on(landscape, "compare_batch_sizes", {"sizes": sizes, "radius": radii[at]}, seed=seed),
        batch_sizes=np.array(sizes),
        radius=radii[at],
        train_loss=last("train_loss"),
        test_loss=last("test_loss"),
        train_accuracy=last("train_accuracy"),
        test_accuracy=last("test_accuracy"),
        rise_filter=rise["filter"],
        rise_walk=rise["walk"],
        **_ranks(rise, quality),
        **quantity_of(landscape),
    )


def _ranks(rise: dict[str, NDArray[Any]], quality: NDArray[Any]) -> dict[str, Any]:
    """Rank correlations of all rises with the quality, over all replicas and within each batch size."""
    ranks: dict[str, Any] = {}
    for kind, values in rise.items():
        for name, statistic in ((f"rank_{kind}", _whole), (f"within_mean_{kind}", _within)):
            found = clustered(statistic, values, quality)
            ranks |= dict(zip((name, f"{name}_error", f"{name}_p"), found, strict=True))
        each = np.array([clustered(_whole, v[None], q[None]) for v, q in zip(values, quality, strict=True)])
        ranks |= {f"within_{kind}": each[:, 0], f"within_{kind}_error": each[:, 1]}
    return ranks


def clustered(
    statistic: Callable[[NDArray[Any], NDArray[Any]], float], rise: NDArray[Any], quality: NDArray[Any]
) -> tuple[float, float, float]:
    """A correlation of rise and quality (B, R), its jackknife error over the R columns, and its p.

    p is that of Student's t for atanh(ρ) over its own jackknife error: ρ scatters the less the nearer it is to 1, and
    of ρ
    itself too many nulls would be significant.
    """
    columns = np.arange(rise.shape[1])
    there = columns[(np.isfinite(rise) & np.isfinite(quality)).any(axis=0)]
    value = statistic(rise[:, there], quality[:, there])
    without = [statistic(rise[:, there[there != r]], quality[:, there[there != r]]) for r in there]
    error = float(jackknife_error(np.array(without))) if len(there) > 2 else math.nan
    if not error > 0:  # equal whatever is left out, as for three points on a line: no error to judge by
        return value, math.nan, math.nan
    z, others = (np.arctanh(np.clip(x, -_LARGEST, _LARGEST)) for x in (value, np.array(without)))
    return value, error, two_sided(float(abs(z) / jackknife_error(others)), len(there) - 1)


def _whole(rise: NDArray[Any], quality: NDArray[Any]) -> float:
    """Spearman's ρ over all replicas that did not diverge."""
    there = np.isfinite(rise) & np.isfinite(quality)
    if there.sum() < 2:
        return math.nan
    return float(correlation(ranks(rise[there]), ranks(quality[there])))


def _within(rise: NDArray[Any], quality: NDArray[Any]) -> float:
    """Mean of Spearman's ρ over the batch sizes that have one."""
    each = np.array([_whole(v, q) for v, q in zip(rise, quality, strict=True)])
    return float(each[np.isfinite(each)].mean()) if np.isfinite(each).any() else math.nan
