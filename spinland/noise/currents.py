"""Probability current of a trajectory: whether it goes round, tested against the same epochs reversed, and shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import checks, rng
from ..errors import ArgumentError
from ..provenance import record
from ..results import Result
from .series import PER, principal, series_of, without_drift

Array = NDArray[np.float64]

_MOST_BLOCKS, _LEAST_BLOCKS = 16, 6
_LAGS = 4  # a block is longer than so many lags


@dataclass(frozen=True, eq=False, kw_only=True)
class Current(Result):
    """Antisymmetric part of the lagged covariance of the leading modes of each replica.

    Attributes
    ----------
    statistic : float
        |C(τ) − C(τ)'| / 2|C(0)| with C(τ) = <y_{t+τ} y_t'> of the K modes y, each in units of its width, and Frobenius'
        norm over all replicas. 0 in equilibrium, e^(−kτ) |sin ωτ| where all planes turn by ω and are held by k, and
        blocks are long: of 25 records, with 1/k = 10, it is some 8 % larger.
    p : float
        Probability of as large an antisymmetric part where all that happens happens backwards as well (detailed
        balance): share of as large ones among reversals of random blocks.
    null : (S,)
        The statistic of S such reversals.
    p_shuffled : float
        The same among random orders of the records; wrong where neighbouring ones remember each other.
    null_shuffled : (S,)
        The statistic of S such orders, its antisymmetric part in the same unit.
    antisymmetric : (R, K, K)
        (C(τ) − C(τ)')/2 of each replica; modes of different replicas have nothing in common.
    lag : int
        τ, in records.
    spacing : float
        Time from one record to the next: in epochs, or 1.
    n_blocks : int
        Blocks of each replica.
    sampling : str
        How batches were drawn; empty where it is not known.
    """

    statistic: float
    p: float
    null: Array
    p_shuffled: float
    null_shuffled: Array
    antisymmetric: Array
    lag: int
    spacing: float
    n_blocks: int
    sampling: str


def probability_current(
    trajectory: Any,
    lag: int = 1,
    n_modes: int = 4,
    per: str = "epoch",
    *,
    n_blocks: int | None = None,
    n_null: int = 999,
    seed: int = 0,
) -> Current:
    """Whether the leading modes of a trajectory go round more than chance lets them: the claim of a limit cycle.

    The records are cut into blocks, and each block, less its mean, has its own antisymmetric part
    A_b = Σ_t (y_{t+τ} y_t' − y_t y_{t+τ}'). Under detailed balance a block is as likely as the same one backwards,
    which has −A_b: signs drawn for the blocks give the distribution of |Σ_b A_b|² that p is taken from, however
    slow the modes are. Orders that are shuffled move more within a block than slow modes do, and hide their current:
    p_shuffled is right where records are as good as independent.

    Parameters
    ----------
    trajectory : Trajectory, or array (R, T, P) or (T, P)
        Replicas in time.
    lag : int
        τ, in records.
    n_modes : int
        K leading principal modes of each replica, two at least, the drift along a line removed.
    per : "epoch" or "step"
        Whether to look at one record for each epoch, or at every one. Points that are no Trajectory are looked at
        record by record either way.
    n_blocks : int, optional
        Blocks that a replica is cut into; by default 16, fewer where these were shorter than four lags.
    n_null : int
        Draws of the signs, and of the orders.
    seed : int
        64-bit seed of these.

    Returns
    -------
    Current

    Raises
    ------
    ArgumentError
        Too few records, or fewer modes than asked for in which anything moves.

    Examples
    --------
    >>> import numpy as np
    >>> import spinland as sl
    >>> angle = np.linspace(0, 60, 600)
    >>> circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    >>> sl.probability_current(circle, n_modes=2).p
    0.001
    """
    checks.choice("per", per, PER)
    series = series_of(trajectory, per if _has_epochs(trajectory) else "step", 4 * _LAGS)
    points, seed = series.points, rng.seed64("seed", seed)
    records = points.shape[1]
    lag = checks.integer("lag", lag, minimum=1, maximum=records // (2 * _LAGS))
    n_modes = checks.integer("n_modes", n_modes, minimum=2, maximum=max(2, min(records - 2, points.shape[2])))
    n_null = checks.integer("n_null", n_null, minimum=1)
    most = records // (2 * lag)
    if n_blocks is None:
        n_blocks = max(min(_MOST_BLOCKS, records // (_LAGS * lag)), 2)
    n_blocks = checks.integer("n_blocks", n_blocks, minimum=1, maximum=most)
    if n_blocks * len(points) < _LEAST_BLOCKS:
        raise ArgumentError("n_blocks", f"at least {_LEAST_BLOCKS} over all replicas", n_blocks * len(points))
    modes = np.array([_standardised(replica, n_modes) for replica in points])
    parts = np.array([_parts(one, lag, n_blocks) for one in modes])
    backwards = parts - parts.swapaxes(-1, -2)
    still = np.array([_parts(one, 0, n_blocks) for one in modes]).sum(axis=1)
    length = records // n_blocks
    unit = 2 * np.sqrt(np.sum(still**2)) * (length - lag) / length
    measured = float(np.sqrt(np.sum(backwards.sum(axis=1) ** 2)) / unit)
    null = _reversed(backwards, n_null, seed) / unit
    shuffled = _shuffled(modes, lag, n_blocks, n_null, seed) / unit
    arguments = {"trajectory": points, "lag": lag, "n_modes": n_modes, "per": per, "n_blocks": n_blocks}
    pairs = n_blocks * (length - lag)
    return Current(
        statistic=measured,
        p=_share(null, measured),
        null=null,
        p_shuffled=_share(shuffled, measured),
        null_shuffled=shuffled,
        antisymmetric=backwards.sum(axis=1) / (2 * pairs),
        lag=lag,
        spacing=series.spacing,
        n_blocks=n_blocks,
        sampling=series.sampling,
        provenance=record("probability_current", {**arguments, "n_null": n_null}, seed=seed, dtype=np.float64),
    )


def _has_epochs(trajectory: Any) -> bool:
    return hasattr(trajectory, "per_epoch")


def _share(null: Array, measured: float) -> float:
    """Share of as large values among those of the null model and the measured one; rounding is not larger."""
    return float((1 + np.sum(null >= measured * (1 - 1e-12))) / (1 + len(null)))


def _standardised(replica: NDArray[Any], n_modes: int) -> Array:
    """Leading modes (T, K) of a replica, in units of their widths."""
    directions, along = principal(without_drift(replica), n_modes)
    if len(directions) < n_modes:
        raise ArgumentError("n_modes", f"at most {len(directions)}, in which every replica moves", n_modes)
    return np.asarray(along / along.std(axis=0))


def _parts(modes: Array, lag: int, n_blocks: int) -> Array:
    """Σ_t y_{t+τ} y_t' of each of some blocks (B, K, K) of equal length, less the mean of the block."""
    blocks = modes[: len(modes) // n_blocks * n_blocks].reshape(n_blocks, -1, modes.shape[1])
    blocks = blocks - blocks.mean(axis=1, keepdims=True)
    return np.asarray(np.einsum("bti,btj->bij", blocks[:, lag:], blocks[:, : blocks.shape[1] - lag]))


def _reversed(backwards: Array, n_null: int, seed: int) -> Array:
    """|Σ_b ± A_b| over all replicas, for random signs of their blocks; A is (R, B, K, K)."""
    replicas, blocks = backwards.shape[:2]
    found = np.empty(n_null)
    for draw in range(n_null):
        words = rng.integers(seed, rng.Purpose.NULL_SHUFFLE, draw, 0, replicas * blocks, 2)
        signs = (2.0 * words - 1).reshape(replicas, blocks)
        found[draw] = np.sqrt(np.sum(np.einsum("rb,rbij->rij", signs, backwards) ** 2))
    return found


def _shuffled(modes: Array, lag: int, n_blocks: int, n_null: int, seed: int) -> Array:
    """The same for random orders of the records of each replica; modes are (R, T, K)."""
    found = np.empty(n_null)
    for draw in range(n_null):
        square = 0.0
        for number, one in enumerate(modes):
            order = rng.permutation(seed, rng.Purpose.NULL_SHUFFLE, draw, 1 + number, len(one))
            part = _parts(one[order], lag, n_blocks).sum(axis=0)
            square += float(np.sum((part - part.T) ** 2))
        found[draw] = np.sqrt(square)
    return found
