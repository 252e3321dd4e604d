"""Probability of success against a number, as a logistic curve: P(x) = 1 / (1 + exp(−(x − midpoint)/width))."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_STEPS, _CLOSE = 200, 1e-10


@dataclass(frozen=True)
class Logistic:
    """A fitted curve; NaN where the data do not rise.

    Attributes
    ----------
    midpoint, midpoint_error : float
        Where the probability is one half.
    width, width_error : float
        Over which it rises: from 0.27 to 0.73 within one width on either side.
    """

    midpoint: float
    midpoint_error: float
    width: float
    width_error: float

    def __call__(self, x: ArrayLike) -> NDArray[np.float64]:
        """Probability at x."""
        return _share((np.asarray(x, np.float64) - self.midpoint) / self.width)


def _share(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / (1 + exp(−t)) without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * t)))


def logistic_fit(x: ArrayLike, successes: ArrayLike, trials: ArrayLike) -> Logistic:
    """Fit a logistic curve to shares of successes.

    By maximum likelihood with Firth's correction (Biometrika 80, 27, 1993): half an observation or so is shared out, so
    that the fit exists and its bias is small also where all trials fail below some x and succeed above it. Errors are
    those of the information matrix.

    Parameters
    ----------
    x : array (K,)
        Where trials were made.
    successes, trials : array (K,)
        How many succeeded, of how many.

    Returns
    -------
    Logistic
        NaN where there are fewer than two places, or the share does not rise with x.
    """
    at, k, n = (np.asarray(values, np.float64) for values in (x, successes, trials))
    there = n > 0
    at, k, n = at[there], k[there], n[there]
    nothing = Logistic(*(float("nan"),) * 4)
    if len(np.unique(at)) < 2:
        return nothing
    center, scale = float(at.mean()), float(at.std())
    design = np.stack([np.ones_like(at), (at - center) / scale], axis=1)
    beta, covariance = _maximum(design, k, n)
    if not beta[1] > 0:
        return nothing
    midpoint, width = -beta[0] / beta[1], 1 / beta[1]
    slopes = np.array([[-1 / beta[1], beta[0] / beta[1] ** 2], [0, -1 / beta[1] ** 2]])
    variances = np.einsum("ij,jk,ik->i", slopes, covariance, slopes)
    errors = scale * np.sqrt(np.maximum(variances, 0))
    return Logistic(float(center + scale * midpoint), float(errors[0]), float(scale * width), float(errors[1]))


def _maximum(
    design: NDArray[np.float64], k: NDArray[np.float64], n: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients (2,) where Firth's corrected score vanishes, and their covariance."""
    beta = np.zeros(2)
    covariance: NDArray[np.float64] = np.eye(2)
    for _ in range(_STEPS):
        p = _share(design @ beta)
        weight = n * p * (1 - p)
        covariance = np.asarray(np.linalg.pinv(design.T @ (weight[:, None] * design)), np.float64)
        leverage = weight * np.einsum("ij,jk,ik->i", design, covariance, design)
        step = covariance @ (design.T @ (k - n * p + leverage * (0.5 - p)))
        size = float(np.abs(step).max())
        beta = beta + step * min(1.0, 2.0 / max(size, 1e-300))  # no step across the curve
        if size < _CLOSE:
            break
    return beta, covariance
