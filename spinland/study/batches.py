"""Protocol 4: flatness, batch size and generalisation in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..provenance import record
from ..quantities import Measured, quantity_of
from ..statistics import RankCorrelation, rank_correlation
from . import names
from .context import Context


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
    rank_filter_error, rank_walk_error : float
        Their bootstrap errors over replicas.
    rank_filter_p, rank_walk_p : float
        Two-sided p-values of no correlation.
    within_filter, within_walk : (B,) float arrays
        The same correlation within each batch size, where batch size cannot be a common cause.
    """

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
    within_walk: NDArray[Any]

    @property
    def generalisation_gap(self) -> NDArray[Any]:
        """Test loss minus training loss, (B, R)."""
        return np.asarray(self.test_loss - self.train_loss)


def compare_batch_sizes(context: Context, sizes: tuple[int, ...]) -> BatchSizeComparison:
    """Gather what was measured for each batch size; the radius is the second of the settings, or the first."""
    radii = context.config.radii
    at = min(1, len(radii) - 1)
    ensembles = [context.loaded_ensemble(names.batch(size, "ensemble")) for size in sizes]
    rise = {
        kind: np.stack([context.store.load(names.batch(size, kind)).rise[:, at] for size in sizes])
        for kind in ("filter", "walk")
    }

    def last(field: str) -> NDArray[Any]:
        return np.stack([getattr(ensemble, field)[:, -1] for ensemble in ensembles])

    quality = last("test_accuracy")
    if np.isnan(quality).all():
        quality = -last("test_loss")
    seed, draws = context.config.seed, context.config.bootstrap
    ranks: dict[str, Any] = {}
    for kind, values in rise.items():
        whole = _rank(values, quality, draws, seed)
        ranks |= {f"rank_{kind}": whole.rho, f"rank_{kind}_error": whole.error, f"rank_{kind}_p": whole.p}
        ranks[f"within_{kind}"] = np.array(
            [_rank(v, q, draws, seed).rho for v, q in zip(values, quality, strict=True)]
        )
    return BatchSizeComparison(
        provenance=record(
            "compare_batch_sizes", {"sizes": sizes, "radius": radii[at]}, seed=seed,
            data=context.landscape.fingerprint, dtype=context.landscape.dtype,
        ),
        batch_sizes=np.array(sizes), radius=radii[at],
        train_loss=last("train_loss"), test_loss=last("test_loss"),
        train_accuracy=last("train_accuracy"), test_accuracy=last("test_accuracy"),
        rise_filter=rise["filter"], rise_walk=rise["walk"], **ranks, **quantity_of(context.landscape),
    )  # fmt: skip


def _rank(rise: NDArray[Any], quality: NDArray[Any], draws: int, seed: int) -> RankCorrelation:
    """Rank correlation over the replicas that did not diverge."""
    there = np.isfinite(rise) & np.isfinite(quality)
    return rank_correlation(rise[there], quality[there], n_bootstrap=draws, seed=seed)
