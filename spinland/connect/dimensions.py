"""How many coordinates a task needs: accuracy against the dimension of a subspace (Li et al., arXiv:1804.08838)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import checks, provenance, rng
from ..data.loading import dataset_of
from ..errors import ArgumentError, DivergenceWarning
from ..landscape.network import ReLUNetwork
from ..progress import track
from ..results import Result
from ..statistics.logistic import logistic_fit
from ..statistics.uncertainty import jackknife_error
from ..training.ensemble import Ensemble
from ..training.loop import train
from ..training.optimizers import SGD, Adam, Optimizer, named
from ..training.settings import ADAM
from .projections import KINDS, check_dimension
from .subspaces import SubspaceEnsemble, train_subspace

BASELINES = ("100 %", "direct training")
"""What the threshold is a share of: all samples right, or the mean accuracy of direct training."""


@dataclass(frozen=True, eq=False, kw_only=True)
class IntrinsicDimension(Result):
    """Accuracy and loss against the dimension of the subspace, and where they are good enough.

    Arrays with two entries belong to the two baselines of `BASELINES`, in their order.

    Attributes
    ----------
    dimensions : int64 array (K,)
        Coordinates d, rising.
    accuracy, test_loss, train_accuracy, train_loss : float64 arrays (K, R)
        After the training of each replica; NaN where it diverged. Replica r has the same start at every d, and a
        subspace of its own.
    direct : float64 array (D,)
        Test accuracy of direct training.
    best : int64 array (K,)
        Which of the optimisers is told: that of the lowest mean training loss.
    threshold : float
        Share of the baseline that is asked for.
    required : float64 array (2,)
        The test accuracies that this means.
    crossing, crossing_error : float64 array (2,)
        d at which the mean accuracy reaches them, interpolated in log d, and its jackknife error over replicas; NaN
        where it does not, or reaches them at the first d.
    success : float64 array (2, K)
        Share of the replicas that reach them.
    midpoint, midpoint_error, width, width_error : float64 arrays (2,)
        Logistic curve of that share against ln d: P = 1/(1 + exp(−(ln d − midpoint)/width)).
    n_params : int
        Parameters of the network.
    """

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "dimensions": ("dimensions",),
        "accuracy": ("dimensions", "replica"),
        "test_loss": ("dimensions", "replica"),
        "train_accuracy": ("dimensions", "replica"),
        "train_loss": ("dimensions", "replica"),
        "best": ("dimensions",),
    }

    dimensions: NDArray[np.int64]
    accuracy: NDArray[np.float64]
    test_loss: NDArray[np.float64]
    train_accuracy: NDArray[np.float64]
    train_loss: NDArray[np.float64]
    direct: NDArray[np.float64]
    best: NDArray[np.int64]
    threshold: float
    required: NDArray[np.float64]
    crossing: NDArray[np.float64]
    crossing_error: NDArray[np.float64]
    success: NDArray[np.float64]
    midpoint: NDArray[np.float64]
    midpoint_error: NDArray[np.float64]
    width: NDArray[np.float64]
    width_error: NDArray[np.float64]
    n_params: int


def intrinsic_dimension(
    network: ReLUNetwork,
    dataset: Any,
    dimensions: ArrayLike,
    n_replicas: int,
    threshold: float = 0.9,
    optimizer: Optimizer | Sequence[Optimizer] = ADAM,
    batch_size: int = 32,
    epochs: int = 10,
    seed: int = 0,
    *,
    baseline: Ensemble | None = None,
    origin: ArrayLike | None = None,
    projection: str = "signs",
    dtype: DTypeLike = "float32",
    device: str = "cpu",
    precision: str | None = None,
) -> IntrinsicDimension:
    """Train in random subspaces of several dimensions and tell from which on the accuracy is good enough.

    Two thresholds are told, as one number without its baseline says little: a share of all samples, and the same share
    of what direct training reaches. For each, where the mean accuracy crosses it, and the probability that a replica
    reaches it as a logistic curve of ln d (Larsen et al., arXiv:2107.05802).

    Parameters
    ----------
    network : ReLUNetwork
        Architecture, for a classification.
    dataset : Dataset, str, or (x_train, y_train, x_test, y_test)
        What to learn.
    dimensions : integer array (K,)
        Coordinates d, rising, at most the number of parameters.
    n_replicas : int
        Replicas at each d, each in a subspace of its own; two at least.
    threshold : float
        Share of the baseline, in (0, 1).
    optimizer : Optimizer or sequence of Optimizer
        Of several the one with the lowest mean training loss counts, at each d and for direct training: the rate that
        suits d changes with it.
    batch_size, epochs, seed, dtype, device, precision
        As for :func:`train`.
    baseline : Ensemble, optional
        Replicas of direct training; by default as many are trained here.
    origin, projection
        As for :func:`train_subspace`.

    Returns
    -------
    IntrinsicDimension

    Warns
    -----
    DivergenceWarning
        Tells how many replicas became infinite or NaN, at which d and with which optimiser; they count as failures.

    Raises
    ------
    ArgumentError
        A regression, dimensions that do not rise or are too many, a threshold outside (0, 1).

    Examples
    --------
    >>> import spinland as sl
    >>> network = sl.ReLUNetwork((64, 8, 10))
    >>> found = sl.intrinsic_dimension(network, "digits", [5, 50], 2, optimizer=sl.Adam(0.05), epochs=2)
    >>> bool(found.accuracy[1].mean() > found.accuracy[0].mean())
    True
    """
    checks.instance("network", network, ReLUNetwork)
    data = dataset_of("dataset", dataset)
    if data.task != "classification":
        raise ArgumentError("dataset", "a classification, whose answers are right or wrong", "a regression")
    sizes = _rising(dimensions, network.n_params)
    n_replicas = checks.integer("n_replicas", n_replicas, minimum=2)
    threshold = checks.real("threshold", threshold, above=0)
    if threshold >= 1:
        raise ArgumentError("threshold", "a share below 1", threshold)
    rules = _optimizers(optimizer)
    checks.choice("projection", projection, KINDS)
    seed = rng.seed64("seed", seed)
    common: dict[str, Any] = {
        "batch_size": batch_size,
        "epochs": epochs,
        "seed": seed,
        "evaluate": "final",
        "dtype": dtype,
        "device": device,
        "precision": precision,
    }
    own: dict[str, Any] = {"origin": origin, "projection": projection}
    found, best = [], []
    with warnings.catch_warnings(), track(len(sizes) * len(rules), "subspaces") as advance:
        warnings.simplefilter("ignore", DivergenceWarning)  # one that tells of all is given below
        direct = _direct(network, data, n_replicas, rules, common) if baseline is None else _given(baseline, network)
        for size in sizes.tolist():
            tried = []
            for rule in rules:
                tried.append(train_subspace(network, data, size, n_replicas, optimizer=rule, **own, **common))
                advance()
            best.append(_best(tried))
            found.append(tried[best[-1]])
    _warn(found, [named(rules[k]) for k in best])
    last = {
        name: np.array([getattr(one, source)[:, -1] for one in found])
        for name, source in (
            ("accuracy", "test_accuracy"),
            ("test_loss", "test_loss"),
            ("train_accuracy", "train_accuracy"),
            ("train_loss", "train_loss"),
        )
    }
    arguments = {"dimensions": sizes, "threshold": threshold, "trained": found[0].provenance.arguments}
    arguments |= {"optimizers": [f"{rule}" for rule in rules], "baseline": direct}
    made = provenance.record(
        "intrinsic_dimension",
        arguments,
        seed=seed,
        data=data.fingerprint,
        device=device,
        dtype=found[0].params.dtype,
        precision=found[0].provenance.precision,
    )
    return IntrinsicDimension(
        dimensions=sizes,
        **last,
        direct=direct,
        best=np.array(best),
        threshold=threshold,
        **_thresholds(sizes, last["accuracy"], direct, threshold),
        n_params=network.n_params,
        provenance=made,
    )


def _warn(found: Sequence[SubspaceEnsemble], rules: Sequence[str]) -> None:
    """Warn whoever called the public function, where replicas have diverged."""
    lost = [
        f"{int(one.diverged.sum())} of {len(one.params)} at d = {one.dimension} "
        f"(by step {int(np.asarray(one.taken)[one.diverged].max())}, with {rule})"
        for one, rule in zip(found, rules, strict=True)
        if one.diverged.any()
    ]
    if lost:
        warnings.warn(f"diverged replicas, now NaN: {', '.join(lost)}", DivergenceWarning, stacklevel=3)


def _rising(dimensions: ArrayLike, dim: int) -> NDArray[np.int64]:
    sizes = checks.whole_numbers("dimensions", dimensions, dim + 1)
    if not len(sizes) or np.any(np.diff(sizes) <= 0):
        raise ArgumentError("dimensions", "rising numbers, one at least", sizes)
    check_dimension("dimensions", int(sizes[0]), dim)
    return sizes


def _optimizers(optimizer: Any) -> list[Optimizer]:
    words = "an optimizer, or a sequence of some"
    given = [optimizer] if isinstance(optimizer, (SGD, Adam)) else checks.listing("optimizer", optimizer, words)
    if not given or not all(isinstance(one, (SGD, Adam)) for one in given):
        raise ArgumentError("optimizer", words, optimizer)
    return given


def _best(tried: Sequence[Ensemble]) -> int:
    """The training whose replicas, all of them, have the lowest mean loss; diverged ones count as infinitely bad."""
    losses = [np.nan_to_num(one.train_loss[:, -1], nan=np.inf).mean() for one in tried]
    return int(np.argmin(losses))


def _direct(
    network: ReLUNetwork, data: Any, n_replicas: int, rules: Sequence[Optimizer], common: dict[str, Any]
) -> NDArray[np.float64]:
    """Test accuracy of replicas of direct training."""
    tried = [train(network, data, n_replicas, rule, **common) for rule in rules]
    return tried[_best(tried)].test_accuracy[:, -1]


def _given(baseline: Any, network: ReLUNetwork) -> NDArray[np.float64]:
    checks.instance("baseline", baseline, Ensemble)
    accuracy = np.array(baseline.test_accuracy[:, -1])
    if baseline.network != network or not np.isfinite(accuracy).any():
        raise ArgumentError("baseline", "an evaluated ensemble of the same network", baseline)
    return accuracy


def _thresholds(
    sizes: NDArray[np.int64], accuracy: NDArray[np.float64], direct: NDArray[np.float64], threshold: float
) -> dict[str, NDArray[np.float64]]:
    """Fields that belong to the two baselines."""
    mean = float(np.nanmean(direct)) if np.isfinite(direct).any() else float("nan")
    required = np.array([threshold, threshold * mean])
    logs, n = np.log(sizes), accuracy.shape[1]
    there = np.isfinite(accuracy)
    reached = np.where(there, accuracy, -1.0) >= required[:, None, None]
    fits = [logistic_fit(logs, hits.sum(axis=1), np.full(len(sizes), n)) for hits in reached]
    whole = np.array([_crossing(logs, accuracy, level) for level in required])
    without = [[_crossing(logs, np.delete(accuracy, r, axis=1), level) for level in required] for r in range(n)]
    return {
        "required": required,
        "crossing": whole,
        "crossing_error": jackknife_error(without),
        "success": reached.mean(axis=2),
        **{
            name: np.array([getattr(fit, name) for fit in fits])
            for name in ("midpoint", "midpoint_error", "width", "width_error")
        },
    }


def _crossing(logs: NDArray[np.float64], accuracy: NDArray[np.float64], level: float) -> float:
    """d at which the mean accuracy first reaches a level, interpolated in log d; NaN where it does not."""
    mean = np.nan_to_num(accuracy, nan=0.0).mean(axis=1)
    above = np.flatnonzero(mean >= level)
    if not len(above) or above[0] == 0:
        return float("nan")
    k = int(above[0])
    share = (level - mean[k - 1]) / (mean[k] - mean[k - 1])
    return float(np.exp(logs[k - 1] + share * (logs[k] - logs[k - 1])))
