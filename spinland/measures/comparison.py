"""Which measure of flatness goes with generalisation: rank correlations within settings and across them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..provenance import fingerprint, record
from ..results import Result
from ..statistics.bootstrap import bootstrap_counts, bootstrap_error
from ..statistics.kendall import partial_tau, signs, tau
from ..statistics.student import two_sided

Array = NDArray[np.float64]

KINDS = ("all", "within", "batch_size", "learning_rate", "at_fixed_loss")
"""Which pairs of networks are ranked against each other."""


@dataclass(frozen=True, eq=False, kw_only=True)
class MeasureComparison(Result):
    """Measures of K kinds at replicas of S settings, and how they rank with generalisation.

    Attributes
    ----------
    measures : tuple of K str
    batch_sizes, learning_rates : array (S,)
        The settings.
    values : array (K, S, R)
        Each measure; large is sharp.
    quality : array (S, R)
        Test accuracy, or what else is better the larger it is.
    train_loss : array (S, R)
    kinds : tuple of str
        `KINDS`: all pairs of networks; pairs of one setting, averaged over settings; pairs of one replica and one
        learning rate, averaged over rates; of one replica and one batch size; all pairs at fixed training loss (partial
        correlation).
    tau, error, p : array (K, 5)
        Kendall's τ_b of measure and quality, its bootstrap error over replicas (for pairs of replicas of 8 a fifth too
        large, as resamples move pairs more than members) and two-sided p (Student's t with R − 1 degrees of freedom).
        Negative: the flatter, the better. NaN where there are no such pairs, or all are tied.
    loss_tau, loss_error : array (K, 4)
        The same of measure and training loss, for the first four kinds.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "measures": ("measure",),
        "batch_sizes": ("setting",),
        "learning_rates": ("setting",),
        "values": ("measure", "setting", "replica"),
        "quality": ("setting", "replica"),
        "train_loss": ("setting", "replica"),
        "kinds": ("kind",),
        "tau": ("measure", "kind"),
        "error": ("measure", "kind"),
        "p": ("measure", "kind"),
    }

    measures: tuple[str, ...]
    batch_sizes: Array
    learning_rates: Array
    values: Array
    quality: Array
    train_loss: Array
    kinds: tuple[str, ...]
    tau: Array
    error: Array
    p: Array
    loss_tau: Array
    loss_error: Array


def compare_measures(
    values: Mapping[str, ArrayLike],
    quality: ArrayLike,
    train_loss: ArrayLike,
    batch_sizes: ArrayLike,
    learning_rates: ArrayLike,
    *,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> MeasureComparison:
    """Rank measures of flatness against generalisation, within settings and across them.

    A correlation over all networks may come from a common cause, such as a batch size that changes both. So τ is taken
    within one setting, over replicas, and averaged; and where one hyper-parameter alone changes (Dziugaite et al.,
    arXiv:2010.11924; Jiang et al., arXiv:1912.02178). The training loss is a common cause as well: the cross-entropy of
    a network that is sure of itself is flat for that reason; the partial correlation holds it fixed.

    Parameters
    ----------
    values : mapping
        Name of each measure → its values (S, R) at R replicas of S settings. Replica r begins at the same point in all
        settings. NaN for what diverged.
    quality : array (S, R)
        Test accuracy, or minus the test loss.
    train_loss : array (S, R)
        Training loss.
    batch_sizes, learning_rates : array (S,)
        The settings.
    n_bootstrap : int
        Resamples of the R replicas, of all settings together, for the errors.
    seed : int
        64-bit seed of the resamples.

    Returns
    -------
    MeasureComparison

    Raises
    ------
    ArgumentError
        Shapes that differ, fewer than three replicas.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> rise = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
    >>> found = sl.compare_measures({"noise": rise}, -rise, rise**2 % 3, [8, 64], [0.1, 0.1])
    >>> found.tau[0, :3]
    array([-1., -1., -1.])
    """
    if not isinstance(values, Mapping) or not values:
        raise ArgumentError("values", "a mapping of names to arrays (S, R), one at least", values)
    good = checks.float_array("quality", quality, ndim=2, finite=False)
    if good.shape[0] < 1 or good.shape[1] < 3:
        raise ArgumentError("quality", "shape (S, R) with 3 replicas at least", f"shape {good.shape}")
    loss = checks.float_array("train_loss", train_loss, shape=good.shape, finite=False)
    sizes = checks.float_array("batch_sizes", batch_sizes, shape=good.shape[:1])
    rates = checks.float_array("learning_rates", learning_rates, shape=good.shape[:1])
    n_bootstrap = checks.integer("n_bootstrap", n_bootstrap, minimum=2)
    seed = rng.seed64("seed", seed)
    names = tuple(checks.instance("values", name, str, "texts as names") for name in values)
    table = np.stack(
        [checks.float_array(f"values[{name!r}]", values[name], shape=good.shape, finite=False) for name in names]
    )
    replicas = good.shape[1]
    counts = np.concatenate([np.ones((1, replicas)), bootstrap_counts(seed, n_bootstrap, replicas)])
    ranked = _Ranking.of(good, loss, _families(sizes, rates, replicas), np.tile(counts, (1, len(good))))
    found = [ranked.of_measure(values) for values in table]
    whole, losses = np.stack([one[0] for one in found]), np.stack([one[1] for one in found])  # (K, kinds, draws)
    error, loss_error = (_error(each) for each in (whole, losses))
    data = fingerprint(table, good, loss, sizes, rates)
    arguments = {"measures": names, "n_bootstrap": n_bootstrap}
    return MeasureComparison(
        measures=names,
        batch_sizes=sizes,
        learning_rates=rates,
        values=table,
        quality=good,
        train_loss=loss,
        kinds=KINDS,
        tau=whole[..., 0],
        error=error,
        p=_chance(whole[..., 0], error, replicas),
        loss_tau=losses[..., 0],
        loss_error=loss_error,
        provenance=record("compare_measures", arguments, seed=seed, data=data, dtype=np.float64),
    )


class Family(NamedTuple):
    """Weights (N, N) of pairs, one matrix for each group whose τ is averaged, and whether pairs are of one replica.

    A resample that has a replica twice has its pairs twice, not four times.
    """

    groups: list[Array]
    shared: bool = False


def _families(sizes: Array, rates: Array, replicas: int) -> list[Family]:
    """The groups of pairs of the first four `KINDS`; network s·R + r is replica r of setting s."""
    setting = np.repeat(np.arange(len(sizes)), replicas)
    replica = np.tile(np.arange(replicas), len(sizes))
    size, rate = np.repeat(sizes, replicas), np.repeat(rates, replicas)
    other = ~np.eye(len(setting), dtype=bool)
    same = replica[:, None] == replica

    def groups(label: NDArray[Any], alike: NDArray[np.bool_]) -> list[Array]:
        members = [label == value for value in np.unique(label)]
        found = [np.logical_and.outer(some, some) & alike & other for some in members]
        return [pairs.astype(np.float64) for pairs in found if pairs.any()]

    everywhere = np.ones_like(other)
    return [
        Family([other.astype(np.float64)]),
        Family(groups(setting, everywhere)),
        Family(groups(rate, same), shared=True),
        Family(groups(size, same), shared=True),
    ]


class _Ranking(NamedTuple):
    """What all measures are ranked against."""

    quality: Array
    loss: Array
    families: list[Family]
    counts: Array
    quality_loss: Array

    @classmethod
    def of(cls, quality: Array, loss: Array, families: list[Family], counts: Array) -> _Ranking:
        """From values (S, R) and counts (draws, N) of each network."""
        good, low = signs(quality.ravel()), signs(loss.ravel())
        return cls(good, low, families, counts, tau(good, low, families[0].groups[0], counts))

    def of_measure(self, values: Array) -> tuple[Array, Array]:
        """τ with the quality (5, draws) and with the loss (4, draws) of a measure (S, R)."""
        sharp = signs(values.ravel())
        with_quality, with_loss = (
            np.stack([self._mean(sharp, other, family) for family in self.families])
            for other in (self.quality, self.loss)
        )
        partial = partial_tau(with_quality[0], with_loss[0], self.quality_loss)
        return np.concatenate([with_quality, partial[None]]), with_loss

    def _mean(self, sharp: Array, other: Array, family: Family) -> Array:
        """Mean of τ over the groups of a family that have one."""
        counts = np.sqrt(self.counts) if family.shared else self.counts
        nothing = [np.full(len(counts), np.nan)]
        each = np.stack([tau(sharp, other, pairs, counts) for pairs in family.groups] or nothing)
        there = np.isfinite(each)
        total = np.where(there, each, 0.0).sum(axis=0)
        return np.asarray(np.where(there.any(axis=0), total / np.maximum(there.sum(axis=0), 1), np.nan))


def _error(draws: Array) -> Array:
    """Bootstrap errors (K, kinds) of draws (K, kinds, 1 + n), the first of which is the estimate."""
    return np.where(np.isfinite(draws[..., 0]), bootstrap_error(np.moveaxis(draws[..., 1:], -1, 0)), np.nan)


def _chance(value: Array, error: Array, replicas: int) -> Array:
    """Two-sided p of Student's t (K, kinds); NaN where there is no error to judge by."""
    found = np.full(value.shape, np.nan)
    for place in zip(*np.nonzero(np.isfinite(value) & (error > 0)), strict=True):
        found[place] = two_sided(float(abs(value[place]) / error[place]), replicas - 1)
    return found
